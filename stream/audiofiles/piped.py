"""Sound that comes through a pipe and may never end, through ffmpeg: heard from its first frames on.

    pipe ──▶ pump-thread ──▶ ffmpeg ──▶ `read`      each holds a few blocks; who reads no more holds up who writes
"""

import os
import select
import stat
import struct
import threading
from contextlib import suppress
from pathlib import Path

from dsp.channels import layout
from stream.audiofiles.decoder import Decoder
from stream.audiofiles.ffmpeg import Pipe, Sound
from stream.common.errors import Failure

STDIN = Path("/dev/stdin")
LOOK_S = 0.1
FLAC_HEAD = 26  # bytes, until it has said how many frames there are
CHUNK_BYTES = 1 << 16  # bytes at a time
ANALYZED_US = "1000000"  # of sound that ffmpeg looks at before it gives any; by itself it takes five seconds of some
# bits of a WAV's mask of channels, from the lowest on, under ffmpeg's names
_SPEAKERS = ("FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR")
_SKIPPED = (b"free", b"skip", b"wide", b"uuid")  # boxes that may lie between an MP4's type and what matters


class PipedReader(Decoder):
    """As `Decoder`, of what is read once only. It knows of no length but a FLAC's, and cannot start over."""

    def __init__(self, path: Path, source: int, head: bytes) -> None:
        """Wait for the first sound. Raises Failure for what ffmpeg does not know.

        source: a file descriptor, which is closed at the end      head: what was read from it already
        """
        self.path, self.frames = path, flac_frames(head)
        self._sure, self.tags = self.frames > 0, {}
        self._said, self.at, self.cleaned, self.ended = "", 0, 0, False
        self._buffer, self._over = bytearray(), threading.Event()
        words = ["-protocol_whitelist", "pipe", "-analyzeduration", ANALYZED_US, "-i", "pipe:0", "-map", "0:a:0",
                 "-flush_packets", "1", "-bitexact", "-c:a", "pcm_f32le", "-f", "wav", "pipe:1"]
        self._pump: threading.Thread | None = None
        try:
            self._pipe = Pipe(words, str(path), reading=True, fed=True)
        except BaseException:
            os.close(source)
            raise
        try:
            self._pump = threading.Thread(target=self._feed, args=(self._pipe, source, head), daemon=True, name="pump")
            self._pump.start()
            self._read_header()
        except BaseException:
            self.close()
            raise

    def _feed(self, pipe: Pipe, source: int, data: bytes) -> None:
        """Bring the pipe's bytes to ffmpeg until one of them ends."""
        assert pipe.fed is not None
        with suppress(OSError, ValueError):  # ffmpeg has ended
            while data:
                pipe.fed.write(data)
                pipe.fed.flush()
                while not select.select([source], [], [], LOOK_S)[0]:
                    if self._over.is_set():
                        data = b""
                        break
                else:
                    data = os.read(source, CHUNK_BYTES)
        os.close(source)
        with suppress(OSError):
            pipe.fed.close()

    def _read_header(self) -> None:
        """Of the WAV that ffmpeg makes of it: rate, channels, and where they belong; and wait for its first frame."""
        self._exactly(12)  # RIFF, a length, WAVE
        form = b""
        while True:
            name, size = struct.unpack("<4sI", self._exactly(8))
            if name == b"data":
                break
            content = self._exactly(size + size % 2)
            form = content if name == b"fmt " else form
        self.channels, self.samplerate = struct.unpack_from("<HI", form, 2)
        mask = struct.unpack_from("<I", form, 20)[0] if len(form) >= 40 else 0
        positions = [absolute for bit, absolute in enumerate(_SPEAKERS) if mask >> bit & 1]
        self._layout = layout("+".join(positions), self.channels)
        self._sound = Sound(self.samplerate, self.channels, 0)
        while not self._fill(4 * self.channels, LOOK_S):
            pass
        if len(self._buffer) < 4 * self.channels:
            raise Failure(f"{self.path} is empty: it holds no frames")

    def _exactly(self, size: int) -> bytes:
        data = self._take(size)
        if len(data) < size:
            assert self._pipe is not None
            _, said = self._pipe.wait(Path("pipe:0"))
            raise Failure(f"{self.path} cannot be read as sound: {said or 'it holds no sound'}")
        return data

    def available(self, frames: int) -> bool:
        """Whether `read` would give so many, or the end, at once."""
        return self._pipe is None or self._fill(frames * self.channels * 4, 0.0)

    def _take(self, size: int) -> bytes:
        while not self._fill(size, LOOK_S):
            pass
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def _fill(self, size: int, wait_s: float) -> bool:
        """Keep so many bytes; whether they, or the last ones, are here."""
        assert self._pipe is not None
        end = self._pipe.end.fileno()
        while len(self._buffer) < size:
            if not select.select([end], [], [], wait_s)[0]:
                return False
            data = os.read(end, size - len(self._buffer))
            if not data:
                return True
            self._buffer += data
        return True

    def rewind(self) -> None:
        """Raises Failure: it can be read once only."""
        raise Failure(f"{self.path} is a pipe, which can be read only once")

    def close(self) -> None:
        """Let go of the pipe."""
        self._over.set()
        super().close()
        if self._pump is not None:
            self._pump.join()


def opened(path: Path) -> int:
    """A file descriptor of a pipe, a socket, or what this process has open under a number; waits for who writes.

    Raises OSError.
    """
    absolute = path.absolute()
    if absolute == STDIN:
        return os.dup(0)
    if absolute.name.isdecimal() and str(absolute.parent) in ("/dev/fd", "/proc/self/fd"):
        return os.dup(int(absolute.name))
    return os.open(path, os.O_RDONLY)


def head(source: int) -> tuple[bytes, bool]:
    """What a pipe begins with, and whether it can be heard as it comes.

    An MP4 cannot whose table, without which nothing is understood, lies behind the sound.
    """
    data = _more(source, b"", 12)
    at, kind, boxes = 0, data[4:8], 0
    if data[:4] == b"fLaC":
        return _more(source, data, FLAC_HEAD), True
    if kind != b"ftyp":
        return data, True
    while (kind == b"ftyp" or kind in _SKIPPED) and boxes < 8:
        at += max(8, int.from_bytes(data[at : at + 4]))
        data, boxes = _more(source, data, min(at + 8, CHUNK_BYTES)), boxes + 1
        kind = data[at + 4 : at + 8]
    return data, kind == b"moov"


def flac_frames(begun: bytes) -> int:
    """How many frames a FLAC says that it has; 0 where it does not know. ffmpeg leaves some out without a word."""
    if begun[:4] != b"fLaC" or len(begun) < FLAC_HEAD:
        return 0
    return int.from_bytes(begun[21:FLAC_HEAD]) & (1 << 36) - 1


def _more(source: int, data: bytes, size: int) -> bytes:
    while len(data) < size and (more := os.read(source, size - len(data))):
        data += more
    return data


def once_only(path: Path) -> bool:
    """Whether it is a pipe or a socket."""
    with suppress(OSError):
        mode = path.stat().st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
    return False
