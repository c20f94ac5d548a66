"""The thread that decodes a track into its scratch files: what is heard, and what is separated. [decoder-thread]"""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dsp.clean import clean
from dsp.loudness import LoudnessMeter
from dsp.quantize import quantize
from dsp.resample import Resampler
from stream.audiofiles.audiofile import Frames
from stream.audiofiles.piped import once_only
from stream.common.errors import Failure
from stream.common.priority import yielding
from stream.offline.level import CHUNK, LevelMeter
from stream.tracks.material import Material, open_material
from stream.tracks.scratchfile import said
from stream.tracks.songloudness import SongLoudness
from stream.tracks.store import stamp
from stream.tracks.track import MODEL_RATE, Track


def open_track(path: Path, samplerate: int, sources: tuple[str, ...] = (), model_rate: int = MODEL_RATE,
               say: Callable[[str], None] = lambda _line: None) -> Track:
    """A track that is being decoded from now on; whatever is wrong with the file is in its `failure` a moment later.

    samplerate: Hz, the device's      sources: the model's; a file that brings its own stems has those instead
    model_rate: Hz, of what is separated      say: takes a line for the user
    """
    track = Track(path, samplerate, sources, model_rate, say)
    begin(track)
    return track


def begin(track: Track) -> None:
    """Have a track decoded from now on."""
    threading.Thread(target=decode, args=(track,), name="decoder", daemon=True).start()


def decode(track: Track) -> None:
    """Decode a track until its end, or until it is closed; what goes wrong is the track's failure."""
    try:
        track.stamp = stamp(track.path)
        if once_only(track.path):
            track.tell("is a pipe: it plays as it comes")
        material = open_material(track.path, track.sources)
        try:
            _decode(track, material)
        finally:
            material.close()
    except Failure as error:
        track.fail(str(error))
    except OSError as error:
        track.fail(f"{track.path} cannot be {'decoded on' if track.decoded else 'read'}: {said(error)}")
    except Exception as error:  # another deck plays on, whatever a strange file does to a library
        track.fail(f"{track.path} cannot be decoded: {type(error).__name__}: {' '.join(str(error).split())}")
    finally:
        track.end()


def _decode(track: Track, material: Material) -> None:
    track.title = material.tags.get("title") or track.title
    track.artist = material.tags.get("artist") or track.artist
    if material.frames:
        track.frames = -(-material.frames * track.samplerate // material.samplerate)
    apart = not material.sources and track.samplerate != track.model_rate
    track.open_files(material.sources, apart)
    track.opened.set()
    writer = TrackWriter(track, material)
    writer.add(material.read(CHUNK))
    with yielding():  # the first second is there: nobody waits for the rest
        while not track.closing.is_set() and len(block := material.read(CHUNK)):
            writer.add(block)
        if track.closing.is_set():
            return
        writer.finish()
    track.loudness = track.loudness or writer.loudness
    _judge(track, material, writer.cleaned)


def _judge(track: Track, material: Material, cleaned: int) -> None:
    """Say what was wrong with a file that was decoded to its end; whole is what nobody has changed meanwhile."""
    now = stamp(track.path)
    if cleaned := cleaned + material.cleaned:
        track.tell(f"has {cleaned} samples that are no numbers, or far too loud, and are silence")
    if material.damage:
        track.tell(f"is damaged: {material.damage}")
    elif now == track.stamp:
        track.whole = not track.failure
    elif now[:2] == track.stamp[:2] and not once_only(track.path):
        track.tell("was changed while it was read, and may be partly what it was before")


class TrackWriter:
    """Writes blocks at a file's rate to a track's scratch files, at theirs."""

    def __init__(self, track: Track, material: Material) -> None:
        """Nothing is written yet."""
        self._track, self._stems = track, bool(material.sources)
        wide = 2 + 2 * len(track.stored) * self._stems
        self._heard = Resampler(material.samplerate, track.samplerate, wide)
        self._separated = None if track.mix is track.dry else Resampler(material.samplerate, track.model_rate, 2)
        self._meter, self._loudness = LevelMeter(), LoudnessMeter(track.samplerate)
        self.cleaned = 0  # samples that no song has

    def add(self, block: Frames) -> None:
        """Take the next block: float32 (n, 2 + 2 * stored stems), at the file's rate. Raises OSError."""
        if not len(block):
            return
        self._meter.add(block[:, :2])
        self._write(self._heard.feed(block), None if self._separated is None else self._separated.feed(block))
        self._track.level_so_far = self._meter.level

    def finish(self) -> None:
        """Write what was still under way. Raises OSError."""
        self._write(self._heard.finish(), None if self._separated is None else self._separated.finish())

    @property
    def loudness(self) -> SongLoudness:
        """Of all that was written."""
        return SongLoudness(self._loudness.lufs, self._loudness.peak)

    def _write(self, heard: Frames, separated: Frames | None) -> None:
        track = self._track
        dry, mix = track.dry, track.mix
        if dry is None or mix is None:  # it was closed
            return
        if self._stems:
            track.put(track.decoded, quantize(np.ascontiguousarray(heard[:, 2:])))
        frames = np.ascontiguousarray(heard[:, :2])
        self.cleaned += clean(frames)
        self._loudness.add(frames)
        dry.write(track.decoded, frames)
        if separated is not None:
            clean(separated)
            mix.write(track.mixed, separated)
        track.decoded += len(frames)
        track.mixed += len(frames if separated is None else separated)
