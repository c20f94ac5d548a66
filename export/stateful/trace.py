"""Trace HTDemucs with its state into a bare graph, as export.graph does without.

In:  mix (1, channels, 1024 T), spec (1, 2 channels, 2048, T), positions (T, tokens), slots (T,), mask (L,), blend (2,)
     and the state, each tensor under its name
Out: spec_out (1, stems, 2 channels, 2048, T), wave_out (1, stems, channels, 1024 T)
     and the state, each tensor under its name with `.next` behind it

What these are: export.stateful.state. T is a hop's columns, those that are computed again included; L those of the
caches, which are the tensors of the state that have L in their shape: (heads, tokens L, size).

`python -m export.stateful.trace` makes the kept graphs, export/*-stateful.onnx, again.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import onnx
import torch
from onnxscript import opset18
from torch import Tensor
from torch.export import Dim

from export.bind import BARE_NETWORKS, STATEFUL, bare_path
from export.files import atomic_file
from export.graph import OPSET, described, strip
from export.simplify import simplify
from export.stateful.network import StatefulHTDemucs
from export.stateful.state import Hop, TracedState

GIVEN = ("mix", "spec", "positions", "slots", "mask", "blend")
OUT = ("spec_out", "wave_out")
MOST_T, MOST_L = 400, 4000  # columns
RECOMPUTE = 2  # columns, of the kept graphs: what lookahead and crossfade take (docs/notes/stateful.md)


class _Flat(StatefulHTDemucs):
    """The network with its state as arguments and results in a row."""

    names: tuple[str, ...] = ()

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:  # type: ignore[override]
        mix, spec, *memory = tensors[: len(GIVEN)]
        state = TracedState(dict(zip(self.names, tensors[len(GIVEN) :], strict=True)))
        spec_out, wave_out = super().forward(mix, spec, Hop(state, self.recompute, *memory))
        return spec_out, wave_out, *(state.left[name] for name in self.names)


def trace_stateful(kwargs: Mapping[str, Any], recompute: int) -> onnx.ModelProto:
    """The bare graph of the HTDemucs that these arguments make, with a state. Raises ValueError where it has none.

    recompute: columns of each hop that the next one computes again
    """
    columns, length = recompute + 8, 24
    given, state = StatefulHTDemucs(recompute, **kwargs).eval().first(columns, length)
    net = _Flat(recompute, **kwargs).eval()
    net.names = tuple(state)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            net, given + tuple(state.values()), dynamo=True, optimize=False, verbose=False,
            opset_version=OPSET, input_names=[*GIVEN, *state], output_names=[*OUT, *(f"{n}.next" for n in state)],
            dynamic_shapes=(_shapes(net, state, length),),
            custom_translation_table={torch.ops.demucs_stream.write.default: opset18.ScatterND})
    assert program is not None  # it is None only without dynamo
    model = program.model_proto
    simplify(model)
    return described(strip(model), kwargs, recompute=str(recompute))


def _shapes(net: StatefulHTDemucs, state: Mapping[str, Tensor], length: int) -> tuple[dict[int, Any], ...]:
    """The symbolic dimensions of everything that is taken."""
    columns, remembered = Dim("T", min=net.recompute + 1, max=MOST_T), Dim("L", min=8, max=MOST_L)
    given: tuple[dict[int, Any], ...] = (
        {2: net.hop_length * columns}, {3: columns}, {0: columns}, {0: columns}, {0: remembered}, {})
    caches = (name.endswith((".k", ".v")) for name in state)
    return given + tuple({1: value.shape[1] // length * remembered} if is_cache else {}
                         for value, is_cache in zip(state.values(), caches, strict=True))


def main() -> None:
    """Make the kept graphs again."""
    for name, kwargs in BARE_NETWORKS.items():
        path = bare_path(name, STATEFUL)
        with atomic_file(path) as file:
            file.write(trace_stateful(kwargs, RECOMPUTE).SerializeToString(deterministic=True))
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
