"""HTDemucs hop by hop: only the newest columns are computed, all that came before is in the network's state.

                       | context: columns before, which new ones' transforms reach back into |
    window             | EDGE |                    columns of a hop                          |
    spec for istft  | LEFT |          columns of a hop, as the network gives them            |
"""

import numpy as np

from dsp.columns import Analysis
from dsp.crossfade import Crossfade
from dsp.sliding import RangeIstft
from dsp.stft import BINS, FFT_HOP
from stream.latency.geometry import HopGeometry
from stream.separators.bag import Bag
from stream.separators.networks.statefulnetwork import StatefulNetwork
from stream.separators.protocol import Frames, Level

EDGE = 2  # columns of the window before a hop's first, whose transform begins one and a half before it
LEFT = 2  # columns before a hop's first that reach into the frames it delivers


class Stateful:
    """A stateful model file behind the `Separator` protocol."""

    name = "stateful"

    def __init__(self, network: Bag | StatefulNetwork, geometry: HopGeometry) -> None:
        """Make all arrays.

        Raises ValueError if the network was opened for another length of hops.
        [opening-thread]
        """
        if network.columns != geometry.columns:
            raise ValueError(f"the network was opened for {network.columns} columns, a hop has {geometry.columns}")
        self.network, self.geometry = network, geometry
        self.sources, self.samplerate = network.sources, network.samplerate
        self.hop, self.latency = geometry.hop, geometry.latency
        stems, columns, part = len(self.sources), geometry.columns, geometry.hop + geometry.crossfade
        start = geometry.recompute - geometry.latency  # of what is delivered, in what is computed
        self._delivered = slice(start, start + part)
        self._window: Frames = np.zeros((2, (EDGE + columns) * FFT_HOP), np.float32)
        self._columns = np.arange(EDGE, EDGE + columns)
        self._analysis = Analysis(2, columns)
        self._spec: Frames = np.zeros((stems, 4, BINS, LEFT + columns), np.float32)
        self._istft = RangeIstft(stems, 2, LEFT + columns, LEFT * FFT_HOP + start, part)
        self._crossfade = Crossfade(stems, 2, geometry.crossfade)
        self._part: Frames = np.zeros((stems, 2, part), np.float32)
        self.reset()

    def reset(self) -> None:
        """Forget what was heard: the past is silence again. [opening-thread, separator-thread]"""
        self.network.reset()
        self._window[:], self._spec[:] = 0, 0
        self._crossfade.reset()

    def process(self, mix: Frames, stems: Frames) -> None:
        """Take one hop, give the one `latency` frames before it.

        mix: float32 (2, hop)
        stems: float32 (stems, 2, hop), written
        [separator-thread]
        """
        self._slide(mix)
        network = self.network
        self._analysis.transform(self._window, self._columns, network.spec, EDGE)
        network.mix[:] = self._window[:, EDGE * FFT_HOP :]
        network.run()
        hop = self.hop // FFT_HOP
        self._spec[..., :LEFT] = self._spec[..., hop : hop + LEFT]
        self._spec[..., LEFT:] = network.spec_out
        self._part[:] = network.wave_out[:, :, self._delivered]
        self._istft.add(self._spec, self._part)
        self._crossfade.join(self._part, stems)

    @property
    def levels(self) -> tuple[Level, ...]:
        """As `Easing` has them: how much of the past attention remembers. [any-thread]"""
        return self.network.levels

    def ease(self, level: int) -> None:
        """Remember more or less from the next hop on. [separator-thread]"""
        self.network.ease(level)

    def skip(self, mix: Frames) -> None:
        """Take one hop and give none; the state is left as it was, and the next delivery fades from nothing.

        mix: float32 (2, hop)
        [separator-thread]
        """
        self._slide(mix)
        self.network.skip()
        self._spec[:] = 0
        self._crossfade.reset()

    def _slide(self, mix: Frames) -> None:
        self._window[:, : -self.hop] = self._window[:, self.hop :]
        self._window[:, -self.hop :] = mix
