"""What computes a model, as it is kept between runs."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from stream.separators.opening import Opening
from stream.tuning.cache import answer_path, load_answer
from stream.tuning.candidates import Asked

DOUBTFUL_S = 3600.0  # what was timed on a busy machine is believed no longer


@dataclass(frozen=True)
class Settings:
    """What computes a model.

    threads: 0 is one per core
    ratio: of the CPU provider's time as it is without tuning; agrees_db: how well with its stems, at the least
    doubtful: timed while others had the machine
    """

    provider: str
    threads: int
    ratio: float
    agrees_db: float
    doubtful: bool = False

    def of(self, opening: Opening) -> Opening:
        """An opening with these settings; the user's own threads stay."""
        return replace(opening, provider=self.provider, threads=opening.threads or self.threads)

    def __str__(self) -> str:
        threads = f", {self.threads} thread{'s' * (self.threads != 1)}" if self.threads else ""
        return f"provider {self.provider}{threads}"


def known(asked: Asked) -> Settings | None:
    """What was kept, if it is still believed."""
    path = placed(asked)
    cached = load_answer(path, Settings)
    if cached is None or path is None:
        return None
    old = cached.doubtful and time.time() - path.stat().st_mtime > DOUBTFUL_S
    return None if old else cached


def placed(asked: Asked) -> Path | None:
    """Where it is kept for what is asked; None: nowhere."""
    return answer_path("provider", asked.opening, asked.sizes)


def last(opening: Opening) -> Path | None:
    """Of a model by its name, whatever the sizes and whichever of its files."""
    return answer_path("last", Opening(opening.model))
