"""HTDemucs over a sliding window: each hop runs the whole window and delivers its last hop before the lookahead."""

from dataclasses import replace

import numpy as np

from dsp.crossfade import Crossfade
from dsp.sliding import RangeIstft, SlidingStft
from dsp.stft import FFT_HOP
from stream.latency.geometry import LEAST_COLUMNS, Geometry
from stream.separators.bag import Bag
from stream.separators.networks.network import Network
from stream.separators.protocol import Frames, Level


class Window:
    """A window of some length that ends with the newest hop: the network's arrays, and the part that it delivers."""

    def __init__(self, network: Bag | Network, geometry: Geometry) -> None:
        """Make all arrays. [opening-thread]"""
        part = geometry.hop + geometry.crossfade
        self.network, self.geometry = network, geometry
        self._delivered = slice(geometry.context, geometry.context + part)
        self._stft = SlidingStft(geometry.columns, geometry.hop // FFT_HOP)
        self._istft = RangeIstft(len(network.sources), 2, geometry.columns, geometry.context, part)

    def reset(self) -> None:
        """Forget what was heard. [opening-thread, separator-thread]"""
        self.network.mix[:] = 0
        self._stft.reset()

    def slide(self, mix: Frames) -> None:
        """Take one hop, float32 (2, hop). [separator-thread]"""
        window = self.network.mix
        hop = mix.shape[1]
        window[:, :-hop] = window[:, hop:]
        window[:, -hop:] = mix

    def skip(self) -> None:
        """Nothing is made of this hop. [separator-thread]"""
        self._stft.reset()

    def separate(self, part: Frames) -> None:
        """Make the part that is delivered: float32 (stems, 2, hop + crossfade), written. [separator-thread]"""
        network = self.network
        self._stft.advance(network.mix, network.spec)
        network.run()
        part[:] = network.wave_out[:, :, self._delivered]
        self._istft.add(network.spec_out, part)


class Windowed:
    """A model file of the contract (design.md, The model file) behind the `Separator` protocol."""

    name = "windowed"

    def __init__(self, network: Bag | Network, geometry: Geometry) -> None:
        """Make all arrays.

        Raises ValueError if the network was opened for another length, or does not see all of what is delivered.
        [opening-thread]
        """
        if network.columns != geometry.columns:
            raise ValueError(f"the network was opened for {network.columns} columns, the window has "
                             f"{geometry.columns}")
        unseen = geometry.window - network.frames
        if geometry.lookahead < unseen:
            raise ValueError(f"lookahead must be {unseen} frames or more: the network's wave branch does not see a "
                             f"window's last {unseen}; not {geometry.lookahead}")
        self.network, self.geometry = network, geometry
        self.sources, self.samplerate = network.sources, network.samplerate
        self.hop, self.latency = geometry.hop, geometry.latency
        stems = len(self.sources)
        self._windows = _windows(network, geometry)
        self._level = 0
        self._crossfade = Crossfade(stems, 2, geometry.crossfade)
        self._part: Frames = np.zeros((stems, 2, geometry.hop + geometry.crossfade), np.float32)
        self.reset()

    @property
    def levels(self) -> tuple[Level, ...]:
        """As `Easing` has them: the window, and half of it where hop and model leave that. [any-thread]"""
        return tuple(Level(window.geometry.work / self.geometry.work,
                           f"a window of {window.geometry.window / self.samplerate:.1f} s")
                     for window in self._windows)

    def ease(self, level: int) -> None:
        """Make the next hops of a longer or shorter window. [separator-thread]"""
        self._level = level

    def reset(self) -> None:
        """Forget what was heard: the past is silence again. [opening-thread, separator-thread]"""
        for window in self._windows:
            window.reset()
        self._crossfade.reset()

    def process(self, mix: Frames, stems: Frames) -> None:
        """Take one hop, give the one `latency` frames before it.

        mix: float32 (2, hop)
        stems: float32 (stems, 2, hop), written
        [separator-thread]
        """
        for level, window in enumerate(self._windows):
            window.slide(mix)
            if level != self._level:
                window.skip()
        self._windows[self._level].separate(self._part)
        self._crossfade.join(self._part, stems)

    def skip(self, mix: Frames) -> None:
        """Take one hop and give none; the next delivery has no neighbour to fade from.

        mix: float32 (2, hop)
        [separator-thread]
        """
        for window in self._windows:
            window.slide(mix)
            window.skip()
        self._crossfade.reset()


def _windows(network: Bag | Network, geometry: Geometry) -> list[Window]:
    """The window, and where there is one a shorter one for when time is short."""
    made = [Window(network, geometry)]
    columns = max(LEAST_COLUMNS, geometry.columns // 2)
    if columns * FFT_HOP >= geometry.hop + geometry.latency and columns < geometry.columns:
        other = network.shorter(columns)
        if other is not None:
            made.append(Window(other, replace(geometry, window=columns * FFT_HOP)))
    return made
