"""What computes the model of a command: the provider that was asked for, or the one that is fastest here."""

from functools import cache

from dsp.stft import FFT_HOP
from stream.common.errors import Failure
from stream.latency.geometry import DeviceTiming, Geometry
from stream.latency.planning import NAMED_S
from stream.separators.networks.modelio import SEGMENT
from stream.separators.opening import Opening
from stream.separators.protocol import Frames, Separator
from stream.separators.windowed import Windowed
from stream.tuning.candidates import Asked, Say
from stream.tuning.select import select_provider

FILE_HOPS = 2  # of half a window of a file's length: nobody waits for a time, only for whether the stems are right


@cache
def music() -> Frames:
    """The demo's own song, in which every stem sounds: float32 (2, frames)."""
    from stream.command import song  # scipy.signal takes half a second to import; most starts need no music

    return song.music()


def asked_live(opening: Opening, latency_s: float | None, say: Say) -> Asked:
    """A live separator of that latency, to be tried."""
    return Asked(opening, ("live", latency_s), lambda one: one.open(latency_s)[0], music, say)


def live(opening: Opening, latency_s: float | None, say: Say, timed: bool = True) -> Opening:
    """The opening with provider and threads settled, for a latency.

    timed: whether `auto` may take half a minute, once, to find the fastest
    Raises ValueError for a named provider that fails.
    """
    return select_provider(asked_live(opening, latency_s, say), timed)


def best_s(opening: Opening, timing: DeviceTiming, say: Say) -> float:
    """Seconds of the best latency that this machine holds. Raises Failure where it holds none.

    opening: with its provider settled
    """
    from stream.tuning.sustainable import (  # it loads the audio thread, which files need not wait for
        NONE_S,
        best_sustainable,
        sustainable,
    )

    rows, least_s = sustainable(opening, timing, say)
    name = best_sustainable(rows)
    if name is not None:
        say(f"latency {name}, the best that this machine can hold")
        return NAMED_S[name]
    if least_s == NONE_S:
        raise Failure("this machine can hold no latency: demucs-stream doctor says why")
    say(f"none of {', '.join(NAMED_S)} can be held here; taking {least_s:g} s")
    return least_s


def for_files(opening: Opening, say: Say) -> Opening:
    """As `live`, for whole files: `auto` is what was found when it ran live, or the CPU."""
    return select_provider(Asked(opening, ("files",), _over_files, music, say, FILE_HOPS), timed=False)


def _over_files(opening: Opening) -> Separator:
    """The network as files see it, behind the interface of a separator."""
    bag = opening.offline(SEGMENT)
    assert bag is not None  # without a model file nothing is tried
    return Windowed(bag, Geometry(bag.columns * FFT_HOP, bag.columns // 2 * FFT_HOP, FFT_HOP, FFT_HOP))
