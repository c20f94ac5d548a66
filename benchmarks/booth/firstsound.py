"""How soon a song is heard that is put on a deck and played at once, and how soon its stems are, by what JACK captures.

All stems but one are muted before anything is loaded. So the song is heard as it is in its file until stems are under
the playhead, and from the first sample on that is not the file's they are.
"""

import time
from pathlib import Path

import numpy as np

from benchmarks.booth.deckrun import DeckRun
from benchmarks.loopback import Loopback
from dsp.limiter import lookahead
from stream.audiofiles.audiofile import AudioReader
from stream.latency.geometry import SAMPLERATE
from stream.separators.protocol import Frames

LOUD = 0.05  # of full scale: a song begins there
AUDIBLE = 64  # samples of 128 that differ: stems are under the playhead
LOOKS_S = 1.0  # from one look at what was captured to the next: looking takes time from what is measured
MOST_S = 60.0  # that stems may take


class FirstSound:
    """A run whose next songs are these, none of which is known to any store."""

    def __init__(self, run: DeckRun, loopback: Loopback) -> None:
        """Of a run that is paused, and what JACK captures of it."""
        self._run, self._loopback = run, loopback
        for stem in ("drums", "bass", "vocals"):
            run.send(f"/a/{stem}/mute", 1.0)

    def seconds(self, path: Path) -> tuple[float, float]:
        """Seconds until the next song is heard, and its stems. Raises RuntimeError where they are not."""
        with AudioReader(path) as reader:
            song = reader.read(reader.frames)
        run, loopback = self._run, self._loopback
        sent, device_out = loopback.done, round(float(run.told["/latency"]) * SAMPLERATE) - lookahead(SAMPLERATE)
        run.send("/a/next_song", 1.0)
        run.send("/a/play", 1.0)
        places: list[tuple[int, int]] = []

        def there() -> bool:
            time.sleep(LOOKS_S)
            places[:] = [found] if (found := compared(loopback.recorded[sent : loopback.done], song)) else []
            return bool(places) or loopback.done - sent > MOST_S * SAMPLERATE

        run.until(there, "a song's stems")
        if not places:
            raise RuntimeError(f"no stems of {path.name} were heard within {MOST_S:g} s")
        run.send("/a/play", 0.0)
        first, stems = places[0]
        return (first - device_out) / SAMPLERATE, (stems - device_out) / SAMPLERATE


def compared(captured: Frames, song: Frames) -> tuple[int, int] | None:
    """Where a song begins, and where it is no longer as it is in its file; None as long as it is.

    captured, song: float32 (frames, 2)
    """
    sounds = np.flatnonzero(captured.any(1))
    if not len(sounds):
        return None
    first = int(sounds[0]) - int(np.flatnonzero(song.any(1))[0])
    count = min(len(captured) - first, len(song))
    other = (captured[first : first + count] != song[:count]).any(1)
    runs = np.convolve(other, np.ones(128), "valid")
    found = np.flatnonzero(runs >= AUDIBLE)
    return (first, first + int(found[0]) + int(np.flatnonzero(other[found[0] :])[0])) if len(found) else None


def loud_from(mix: Frames) -> int:
    """The first frame of float32 (2, frames) that nobody fails to hear."""
    return int(np.flatnonzero(np.abs(mix).max(axis=0) > LOUD)[0])
