"""Weights from the Hugging Face hub."""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from logging import CRITICAL
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export.files import sha256
from export.source import Progress
from export.weights import Weights, read

if TYPE_CHECKING:
    from huggingface_hub.utils.tqdm import tqdm

ASK_S = 8  # to find out whether the hub answers


@dataclass(frozen=True)
class Hub:
    """A file in a repository of the hub, as demucs 4.1.0 loads it (demucs/hf.py)."""

    repo: str
    file: str

    def __str__(self) -> str:
        return f"{self.origin}/{self.file}"

    @property
    def origin(self) -> str:
        """The repository."""
        return f"Hugging Face hub {self.repo}"

    def fetch(self, staging: Path, progress: Progress) -> Weights:
        """Load the file into `staging`, and hold it against the sha256 that the hub states for it (Git LFS).

        That is a check of the way here, not of the hub. Raises OSError or ValueError, in one line.
        """
        # a tenth of every start, which few of them need
        from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url

        endpoint = os.environ.get("HF_ENDPOINT")
        label = str(self)
        progress(0, None, label)
        try:
            with _quiet():
                # asked once, by hand: hf_hub_download asks a hub that does not answer for 23 s
                stated = get_hf_file_metadata(hf_hub_url(self.repo, self.file, endpoint=endpoint), timeout=ASK_S).etag
                bar = _bar(progress, label)
                loaded = hf_hub_download(
                    self.repo, self.file, local_dir=staging, endpoint=endpoint, etag_timeout=ASK_S, tqdm_class=bar
                )
        except Exception as error:  # the hub's client raises its own errors and those of whatever carries it
            lines = str(error).strip().splitlines()
            raise OSError(lines[0] if lines else type(error).__name__) from error
        if not re.fullmatch("[0-9a-f]{64}", stated or ""):
            raise ValueError("refused: the hub states no sha256 for the file")
        found = sha256(Path(loaded))
        if found != stated:
            raise ValueError(f"refused: the file's sha256 is {found}, the hub states {stated}")
        return read(Path(loaded))


def _bar(progress: Progress, label: str) -> "type[tqdm]":
    from huggingface_hub.utils.tqdm import tqdm

    class Bar(tqdm):
        """The hub's progress bar, shown by someone else."""

        def __init__(self, *args: Any, **kwargs: Any):
            super().__init__(*args, **kwargs | {"disable": True})  # type: ignore[no-untyped-call]
            self.total, self.done = kwargs.get("total"), kwargs.get("initial") or 0

        def update(self, n: float | None = 1) -> None:
            self.done += int(n or 0)
            progress(self.done, int(self.total) if self.total else None, label)

    return Bar


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the hub's own warnings off stderr: what fails is said by who asked."""
    from huggingface_hub.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity(CRITICAL)
    try:
        yield
    finally:
        logging.set_verbosity(before)
