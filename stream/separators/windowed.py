"""HTDemucs over a sliding window: each hop runs the whole window and delivers its last hop before the lookahead."""

import numpy as np

from dsp.crossfade import Crossfade
from dsp.sliding import RangeIstft, SlidingStft
from dsp.stft import FFT_HOP
from stream.geometry import Geometry
from stream.separators.bag import Bag
from stream.separators.network import Network
from stream.separators.protocol import Frames


class Windowed:
    """A model file of the contract (design.md, The model file) behind the `Separator` protocol."""

    name = "windowed"

    def __init__(self, network: Bag | Network, geometry: Geometry) -> None:
        """Make all arrays. [main-thread]

        Raises ValueError if the network was opened for another length, or does not see all of what is delivered.
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
        part = geometry.hop + geometry.crossfade
        self._delivered = slice(geometry.context, geometry.context + part)
        stems = len(self.sources)
        self._stft = SlidingStft(geometry.columns, geometry.hop // FFT_HOP)
        self._istft = RangeIstft(stems, 2, geometry.columns, geometry.context, part)
        self._crossfade = Crossfade(stems, 2, geometry.crossfade)
        self._part: Frames = np.zeros((stems, 2, part), np.float32)
        self.reset()

    def reset(self) -> None:
        """Forget what was heard: the past is silence again. [main-thread, separator-thread]"""
        self.network.mix[:] = 0
        self._stft.reset()
        self._crossfade.reset()

    def process(self, mix: Frames, stems: Frames) -> None:
        """Take one hop, give the one `latency` frames before it. [separator-thread]

        mix: float32 (2, hop)
        stems: float32 (stems, 2, hop), written
        """
        self._slide(mix)
        network = self.network
        self._stft.advance(network.mix, network.spec)
        network.run()
        self._part[:] = network.wave_out[:, :, self._delivered]
        self._istft.add(network.spec_out, self._part)
        self._crossfade.join(self._part, stems)

    def skip(self, mix: Frames) -> None:
        """Take one hop and give none; the next delivery has no neighbour to fade from. [separator-thread]

        mix: float32 (2, hop)
        """
        self._slide(mix)
        self._stft.reset()
        self._crossfade.reset()

    def _slide(self, mix: Frames) -> None:
        window = self.network.mix
        window[:, : -self.hop] = window[:, self.hop :]
        window[:, -self.hop :] = mix
