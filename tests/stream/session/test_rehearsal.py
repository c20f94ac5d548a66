"""After the rehearsal nothing is compiled, nor read from numba's cache, whatever is loaded and pressed."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile as sf

from tests.rig.models import model

PROGRAM = """
import gc, json, sys, time
from pathlib import Path

import numpy as np
from numba.core.dispatcher import Dispatcher

from stream.callback.header import HEADER
from stream.decks.booth import Booth
from stream.decks.engine import DeckEngine, DeckSetup
from stream.latency.geometry import Latency
from stream.separators.opening import Opening
from stream.session import deckhost
from stream.tracks.separator import TrackSeparator
from stream.tracks.store import StemStore

def known():
    return {f"{d.py_func.__module__}.{d.py_func.__qualname__}{signature}" for d in gc.get_objects()
            if isinstance(d, Dispatcher) for signature in d.overloads}

folder, rate = Path(sys.argv[1]), int(sys.argv[2])
if sys.argv[3] == "rehearsed":
    deckhost.rehearse()
before, said = known(), []
store = StemStore(folder=folder / "store")
with TrackSeparator(Opening("toy", (folder / "toy.onnx",), threads=1), rate, store, say=said.append) as separator:
    booth = Booth(separator.sources, rate, separator.load, [folder / name for name in ("a.wav", "b.wav", "stems")])
    engine = DeckEngine(np.zeros((), HEADER), booth.players, Latency(rate, 0, 0, 0, 0, 0, 0, 0), DeckSetup(2, 441))
    booth.open(lambda: engine.position, 441, said.append)

    def hear(blocks):
        for _ in range(blocks):
            while booth.step():
                pass
            engine.serve(441)

    for name in "aba":
        booth.next_song(name)
        hear(4)
    separator.wait()
    tracks = [deck.track for deck in booth.decks.values()]
    while not all(deck._facts._beats.by_drums for deck in booth.decks.values()):
        time.sleep(0.01)
    for name in booth.decks:
        for press, *values in (("play",), ("seek", 0), ("tempo", 0.3), ("key_lock", True), ("reverse",), ("reverse",),
                ("auto_loop", 1), ("leave_loop",), ("tempo", 0), ("bend", 0.1), ("bend", 0), ("brake", 0.1), ("play",),
                ("key_lock", False), ("tempo", -0.4), ("censor_press",), ("censor_release",), ("hot_cue_press", 0)):
            booth.press(name, press, *values)
            hear(12)
        mixer = booth.mixers[name]
        for stem in mixer.sources:
            mixer.flip(stem, "mute")
        booth.master.set(name, "low", -6)
        hear(4)
    booth.master.crossfade(0.2)
    hear(8)
    booth.close()
assert not said, said
print(json.dumps(sorted(known() - before)))
"""


def compiled(folder: Path, rate: int, how: str) -> list[str]:
    """What a run compiled, or read from the cache, of a song at another rate, a mono one, and stems."""
    time = np.arange(3 * 44_100) / 44_100
    song = np.stack([np.sin(400 * time), np.sin(300 * time)], axis=1) * (time % 0.5 < 0.1)[:, None] / 2
    sf.write(folder / "a.wav", song, 48_000)
    sf.write(folder / "b.wav", song[:, 0], 44_100, "FLOAT")
    (folder / "stems").mkdir()
    for name in ("drums", "other"):
        sf.write(folder / "stems" / f"{name}.wav", song, 44_100)
    model(folder / "toy.onnx", {"frames": "any", "segment": "60001"}, gains=(0.1, 0.2, 0.3, 0.15))
    done = subprocess.run([sys.executable, "-c", PROGRAM, folder, str(rate), how], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


def test_a_run_that_was_rehearsed_compiles_nothing(tmp_path: Path) -> None:
    assert compiled(tmp_path, 44_100, "rehearsed") == []


def test_without_it_much_would_be(tmp_path: Path) -> None:
    found = " ".join(compiled(tmp_path, 48_000, "not"))
    assert all(kernel in found for kernel in ("stretch._render", "varispeed._render", "onsets._peaks", "clean.clean"))
