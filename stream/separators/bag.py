"""A model: one or more networks that see the same window, and whose stems are averaged by weight.

    stem = Σ weight[i][stem] · network[i][stem] / Σ weight[i][stem]          (demucs.apply.BagOfModels)
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np

from stream.separators.networks.network import Network
from stream.separators.networks.statefulnetwork import StatefulNetwork
from stream.separators.protocol import Frames, Level

OneFile = Network | StatefulNetwork
Weights = Mapping[str, float]  # of one network, by stem; a stem that is not in it has none


class Bag:
    """Networks behind the interface of one.

    mix: float32 (2, 1024 · columns), in      spec: float32 (4, 2048, columns), in
    wave_out: float32 (stems, 2, frames), out      spec_out: float32 (stems, 4, 2048, columns), out
    columns, fixed, segment, samplerate, provider: as of a Network
    frames: what the wave branches of all of them see
    """

    def __init__(self, networks: Sequence[OneFile], weights: Sequence[Weights] = (),
                 stems: Sequence[str] | None = None, segment_s: float | None = None) -> None:
        """Bind the networks to the same arrays.

        weights: a network's; all the same where none are given
        stems: those wanted, which then are the only sources; None is all
        segment_s: seconds, in place of the networks' own segment where that is longer
        Raises ValueError for networks that do not go together, a stem that none has and weights that do not fit.
        [opening-thread]
        """
        self._networks, first = tuple(networks), networks[0]
        self._weights, self._stems, self._segment_s = weights, stems, segment_s
        for other in self._networks[1:]:
            for what in ("sources", "samplerate", "columns"):
                if getattr(other, what) != getattr(first, what):
                    raise ValueError(f"a bag's networks must have the same {what}, not {getattr(first, what)} and "
                                     f"{getattr(other, what)}")
            other.take(first.mix, first.spec)
        self.mix, self.spec = first.mix, first.spec
        self.samplerate, self.columns = first.samplerate, first.columns
        self.frames = min(network.frames for network in self._networks)  # older files see more
        self.provider, self.fixed = first.provider, first.fixed
        own = min(network.segment for network in self._networks)
        self.segment = own if segment_s is None else min(own, int(segment_s * self.samplerate))
        self._shares = _shares(first.sources, len(self._networks), weights, stems)
        self.sources = tuple(self._shares)
        picked = [first.sources.index(stem) for stem in self.sources]
        # neighbouring stems of a network alone are a view of what it gives
        alone = len(self._networks) == 1 and picked == list(range(picked[0], picked[-1] + 1))
        self._alone = slice(picked[0], picked[-1] + 1) if alone else None
        self._picked = picked
        if self._alone:
            self.wave_out, self.spec_out = first.wave_out[self._alone], first.spec_out[self._alone]
        else:
            self.wave_out = np.zeros((len(picked), 2, self.frames), np.float32)
            self.spec_out = np.zeros((len(picked), *first.spec_out.shape[1:]), np.float32)

    @classmethod
    def open(cls, files: Sequence[Path], how: Callable[[Path], OneFile], weights: Sequence[Weights] = (),
             stems: Sequence[str] | None = None, segment_s: float | None = None) -> "Bag":
        """Open the files that have a weight for a wanted stem, one at a time.

        how: opens one of them, as Network does
        Raises ValueError as `Bag` and `how` do.
        [opening-thread]
        """
        if stems is None or not weights:
            return cls([how(file) for file in files], weights, stems, segment_s)
        kept = [(file, weight) for file, weight in zip(files, weights, strict=True)
                if any(weight.get(stem) for stem in stems)]
        if not kept:
            raise ValueError(f"no network of the model makes {', '.join(stems)}; "
                             f"its stems are {', '.join(weights[0])}")
        return cls([how(file) for file, _ in kept], [weight for _, weight in kept], stems, segment_s)

    def shorter(self, columns: int) -> "Bag | None":
        """The same networks and sessions for a shorter window, if all can. [opening-thread]"""
        networks = [network.shorter(columns) for network in self._networks if isinstance(network, Network)]
        found = [network for network in networks if network is not None]
        if len(found) < len(self._networks):
            return None
        return Bag(found, self._weights, self._stems, self._segment_s)

    def only(self, stems: Sequence[str]) -> "Bag":
        """The same networks, as far as they have a weight for these stems, which are the only sources.

        Raises ValueError for a stem that none has.
        [opening-thread]
        """
        weights = self._weights or [dict.fromkeys(stems, 1.0)] * len(self._networks)
        kept = [(network, weight) for network, weight in zip(self._networks, weights, strict=True)
                if any(weight.get(stem) for stem in stems)]
        return Bag([network for network, _ in kept], [weight for _, weight in kept] if self._weights else (), stems,
                   self._segment_s)

    def run(self) -> None:
        """`mix` and `spec` through the networks into `wave_out` and `spec_out`. [separator-thread]"""
        for index, network in enumerate(self._networks):
            network.run()
            if self._alone is None:
                self._add(index, network.spec_out, self.spec_out)
                self._add(index, network.wave_out, self.wave_out)

    def interrupt(self) -> None:
        """End the `run` that is under way with an exception, where a network can; later ones run. [any-thread]"""
        for network in self._networks:
            if isinstance(network, Network):
                network.interrupt()

    def stop(self) -> None:
        """End the `run` that is under way, and all later ones, with an exception, where a network can. [any-thread]"""
        for network in self._networks:
            if isinstance(network, Network):
                network.stop()

    @property
    def levels(self) -> tuple[Level, ...]:
        """As `Easing` has them, where the networks carry a state. [any-thread]"""
        first = self._networks[0]
        return first.levels if isinstance(first, StatefulNetwork) else ()

    def ease(self, level: int) -> None:
        """Remember more or less from the next hop on, where the networks carry a state. [separator-thread]"""
        for network in self._networks:
            if isinstance(network, StatefulNetwork):
                network.ease(level)

    def skip(self) -> None:
        """Let a hop pass that is not computed, where the networks carry a state. [separator-thread]"""
        for network in self._networks:
            if isinstance(network, StatefulNetwork):
                network.skip()

    def reset(self) -> None:
        """Forget what was heard. [opening-thread, separator-thread]"""
        for network in self._networks:
            network.reset()

    def infer(self, mix: Frames, spec: Frames) -> tuple[Frames, Frames]:
        """`spec_out` and `wave_out`, new, of arrays as `mix` and `spec` are; several threads may.

        Not of networks that carry a state.
        [any-thread]
        """
        networks = cast("tuple[Network, ...]", self._networks)
        if self._alone is not None:
            spec_out, wave_out = networks[0].infer(mix, spec)
            return spec_out[self._alone], wave_out[self._alone]
        out: tuple[Frames, Frames] = np.empty_like(self.spec_out), np.empty_like(self.wave_out)
        for index, network in enumerate(networks):
            for found, into in zip(network.infer(mix, spec), out, strict=True):
                self._add(index, found, into)
        return out

    def _add(self, index: int, found: Frames, into: Frames) -> None:
        """Add a network's share to every stem; the first that has one writes over what was there."""
        for row, (at, shares) in enumerate(zip(self._picked, self._shares.values(), strict=True)):
            share = np.float32(shares[index])
            if share and any(shares[:index]):
                into[row] += share * found[at, ..., : into.shape[-1]]
            elif share:
                np.multiply(found[at, ..., : into.shape[-1]], share, out=into[row])


def _shares(sources: tuple[str, ...], count: int, weights: Sequence[Weights],
            stems: Sequence[str] | None) -> dict[str, list[float]]:
    """By wanted stem, in the networks' order, the share of each network in it; they sum to one."""
    unknown = [stem for stem in (stems or ()) if stem not in sources]
    if unknown:
        raise ValueError(f"the model has no stem {unknown[0]}; it has {', '.join(sources)}")
    if weights and len(weights) != count:
        raise ValueError(f"a bag of {count} networks has weights for {len(weights)}")
    strange = sorted({stem for weight in weights for stem in weight} - set(sources))
    if strange:
        raise ValueError(f"the bag has a weight for {strange[0]}, but its networks give {', '.join(sources)}")
    shares = {}
    for stem in sources:
        if stems is not None and stem not in stems:
            continue
        given = [weight.get(stem, 0.0) for weight in weights] or [1.0] * count
        if sum(given) <= 0:
            raise ValueError(f"no network of the bag has a weight for {stem}")
        shares[stem] = [share / sum(given) for share in given]
    return shares
