"""Trace HTDemucs, STFT and iSTFT left outside, into a bare graph: the network without its weights.

`python -m export.graph` makes the kept graphs, export/htdemucs.onnx and export/htdemucs_6s.onnx, again.
"""

import inspect
import json
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import onnx
import torch
from demucs.htdemucs import HTDemucs
from torch import Tensor
from torch.export import Dim

from export.bind import BARE_NETWORKS, bare_path
from export.files import atomic_file
from export.simplify import simplify
from export.traceable import FORMS, any_length, traceable
from export.weights import encoded

OPSET = 18
T_MIN, T_MAX = 16, 400  # columns
EXAMPLE, SHORT = 32, 84  # columns of the window that is traced, frames that its last column lacks


class _Nothing:
    """What the iSTFT left outside adds to the wave branch."""

    def __radd__(self, wave: Tensor) -> Tensor:
        return wave


class Core(HTDemucs):
    """The published network, with its spectrogram handed in and its two branches handed out apart.

    It runs demucs' own forward: only the hooks around the transforms are ours.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.use_train_segment = False  # any length, not the trained one
        if not self.cac:
            raise ValueError("only networks with complex as channels (cac=True) can be traced")

    def forward(self, mix: Tensor, spec: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        """Both branches of the network.

        mix: float32 (1, channels, N), N in the last of T columns; spec: float32 (1, 2 channels, 2048, T)
        returns spec_out: float32 (1, stems, 2 channels, 2048, T), wave_out: float32 (1, stems, channels, N)
        """
        self._given = spec
        wave_out: Tensor = super().forward(mix)  # type: ignore[no-untyped-call]
        return self._made, wave_out

    def _spec(self, x: Tensor) -> Tensor:  # noqa: ARG002
        return self._given

    def _magnitude(self, z: Tensor) -> Tensor:
        return z

    def _mask(self, z: Tensor, m: Tensor) -> Tensor:  # noqa: ARG002
        self._made = m
        return m

    def _ispec(self, z: Tensor, length: int | None = None, scale: int = 0) -> _Nothing:  # noqa: ARG002
        return _Nothing()


def trace(kwargs: Mapping[str, Any], forms: Iterable[str] = FORMS) -> onnx.ModelProto:
    """The bare graph of the HTDemucs that these arguments make: names and shapes of its weights, none of their values.

    mix (1, channels, N), spec (1, 2 channels, 2048, T) -> spec_out, wave_out; both sizes symbolic. N is free, and the
    graph says so, where every layer of the wave branch takes any length; in other networks it is 1024 T.
    forms: of export.traceable; fewer of them than all only to measure what they save
    """
    core = Core(**kwargs).eval()
    free = all(map(any_length, core.tencoder))
    channels, bins, fft_hop = core.audio_channels, core.nfft // 2, core.hop_length
    columns = Dim("T", min=T_MIN, max=T_MAX)
    frames = Dim("N", min=1, max=fft_hop * T_MAX) if free else fft_hop * columns
    example = (torch.zeros(1, channels, fft_hop * EXAMPLE - SHORT * free), torch.zeros(1, 2 * channels, bins, EXAMPLE))
    with traceable(forms), warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            core,
            example,
            dynamo=True,
            optimize=False,
            verbose=False,
            opset_version=OPSET,
            input_names=["mix", "spec"],
            output_names=["spec_out", "wave_out"],
            dynamic_shapes=({2: frames}, {3: columns}),
        )
    assert program is not None  # it is None only without dynamo
    model = program.model_proto
    simplify(model)
    return described(strip(model), kwargs, **({"frames": "any"} if free else {}))


def described(bare: onnx.ModelProto, kwargs: Mapping[str, Any], **more: str) -> onnx.ModelProto:
    """The graph with its network's arguments, and what else there is to say, written into it."""
    onnx.helper.set_model_props(bare, {"kwargs": _json(settings(kwargs)), **more})
    return bare


def strip(model: onnx.ModelProto) -> onnx.ModelProto:
    """Take everything out of a traced model that is not the computation: the weights' values and all notes."""
    bare = onnx.ModelProto(ir_version=model.ir_version, producer_name="demucs-stream")
    bare.opset_import.extend(model.opset_import)
    graph = bare.graph
    graph.name = "htdemucs"
    graph.node.extend(model.graph.node)
    for value in (*model.graph.input, *model.graph.output):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param.endswith("*T"):
                dim.dim_param = "N"
            elif "//" in dim.dim_param:  # what torch makes of a view's -1: wave_out has as many channels as mix
                dim.dim_value = model.graph.input[0].type.tensor_type.shape.dim[1].dim_value
    graph.input.extend(model.graph.input)
    graph.output.extend(model.graph.output)
    for weight in sorted(model.graph.initializer, key=lambda weight: weight.name):
        graph.initializer.add(name=weight.name, dims=weight.dims, data_type=weight.data_type)
    for noted in (*graph.node, *graph.input, *graph.output):
        noted.ClearField("metadata_props")
        noted.ClearField("doc_string")
    return bare


def settings(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Every argument of the network, those that `kwargs` leaves to demucs' defaults included."""
    parameters = inspect.signature(HTDemucs.__init__).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty} | dict(kwargs)


def _json(value: Any) -> str:
    return json.dumps(value, default=encoded, sort_keys=True)


def main() -> None:
    """Make the kept graphs again."""
    for name, kwargs in BARE_NETWORKS.items():
        path = bare_path(name)
        with atomic_file(path) as file:
            file.write(trace(kwargs).SerializeToString(deterministic=True))
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
