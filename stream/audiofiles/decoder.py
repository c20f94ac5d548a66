"""Sound files through ffmpeg, block by block."""

from pathlib import Path

import numpy as np

from dsp.channels import MOST_CHANNELS, layout, to_stereo
from dsp.clean import clean
from dsp.limits import LOUDEST_IN_FILES
from stream.audiofiles.audiofile import Frames
from stream.audiofiles.ffmpeg import OTHER_FORMAT, Pipe, probe, source
from stream.common.closing import Closing
from stream.common.errors import Failure

USUAL = 44_100, 2  # Hz and channels: what a file is taken for until ffprobe has looked at it
FILLING = 8  # frames; a chunk ends at the next multiple of so many bytes
NOTICED = 4096  # frames; what a header states is right to a packet or two
# ffmpeg's complaint about its own clock, where streams lie one after the other: nothing is lost
HARMLESS = "non monotonically increasing dts"


class Decoder(Closing):
    """A sound file through ffmpeg, as a stream: never more than a block of it in memory.

    samplerate, channels, frames: as ffprobe says; the frames may be none or too many, unless they are stated
    at: frames read so far      ended: whether these are all
    cleaned: samples that could not be sound, and are silence
    tags: as of `AudioReader`
    """

    def __init__(self, path: Path, promised: int = 0) -> None:
        """Open it. Raises Failure for what ffmpeg cannot read.

        promised: frames that its header is known to state; 0 where that is not known
        """
        self.path, self.samplerate, self.channels = path, *USUAL
        pipe = self._start()  # beside ffprobe: each takes its time to start, and one is not to wait for the other
        try:
            sound = probe(path)
            if not 1 <= sound.channels <= MOST_CHANNELS:
                raise Failure(f"{path} cannot be read as sound: it has {sound.channels} channels, "
                              f"and 1 to {MOST_CHANNELS} can be read")
        except BaseException:
            pipe.close()
            raise
        self.samplerate, self.channels, self._sound = sound.samplerate, sound.channels, sound
        self.frames, self._sure = (promised, True) if promised else (sound.frames, sound.sure)
        self._layout = layout(sound.layout, sound.channels)
        self.tags = {name.lower(): text for name, text in sound.tags.items()}
        self._said, self.at, self.cleaned, self.ended = "", 0, 0, False
        self._ahead = b""  # read already, but not given yet
        self._pipe: Pipe | None = pipe
        if (self.samplerate, self.channels) != USUAL:
            pipe.close()
            self._pipe = self._start()

    def _start(self) -> Pipe:
        # a stream that follows may have another rate and other channels: all are made the first one's.
        # NB: beyond two, a count of channels is one layout to ffmpeg, and it would mix any other to that
        count = ["-ac", str(self.channels)] if self.channels <= 2 else []
        out = ["-map", "0:a:0", "-ar", str(self.samplerate), *count, "-f", "f32le", "-c:a", "pcm_f32le", "pipe:1"]
        return Pipe([*source(self.path), *out], str(self.path), reading=True)

    @property
    def damage(self) -> str | None:
        """What ffmpeg could not make out and left out, once it was read to its end."""
        if not self.ended or not (self._said or self._sure):
            return None
        if self._said == OTHER_FORMAT:
            return (f"everything after {self.at / self.samplerate:.2f} s is missing, because a stream of another "
                    "format begins there")
        lost_s = (self.frames - self.at) / self.samplerate
        if not self._said:
            return f"it ends {lost_s:.2f} s earlier than its header says" if self.frames - self.at >= NOTICED else None
        about = "" if self._sure else "about "
        return f"{about}{lost_s:.2f} s of it could not be decoded: {self._said}" if lost_s >= 0.005 else self._said

    def read(self, frames: int) -> Frames:
        """The next frames: float32 (n, 2), fewer at the end, none after it.

        Raises Failure where ffmpeg gives up.
        """
        if self._pipe is None:
            return np.zeros((0, 2), np.float32)
        wanted = frames * self.channels * 4
        data = self._take(wanted)
        count = len(data) // (4 * self.channels)
        self.at += count
        if len(data) < wanted:
            self._ended(self._pipe)
        values = np.frombuffer(data, "<f4", count * self.channels).reshape(count, self.channels).copy()
        self.cleaned += clean(values, np.float32(LOUDEST_IN_FILES))
        return to_stereo(values, self._layout)

    def begins(self) -> bool:
        """Whether there is a first frame, which `read` gives nevertheless. Raises Failure."""
        self._ahead = self._take(4 * self.channels)
        return len(self._ahead) == 4 * self.channels or len(self.read(1)) > 0

    def _take(self, size: int) -> bytes:
        """So many bytes of what ffmpeg makes of it, fewer at the end."""
        assert self._pipe is not None
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        return data + self._pipe.end.read(size - len(data))

    def _ended(self, pipe: Pipe) -> None:
        code, said = pipe.wait(self.path, self._sound.others)
        self.close()
        self.ended = True
        if code:
            raise Failure(f"{self.path} cannot be read at {self.at / self.samplerate:.2f} s: {said}")
        # plain samples cannot be wrong: what follows the last of them fills a chunk up
        filling = self._sound.codec.startswith("pcm_") and self.at > self.frames - FILLING
        self._said = "" if filling or HARMLESS in said else said

    def rewind(self) -> None:
        """Start over: decode again."""
        self.close()
        self.at, self.cleaned, self.ended, self._ahead = 0, 0, False, b""
        self._pipe = self._start()

    def skip(self, frames: int) -> None:
        """Decode frames for nobody. Raises Failure."""
        while frames > 0 and len(block := self.read(min(frames, 1 << 16))):
            frames -= len(block)

    def close(self) -> None:
        """Let go of the file."""
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()
