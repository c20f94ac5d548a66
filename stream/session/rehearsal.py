"""What a run of decks does, done once in silence before its devices are open: nothing is compiled while it plays.

A kernel that is compiled, or read from numba's cache, holds all threads up for as long.
"""

import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from dsp.beats import BeatTracker
from dsp.stft import BINS, FFT_HOP
from stream.audiofiles.audiofile import AudioWriter
from stream.callback.header import HEADER
from stream.common.errors import Failure
from stream.decks.booth import Booth
from stream.decks.engine import DeckEngine, DeckSetup
from stream.latency.geometry import Latency
from stream.offline.separation import Windows
from stream.separators.networks.network import Network
from stream.separators.protocol import Frames
from stream.tracks.decoding import decode
from stream.tracks.scratchfile import scratch_folder
from stream.tracks.track import Track

SOURCES = ("drums", "other")
BLOCK, RATE, SECONDS = 512, 44_100, 3
COLUMNS = 16  # of the least window there is
# each press, and how many blocks of it are heard
PRESSES = (("play", 4), ("tempo", 8, 0.5), ("key_lock", 16, True), ("reverse", 4), ("reverse", 4), ("tempo", 8, 0.0),
           ("key_lock", 4, False), ("brake", 8), ("seek", 4, 0.0), ("play", 4))


def rehearse() -> None:
    """Have all that is compiled ready, whatever is loaded and pressed later."""
    _play()
    _find_beats()
    _separate()
    with suppress(Failure, OSError, RuntimeError), tempfile.TemporaryDirectory(dir=scratch_folder()) as folder:
        _decode(Path(folder))  # a disk that is full is told by the first song


def _play() -> None:
    """A song without a file on a deck: silence, by every way of rendering it."""
    booth = Booth(SOURCES, RATE, lambda path: Track(path, RATE, SOURCES), ())
    engine = DeckEngine(np.zeros((), HEADER), booth.players, Latency(RATE, 0, 0, 0, 0, 0, 0, 0), DeckSetup(2, BLOCK))
    booth.open(lambda: engine.position, BLOCK, lambda _line: None)
    for deck in booth.decks.values():
        song = Track(Path("silence"), RATE, SOURCES)
        song.decoded = SECONDS * RATE
        song.end()
        deck.load(song)
    for name, blocks, *values in PRESSES:
        for deck_name in booth.decks:
            booth.press(deck_name, str(name), *values)
        for _ in range(int(blocks)):
            while booth.step():
                pass
            engine.serve(BLOCK)
    booth.close()


def _find_beats() -> None:
    """Two kicks a second, alone and as the drums of a song."""
    kick = np.exp(-np.arange(4000) / 500) * np.sin(np.arange(4000) / 100)
    beaten = np.zeros((SECONDS * RATE, 2), np.float32)
    for at in range(0, len(beaten) - len(kick), RATE // 2):
        beaten[at : at + len(kick)] = 0.5 * kick[:, None]
    for drums in (None, beaten):
        tracker = BeatTracker(RATE, drums=drums is not None)
        tracker.feed(beaten, drums)
        tracker.finish()
        tracker.answer()


class _Silent(Network):
    """A network without a file, whose stems are silent."""

    def __init__(self) -> None:
        self.sources, self.columns, self.frames, self.samplerate = ("other",), COLUMNS, COLUMNS * FFT_HOP, RATE
        self.mix: Frames = np.zeros((2, self.frames), np.float32)
        self.spec: Frames = np.zeros((4, BINS, COLUMNS), np.float32)
        self.wave_out: Frames = np.zeros((1, 2, self.frames), np.float32)
        self.spec_out: Frames = np.zeros((1, 4, BINS, COLUMNS), np.float32)

    def run(self) -> None:
        """Nothing is to be done."""


def _separate() -> None:
    """A window by the transforms around a network."""
    with Windows(_Silent(), COLUMNS * FFT_HOP, alone=True) as windows:
        windows.separate(np.zeros((2, COLUMNS * FFT_HOP), np.float32))


def _decode(folder: Path) -> None:
    """A song as it is, and stems. Raises OSError, Failure."""
    for name in SOURCES:
        writer = AudioWriter(folder / f"{name}.wav", RATE)
        writer.write(np.zeros((BLOCK, 2), np.float32))
        writer.close()
    for path in (folder / "drums.wav", folder):
        track = Track(path, RATE, SOURCES)
        decode(track)
        track.close()
