"""Whatever separates, opened once for all songs."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from dsp.stft import FFT_HOP
from stream.audiofiles.song import Reader
from stream.latency.geometry import LEAST_COLUMNS, MOST_COLUMNS, SAMPLERATE
from stream.offline.level import SongLevel
from stream.offline.segments import lay
from stream.offline.separation import Piece, by_hops, by_segments
from stream.separators.bag import Bag
from stream.separators.networks.modelio import SEGMENT
from stream.separators.opening import Opening

LEAST_S, MOST_FRAMES = LEAST_COLUMNS * FFT_HOP / SAMPLERATE, MOST_COLUMNS * FFT_HOP


@dataclass(frozen=True)
class SeparateOptions:
    """How songs are to be separated.

    segment_s: seconds; None is what the model was trained on
    stems: those that are wanted; None is all
    jobs: songs side by side
    """

    overlap: float = 0.25
    segment_s: float | None = None
    shifts: int = 0
    stems: tuple[str, ...] | None = None
    jobs: int = 1


DEFAULTS = SeparateOptions()


@dataclass(frozen=True)
class OfflineEngine:
    """A separator for whole songs.

    pieces: of a song and its level; several threads may, each with a song of its own
    segment: frames; 0 for a plugin, which takes hops
    """

    sources: tuple[str, ...]
    samplerate: int
    segment: int
    pieces: Callable[[Reader, SongLevel], Iterator[Piece]]


def open_offline_engine(chosen: Opening, options: SeparateOptions) -> OfflineEngine:
    """A network with segments laid as asked for, or a plugin. Raises ValueError for what cannot be."""
    how = lay(SAMPLERATE, options.overlap, options.shifts, SAMPLERATE)  # before seconds are spent on a model
    bag = open_bag(chosen, options)
    if bag is None:
        if how.starts != (0,) or options.segment_s is not None:
            raise ValueError(f"{chosen.model} does not work in segments, so it takes neither --shifts nor --segment")
        separator, _ = chosen.open(None)

        def hops(reader: Reader, _fit: SongLevel) -> Iterator[Piece]:
            fresh, _ = chosen.open(None)  # it keeps the past of its song
            return by_hops(fresh, reader)

        return OfflineEngine(tuple(separator.sources), separator.samplerate, 0, hops)
    segment = bag.segment if options.segment_s is None else int(options.segment_s * bag.samplerate)
    how = lay(segment, options.overlap, options.shifts, bag.samplerate)

    def segments(reader: Reader, fit: SongLevel) -> Iterator[Piece]:
        return by_segments(bag, reader, how, fit, alone=options.jobs == 1)

    return OfflineEngine(bag.sources, bag.samplerate, segment, segments)


def open_bag(chosen: Opening, options: SeparateOptions = DEFAULTS) -> Bag | None:
    """The model, opened for segments of just so many frames, which is what demucs gives its wave branch.

    In a file of fixed length they are filled up, as demucs fills them; in an older one, up to whole columns.
    Returns None for a plugin. Raises ValueError.
    """
    if options.segment_s is not None and not LEAST_S <= options.segment_s < math.inf:
        raise ValueError(f"segment must be {LEAST_S:.2f} s or more, not {options.segment_s:g}")
    wanted = SEGMENT if options.segment_s is None else min(MOST_FRAMES, int(options.segment_s * SAMPLERATE))
    for_frames = partial(chosen.offline, stems=options.stems)
    bag = for_frames(wanted)
    if bag is None:
        return None
    most_s = bag.segment / bag.samplerate
    if options.segment_s is not None and int(options.segment_s * bag.samplerate) > bag.segment:
        raise ValueError(f"segment must be at most {most_s:g} s, as {chosen.model} was trained, "
                         f"not {options.segment_s:g}")
    fitting = bag.segment if options.segment_s is None else int(options.segment_s * bag.samplerate)
    return bag if bag.fixed or fitting == wanted else for_frames(fitting)

