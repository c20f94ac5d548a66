"""The ffmpeg programs, where they are installed: found, asked about a file, run with a pipe on one side."""

import json
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from stream.errors import Failure

INSTALL = "install it (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg)"


@dataclass(frozen=True)
class Sound:
    """What ffprobe says of a file's first sound stream.

    samplerate: Hz      frames: in all, as far as is known beforehand; 0 if it is not
    layout: ffmpeg's name of where the channels belong; empty where the file does not say
    sure: whether the frames are stated for this stream, and not guessed from a bitrate or the whole file's length
    """

    samplerate: int
    channels: int
    frames: int
    layout: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    sure: bool = False


def there(name: str = "ffmpeg") -> str | None:
    """A program's path; None where it is not installed."""
    return shutil.which(name)


def program(name: str, why: str) -> str:
    """A program's path. Raises Failure where it is not installed, which says what needs it and what to do."""
    found = there(name)
    if found is None:
        raise Failure(f"{why} needs {name}, which is not here: {INSTALL}")
    return found


def source(path: Path) -> list[str]:
    """ffmpeg's words for a file that is only ever a file, whatever it is called, and opens no other place."""
    return ["-protocol_whitelist", "file,pipe", "-i", f"file:{path}"]


def probe(path: Path) -> Sound:
    """What a file's first sound stream is. Raises Failure. [any-thread]"""
    entries = "stream=sample_rate,channels,channel_layout,duration:format=duration:format_tags"
    words = [program("ffprobe", str(path)), "-v", "warning", "-select_streams", "a:0", "-show_entries", entries,
             "-of", "json", *source(path)]
    done = subprocess.run(words, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise Failure(f"{path} cannot be read as sound: {_last(done.stderr.decode(errors='replace'), path)}")
    found = json.loads(done.stdout)
    if not found.get("streams"):
        raise Failure(f"{path} cannot be read as sound: it holds none")
    stream, whole = found["streams"][0], found.get("format", {})
    seconds = float(stream.get("duration") or whole.get("duration") or 0)
    rate, channels = int(stream["sample_rate"]), int(stream["channels"])
    if rate < 1 or channels < 1:
        raise Failure(f"{path} cannot be read as sound: it has {channels} channels at {rate} Hz")
    sure = "duration" in stream and b"Estimating duration" not in done.stderr
    return Sound(rate, channels, round(seconds * rate), stream.get("channel_layout", ""), whole.get("tags", {}), sure)


class Pipe:
    """ffmpeg with one end here. What it complains of is kept."""

    def __init__(self, words: list[str], why: str, reading: bool) -> None:
        """Start it. Raises Failure where it is not installed or does not start. [any-thread]

        reading: its output is read; else its input is written
        """
        command = [program("ffmpeg", why), "-nostdin", "-v", "error", *words]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - a pipe could fill up and block; closed by `close`
        ends: dict[str, Any] = {"stdout": subprocess.PIPE, "stdin": subprocess.DEVNULL} if reading else {
            "stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL}
        # NB: a session of its own: Ctrl-C is ours to deal with
        self._process = subprocess.Popen(command, stderr=self._said, start_new_session=True, **ends)
        end = self._process.stdout if reading else self._process.stdin
        assert end is not None
        self.end: IO[bytes] = end

    def wait(self, path: Path) -> tuple[int, str]:
        """Let it end by itself: its exit code, and the last line that it said, if any. [any-thread]"""
        self._close_end()
        code = self._process.wait()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip()
        return code, _last(said, path) if said or code else ""

    def close(self) -> None:
        """End it whatever it does. [any-thread]"""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._close_end()
        self._said.close()

    def _close_end(self) -> None:
        with suppress(BrokenPipeError):  # what was not written yet need not be
            self.end.close()


def _last(said: str, path: Path) -> str:
    """The last line of what a program said, without the file's name, which is known."""
    lines = said.strip().splitlines() or ["ffmpeg does not say why"]
    return lines[-1].replace(f"file:{path}: ", "").strip().rstrip(".")
