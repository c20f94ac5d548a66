"""What a model file must be (design.md, The model file): its inputs, its outputs, and what it says of itself.

[any-thread]
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dsp.stft import BINS, FFT_HOP, N_FFT

SAMPLERATE = 44_100  # Hz; of a file that does not say
NEXT = ".next"  # behind the name of a tensor of the state: as the next hop is to find it
SEGMENT = 343_980  # frames: 7.8 s, what the published networks were trained on
# the stems of a file that does not name them, by how many there are: those of the published networks
SOURCES = {4: ("drums", "bass", "other", "vocals"), 6: ("drums", "bass", "other", "vocals", "guitar", "piano")}


def any_frames(meta: Mapping[str, str]) -> bool:
    """Whether a file that says this of itself takes any N that ends in the last column.

    Older files do not say so: their N is 1024 · T, and whoever has fewer frames fills them up.
    """
    return meta.get("frames") == "any"


def shape(path: Path, session: Any, asked: tuple[int, int]) -> tuple[int, tuple[int, int] | None]:
    """The number of stems; columns and frames where they are the file's own. Raises ValueError: found and wanted.

    asked: columns and frames, of a file that has none of its own
    """
    found = (*session.get_inputs(), *session.get_outputs())
    named = dict(zip("TN", asked, strict=True))  # ORT's own format keeps the names of sizes that are fixed by now
    sizes = [tuple(named.get(size, size) for size in value.shape) for value in found]
    shapes = {("in" if at < len(session.get_inputs()) else "out", len(size)): size for at, size in enumerate(sizes)}
    stems = shapes.get(("out", 5), (1, 0))[1]
    own = shapes.get(("in", 4), (0,))[-1], shapes.get(("in", 3), (0,))[-1]
    fixed = own != asked and all(isinstance(size, int) for size in own) and -(-own[1] // FFT_HOP) == own[0] > 0
    columns, frames = own if fixed else asked  # 343,980 frames of 336 columns, say
    wanted = {("in", 3): (1, 2, frames), ("in", 4): (1, 4, BINS, columns),
              ("out", 5): (1, stems, 4, BINS, columns), ("out", 4): (1, stems, 2, frames)}
    fits = len(found) == 4 and shapes.keys() == wanted.keys() and isinstance(stems, int)
    fits = fits and all(_fits(shape, wanted[key]) for key, shape in shapes.items())
    if not fits or not all(value.type == "tensor(float)" for value in found):
        listing = ", ".join(f"{v.name} {list(size)} {v.type}" for v, size in zip(found, sizes, strict=True))
        raise ValueError(f"{path} is a model of another shape: it has {listing}; needed are float32 "
                         f"mix [1, 2, {frames}], spec [1, 4, {BINS}, {columns}], "
                         f"spec_out [1, stems, 4, {BINS}, {columns}], "
                         f"wave_out [1, stems, 2, {frames}]")
    return int(stems), (columns, frames) if fixed else None


def stateful(meta: Mapping[str, str]) -> bool:
    """Whether a file that says this of itself carries a state."""
    return "recompute" in meta


def recompute(path: Path, meta: dict[str, str]) -> int:
    """Columns of a hop that the next one computes again. Raises ValueError."""
    return integer(path, meta, "recompute", 0, least=0)


def stateful_shape(path: Path, session: Any, sizes: Mapping[str, int]) -> tuple[int, dict[str, tuple[int, ...]]]:
    """The number of stems; the shapes of `positions` and of the state's tensors by name. Raises ValueError.

    sizes: of the symbolic dimensions
    """
    shapes = {value.name: tuple(sizes.get(size, size) for size in value.shape)
              for value in (*session.get_inputs(), *session.get_outputs())}
    columns, frames, length = (sizes[name] for name in "TNL")
    stems = shapes.get("wave_out", (1, 0))[1]
    tokens = (shapes.get("positions", ())[-1:] or (0,))[0]
    wanted = {"mix": (1, 2, frames), "spec": (1, 4, BINS, columns), "positions": (columns, tokens),
              "slots": (columns,), "mask": (length,), "blend": (2,),
              "spec_out": (1, stems, 4, BINS, columns), "wave_out": (1, stems, 2, frames)}
    left = {name.removesuffix(NEXT): shape for name, shape in shapes.items() if name.endswith(NEXT)}
    state = {name: shape for name, shape in shapes.items() if name not in wanted and not name.endswith(NEXT)}
    for name, shape in (wanted | left).items():
        if shapes.get(name) != shape:
            raise ValueError(f"{path} is a stateful model of another shape: {name} {list(shapes.get(name, ()))} "
                             f"found, {list(shape)} wanted")
    odd = next((name for name, shape in state.items() if left.get(name) != shape), None)
    if odd or not all(isinstance(size, int) for shape in state.values() for size in shape) or not state:
        raise ValueError(f"{path} is a stateful model whose state is not left as it is taken: {odd or 'no state'}")
    return int(stems), {**state, "positions": wanted["positions"]}


def integer(path: Path, meta: dict[str, str], key: str, default: int, least: int = 1) -> int:
    """A whole number that the file says of itself. Raises ValueError for anything else."""
    text = meta.get(key, str(default))
    if not (text.isascii() and text.isdigit() and int(text) >= least):
        raise ValueError(f"{path} says {key} {text!r}, which must be a whole number of {least} or more")
    return int(text)


def _fits(shape: tuple[Any, ...], wanted: tuple[Any, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        have == want or not isinstance(have, int) for have, want in zip(shape, wanted, strict=True))


def sources(path: Path, meta: dict[str, str], stems: int) -> tuple[str, ...]:
    """The stems' names. Raises ValueError where they are not that many, not plain names, or for another STFT."""
    text = meta.get("sources", json.dumps(SOURCES.get(stems, ())))
    try:
        names = tuple(map(str, json.loads(text))) if text.startswith("[") else tuple(text.split(","))
    except ValueError as error:
        raise ValueError(f"{path} names its stems as {text!r}, which must be a JSON list") from error
    if len(names) != stems:
        raise ValueError(f"{path} has {stems} stems but names {len(names)}: {', '.join(names) or 'none'}")
    for name in names:  # a model file is a stranger's: its names become those of files
        if not name.strip(". ") or any(sign in '/\\:*?"<>|' or not sign.isprintable() for sign in name):
            raise ValueError(f"{path} names a stem {name!r}, which cannot be the name of a file")
        if names.count(name) > 1:
            raise ValueError(f"{path} names two stems {name!r}")
    if integer(path, meta, "n_fft", N_FFT) != N_FFT or integer(path, meta, "fft_hop", FFT_HOP) != FFT_HOP:
        raise ValueError(f"{path} wants n_fft {meta.get('n_fft')}, fft_hop {meta.get('fft_hop')}; "
                         f"only {N_FFT}, {FFT_HOP} are known")
    return names
