"""Do the files that `export` makes say what demucs says, for networks of every shape?

A table, for docs/notes/export.md.

`python -m export.parity [--song FILE...] [NAME...]`: the published weights (found as users find theirs) and random ones
in networks of the published and of other shapes.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from export.command import Order, Tools, export
from export.making import Refused
from export.source import unshown
from export.verify import random_weights
from export.weights import PUBLISHED, SIX

NETWORKS: Mapping[str, Mapping[str, Any] | None] = {  # arguments of HTDemucs; None: the published weights
    "htdemucs": None,
    "htdemucs_6s, random": SIX,
    "htdemucs_ft, random": PUBLISHED,
    "2 sources, 16 channels": {**PUBLISHED, "sources": ["vocals", "rest"], "channels": 16},
    "segment 4 s, 3 + 3 layers": {**PUBLISHED, "segment": Fraction(4), "t_layers": 3, "bottom_channels": 256},
    "depth 3, growth 3": {**PUBLISHED, "depth": 3, "growth": 3, "channels": 24, "bottom_channels": 0},
    "3 sources, no transformer": {
        **PUBLISHED, "sources": list("abc"), "channels": 24, "t_layers": 0, "bottom_channels": 0},
}


def rows(name: str, music: NDArray[Any]) -> Iterator[Mapping[str, Any]]:
    """What `export` measured of one network at each length. Raises what it raises."""
    kwargs = NETWORKS[name]
    with tempfile.TemporaryDirectory() as folder:
        model = "htdemucs"
        if kwargs is not None:
            model = str(Path(folder, "random.safetensors"))
            random_weights(kwargs).write(Path(model))
        tools = Tools(music, lambda _: None, unshown)
        yield from export(Order(model, Path(folder, "made")), tools)["parity"]


def _music(songs: Sequence[Path]) -> NDArray[Any]:
    """Stems given together are summed; without any it is noise, which is not music but needs no file."""
    if not songs:
        print("no song is given: the figures are for noise")
        return np.random.default_rng(0).normal(0, 0.1, (2, 400_000)).astype(np.float32)
    parts = [soundfile.read(song, dtype="float32", always_2d=True)[0].T for song in songs]
    frames = min(part.shape[1] for part in parts)
    return np.asarray(np.sum([part[:, :frames] for part in parts], axis=0, dtype=np.float32))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row for each network and length; 1 if one of them is refused."""
    parser = argparse.ArgumentParser(prog="python -m export.parity", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {'; '.join(NETWORKS)} (default: all)")
    parser.add_argument("--song", nargs="+", type=Path, default=[], help="without it, noise")
    given = parser.parse_args(arguments)
    music, holds = _music(given.song), True
    print("| network | frames | spec_out | wave_out | SDR of the worst stem |\n|---|---|---|---|---|")
    for name in given.names or NETWORKS:
        try:
            for row in rows(name, music):
                print(f"| {name} | {row['frames']:,} | {row['spec_error']:.1e} | {row['wave_error']:.1e} | "
                      f"{min(row['sdr_db'].values()):.1f} dB |", flush=True)
        except (ValueError, Refused) as error:
            print(f"| {name} | {error} | | | |", flush=True)
            holds = False
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
