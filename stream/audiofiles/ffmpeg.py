"""The ffmpeg programs, where they are installed: found, asked about a file, run with a pipe on one side."""

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from stream.common import interrupt
from stream.common.errors import Failure

OTHER_FORMAT = "failed to create or replace stream"  # what ffmpeg says where a joined stream has another format
INSTALL = "install it (apt install ffmpeg, brew install ffmpeg, winget install ffmpeg)"
_WHO = re.compile(r"(?:\[(?P<codec>[^\]]*) @ 0x[0-9a-f]+\] ?)+")


@dataclass(frozen=True)
class Sound:
    """What ffprobe says of a file's first sound stream.

    samplerate: Hz      frames: in all, as far as is known beforehand; 0 if it is not
    layout: ffmpeg's name of where the channels belong; empty where the file does not say
    sure: whether the frames are stated for this stream, and not guessed from a bitrate or the whole file's length
    codec: ffmpeg's name of how it is encoded      others: of how the file's other streams are, such as a picture
    """

    samplerate: int
    channels: int
    frames: int
    layout: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    sure: bool = False
    codec: str = ""
    others: tuple[str, ...] = ()


def installed(name: str = "ffmpeg") -> str | None:
    """A program's path; None where it is not installed."""
    return shutil.which(name)


def program(name: str, why: str) -> str:
    """A program's path. Raises Failure where it is not installed, which says what needs it and what to do."""
    found = installed(name)
    if found is None:
        raise Failure(f"{why} needs {name}, which is not installed: {INSTALL}")
    return found


def source(path: Path) -> list[str]:
    """ffmpeg's words for a file that is only ever a file, whatever it is called, and opens no other place."""
    return ["-protocol_whitelist", "file,pipe", "-i", f"file:{path}"]


def probe(path: Path) -> Sound:
    """What a file's first sound stream is. Raises Failure."""
    entries = ("stream=codec_name,codec_type,sample_rate,channels,channel_layout,duration,nb_frames,time_base"
               ":format=duration:format_tags")
    words = [program("ffprobe", str(path)), "-v", "warning", "-show_entries", entries, "-of", "json", *source(path)]
    done = subprocess.run(words, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise Failure(f"{path} cannot be read as sound: {last_line(done.stderr, path)}")
    found = json.loads(done.stdout)
    streams, container = found.get("streams", []), found.get("format", {})
    stream = next((one for one in streams if one.get("codec_type") == "audio"), None)
    if stream is None:
        raise Failure(f"{path} cannot be read as sound: it holds no sound")
    rate, channels = int(stream.get("sample_rate", 0)), int(stream.get("channels", 0))
    if rate < 1 or channels < 1:
        raise Failure(f"{path} cannot be read as sound: it has {channels} channels at {rate} Hz")
    seconds, sure = float(stream.get("duration") or container.get("duration") or 0), "duration" in stream
    codec, stated_s = stream.get("codec_name", ""), _stated_s(stream)
    if stated_s > seconds:
        seconds, sure = stated_s, True
    elif b"Estimating duration" in done.stderr:
        sure = False
    others = tuple(one.get("codec_name", "") for one in streams if one is not stream)
    return Sound(rate, channels, round(seconds * rate), stream.get("channel_layout", ""), container.get("tags", {}),
                 sure, codec, others)


def _stated_s(stream: dict[str, Any]) -> float:
    """How long a header says that plain samples are: what ffprobe calls their length is cut to what is there."""
    if not stream.get("codec_name", "").startswith("pcm_") or "nb_frames" not in stream:
        return 0.0
    ticks, second = map(int, stream["time_base"].split("/"))
    return int(stream["nb_frames"]) * ticks / second


class Pipe:
    """ffmpeg with one end here. What it complains of is kept."""

    def __init__(self, words: list[str], why: str, reading: bool, fed: bool = False) -> None:
        """Start it. Raises Failure where it is not installed or does not start.

        reading: its output is read; else its input is written
        fed: its input is written while its output is read, by somebody else, who closes it
        """
        command = [program("ffmpeg", why), "-nostdin", "-v", "error", *words]
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - a pipe could fill up and block; closed by `close`
        ends: dict[str, Any] = {"stdout": subprocess.PIPE, "stdin": subprocess.DEVNULL} if reading else {
            "stdin": subprocess.PIPE, "stdout": subprocess.DEVNULL}
        if fed:
            ends["stdin"] = subprocess.PIPE
        with interrupt.blocked():  # for good: what ends it is the end of its pipes, or `close`
            self._process = subprocess.Popen(command, stderr=self._stderr, start_new_session=True, **ends)
        end = self._process.stdout if reading else self._process.stdin
        assert end is not None
        self.end: IO[bytes] = end
        self.fed: IO[bytes] | None = self._process.stdin if fed else None

    def wait(self, path: Path, others: Collection[str] = ()) -> tuple[int, str]:
        """Let it end by itself: its exit code, and the last line that it said, if any.

        others: codecs of streams whose troubles are not ours
        """
        self._close_end()
        code = self._process.wait()
        self._stderr.seek(0)
        output = last_line(self._stderr.read(), path, others)
        return code, output or ("ffmpeg does not say why" if code else "")

    def close(self) -> None:
        """End it whatever it does."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._close_end()
        self._stderr.close()

    def _close_end(self) -> None:
        with suppress(BrokenPipeError):  # what was not written yet need not be
            self.end.close()


def last_line(output: bytes, path: Path, others: Collection[str] = ()) -> str:
    """The last line of what a program said, without the file's name, which is known, and what in it said so.

    others: codecs whose lines do not count
    """
    text = output.decode(errors="surrogateescape")  # as names are
    for name in (f"file:{path}: ", f"file:{path}", str(path)):  # it may hold newlines, and anything else
        text = text.replace(name, "")
    lines = [(_WHO.match(line), line) for line in text.splitlines()]
    relevant = [line[who.end() :] if who else line for who, line in lines if not (who and who["codec"] in others)]
    if any(OTHER_FORMAT in line for line in relevant):  # what it says after that explains nothing
        return OTHER_FORMAT
    return next((line.strip().rstrip(".").removeprefix(": ") for line in reversed(relevant) if line.strip()), "")
