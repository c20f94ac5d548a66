"""What is beyond full scale, on its way into a format that cannot hold it; demucs' ways and its names for them."""

import math
import tempfile
from pathlib import Path

import numpy as np

from stream.audiofiles.audiofile import Frames, Writer, unwritable

CLIP_MODES = ("rescale", "clamp", "none")
CLAMP = 0.99  # demucs.audio.prevent_clip
HEADROOM = 1.01  # likewise, of a peak that is rescaled
CHUNK = 1 << 16  # frames


class Limited:
    """A writer before which a clip mode stands.

    rescale: everything is made quieter by what the highest peak is beyond 1 / 1.01; the sound waits on the disk as
        float32 until the peak is known
    clamp: what is beyond 0.99 is cut off there
    none: the format cuts off what is beyond 1
    """

    def __init__(self, writer: Writer, channels: int, mode: str) -> None:
        """Stand before a writer, which this one closes. Raises Failure where nothing can wait."""
        self.path: Path = writer.path
        self.note = ""
        self._writer, self._channels = writer, channels
        self._peak, self._most = np.float32(0), np.float32(CLAMP if mode == "clamp" else 1)
        # NB: nameless: whatever happens, nothing of it is left; beside the file: that is where there is room
        self._spool = tempfile.TemporaryFile(dir=self.path.parent) if mode == "rescale" else None  # noqa: SIM115

    def mark(self, made: str) -> None:
        """As the writer has it."""
        self._writer.mark(made)

    def write(self, block: Frames) -> None:
        """Append frames: float32 (n, channels). Raises Failure."""
        self._peak = max(self._peak, np.abs(block).max(initial=0))
        if self._spool is None:
            self._writer.write(np.clip(block, -self._most, self._most))
            return
        try:
            self._spool.write(np.ascontiguousarray(block, np.float32).data)
        except OSError as error:
            raise unwritable(self.path, block, error) from error

    def finish(self) -> None:
        """Write what has waited, and finish. Raises Failure."""
        if self._spool is not None:
            scale = np.float32(1 / max(HEADROOM * float(self._peak), 1))
            self._spool.seek(0)
            while data := self._spool.read(CHUNK * self._channels * 4):
                self._writer.write(np.frombuffer(data, np.float32).reshape(-1, self._channels) * scale)
            self._spool.close()
            self._spool = None
            if scale < 1:
                self.note = f"it peaks at {_db(self._peak):+.1f} dB and was made {-_db(scale):.1f} dB quieter"
        elif self._peak > self._most:
            self.note = f"it peaks at {_db(self._peak):+.1f} dB and was clipped at {_db(self._most):+.1f} dB"
        self._writer.finish()

    def close(self, keep: bool = True) -> None:
        """Move the file to its place, or remove it. Raises Failure."""
        if self._spool is not None:
            self._spool.close()
        self._writer.close(keep)


def _db(factor: np.float32) -> float:
    return 20 * math.log10(factor)
