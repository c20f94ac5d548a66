"""Native Instruments' stem files: an MP4 whose first sound stream is the mix, followed by four stems.

Players find the stems' names and colours as JSON in the box moov/udta/stem. Mixxx (steminfoimporter.cpp,
soundsourcestem.cpp) wants version 1 and five stereo streams of one codec and samplerate. The stems' streams are
disabled, as the format's own tool leaves them, so that other players play the mix.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from stream.audiofiles.audiofile import Frames, claim
from stream.audiofiles.boxes import add_user_data, box, find
from stream.audiofiles.ffmpeg import Pipe, probe, source
from stream.common.closing import Closing
from stream.common.errors import Failure

STREAMS = 5
MOST_MANIFEST = 1 << 16  # bytes
MADE = b"dmxs"  # ours: what made the file
CODECS = {"aac": ("-c:a", "aac", "-b:a", "256k"), "alac": ("-c:a", "alac", "-sample_fmt", "s16p")}
COLOURS = ("#009E73", "#D55E00", "#CC79A7", "#56B4E9")  # Mixxx' defaults: told apart by the colour-blind
# both off: what is heard is what was separated. The values are those of the format's own defaults
COMPRESSOR = {"enabled": False, "ratio": 3, "output_gain": 0.5, "release": 0.3, "attack": 0.003, "input_gain": 0.5,
              "threshold": 0, "hp_cutoff": 300, "dry_wet": 50}
LIMITER = {"enabled": False, "release": 0.05, "threshold": 0, "ceiling": -0.35}


def manifest(stems: Sequence[str]) -> bytes:
    """The JSON of the box `stem`."""
    named = [{"name": stem.capitalize(), "color": colour} for stem, colour in zip(stems, COLOURS, strict=True)]
    dsp = {"compressor": COMPRESSOR, "limiter": LIMITER}
    return json.dumps({"mastering_dsp": dsp, "version": 1, "stems": named}).encode()


def stem_names(path: Path) -> tuple[str, ...]:
    """The stems of a stem file, in small letters. Raises Failure for what is none, OSError."""
    with path.open("rb") as file:
        found = find(file, [b"moov", b"udta", b"stem"], 0, path.stat().st_size)
        if found is None:
            raise Failure(f"{path} is no stem file: it does not say which stems it holds")
        file.seek(found.content)
        data = file.read(min(found.end - found.content, MOST_MANIFEST))
    try:
        names = tuple(str(stem["name"]).strip().lower() for stem in json.loads(data)["stems"])
    except (ValueError, KeyError, TypeError) as error:
        raise Failure(f"{path} is no stem file: what it says of its stems cannot be read") from error
    if len(names) != STREAMS - 1 or len(set(names)) < len(names) or not all(names):
        raise Failure(f"{path} is no stem file: it names {', '.join(names) or 'no stems'}, not four stems")
    return names


class StemReader(Closing):
    """The stems of a stem file, side by side, decoded as they are read.

    sources: their names      samplerate: Hz      frames: as ffprobe says; 0 if it does not
    """

    def __init__(self, path: Path) -> None:
        """Open it. Raises Failure where ffmpeg is not installed, or cannot read it."""
        try:
            self.sources = stem_names(path)
        except OSError as error:
            raise Failure(f"{path} cannot be read: {error.strerror}") from error
        sound = probe(path)
        self.path, self.samplerate, self.frames = path, sound.samplerate, sound.frames
        self.tags = {name.lower(): text for name, text in sound.tags.items()}
        stereo = "".join(f"[0:a:{n}]aformat=channel_layouts=stereo:sample_rates={sound.samplerate}[s{n}];"
                         for n in range(1, STREAMS))
        merged = "".join(f"[s{n}]" for n in range(1, STREAMS)) + f"amerge=inputs={STREAMS - 1}[out]"
        words = ["-filter_complex", stereo + merged, "-map", "[out]", "-f", "f32le", "-c:a", "pcm_f32le", "pipe:1"]
        self._pipe: Pipe | None = Pipe([*source(path), *words], str(path), reading=True)

    def read(self, frames: int) -> Frames:
        """The next frames: float32 (n, 8), the stems side by side; fewer at the end. Raises Failure."""
        wide = 2 * (STREAMS - 1)
        if self._pipe is None:
            return np.zeros((0, wide), np.float32)
        data = self._pipe.end.read(4 * wide * frames)
        if len(data) < 4 * wide * frames:
            code, said = self._pipe.wait(self.path)
            self.close()
            if code:
                raise Failure(f"{self.path} cannot be read: {said}")
        count = len(data) // (4 * wide)
        return np.frombuffer(data, "<f4", count * wide).reshape(count, wide).astype(np.float32)

    def close(self) -> None:
        """Let go of the file."""
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()


class StemWriter:
    """A stem file that is there whole or not at all, encoded while it is written."""

    def __init__(self, path: Path, samplerate: int, stems: Sequence[str], codec: str = "aac",
                 song: Path | None = None) -> None:
        """Start ffmpeg. Raises Failure where it is not installed, or the place cannot be written.

        stems: four names
        codec: `aac`, 256 kbit/s a stream, or `alac`, without loss at 16 bits
        song: whose title, artist and so on are taken over, where ffmpeg can read it
        """
        self.path, self.note, self._stems = path, "", tuple(stems)
        self._made = b""
        self._complete = False
        self._claim = claim(path)
        self._part = self._claim.part
        try:
            self._pipe = Pipe(_words(self._part, samplerate, codec, song), f"writing {path.name}", reading=False)
        except BaseException:
            self._claim.drop()
            raise

    def mark(self, made: str) -> None:
        """Keep in the file what made it: a box of our own beside that of the stems."""
        self._made = made.encode("ascii")

    def write(self, block: Frames) -> None:
        """Append frames: float32 (n, 10), the mix and the stems side by side. Raises Failure."""
        try:
            self._pipe.end.write(np.ascontiguousarray(block, np.float32).data)
        except BrokenPipeError:
            raise Failure(f"{self.path} cannot be written: {self._pipe.wait(self._part)[1]}") from None

    def finish(self) -> None:
        """Let ffmpeg end, and name the stems. Raises Failure."""
        try:
            code, said = self._pipe.wait(self._part)
            if code:
                raise Failure(f"{self.path} cannot be written: {said}")
            add_user_data(self._part, box(b"stem", manifest(self._stems)) + (
                box(MADE, self._made) if self._made else b""))
        except OSError as error:
            raise Failure(f"{self.path} cannot be written: {error.strerror}") from error
        self._complete = True

    def close(self, keep: bool = True) -> None:
        """Move the file to its place, or remove it. Raises Failure."""
        try:
            if keep and not self._complete:
                self.finish()
            self._pipe.close()
            if keep:
                self._claim.keep()
        except OSError as error:
            raise Failure(f"{self.path} cannot be written: {error.strerror}") from error
        finally:
            self._pipe.close()
            self._claim.drop()


def _words(part: Path, samplerate: int, codec: str, song: Path | None) -> list[str]:
    """ffmpeg's words: one stream of ten channels in (five pipes would wait for each other), five of two out."""
    tags = []
    if song is not None and song.is_file():  # a pipe can be read once only
        try:
            probe(song)
            tags = source(song)
        except Failure:  # a format that only libsndfile knows: there are no tags to be had
            tags = []
    split = f"[0:a]asplit={STREAMS}" + "".join(f"[i{n}]" for n in range(STREAMS))
    pans = (f"[i{n}]pan=stereo|c0=c{2 * n}|c1=c{2 * n + 1}[o{n}]" for n in range(STREAMS))
    words = ["-y", "-f", "f32le", "-ar", str(samplerate), "-ac", str(2 * STREAMS), "-i", "pipe:0", *tags,
             "-filter_complex", ";".join((split, *pans))]
    for n in range(STREAMS):
        words += ["-map", f"[o{n}]", f"-disposition:a:{n}", "0" if n else "default"]
    words += [*CODECS[codec], "-map_metadata", "1" if tags else "-1", "-map_chapters", "-1", "-write_tmcd", "0",
              "-brand", "M4A ", "-f", "mp4", f"file:{part}"]
    return words
