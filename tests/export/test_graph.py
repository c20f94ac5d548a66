import onnx
import pytest

torch = pytest.importorskip("torch", reason="needs the export extra")
pytest.importorskip("demucs", reason="needs the export extra")
from export import graph  # noqa: E402
from export.bind import BARE_NETWORKS, bare_path  # noqa: E402
from tests.export.traced import SMALL_NETWORK, traced  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("name", BARE_NETWORKS)
def test_initializers_are_the_state_dict(name):
    with torch.device("meta"):
        wanted = {key: tuple(value.shape) for key, value in graph.Core(**BARE_NETWORKS[name]).state_dict().items()}
    assert {weight.name: tuple(weight.dims) for weight in onnx.load(bare_path(name)).graph.initializer} == wanted


@pytest.mark.parametrize(("kwargs", "free"), [
    (SMALL_NETWORK, True), (SMALL_NETWORK | {"depth": 5, "bottom_channels": 0, "sources": list("abcdef")}, False)],
    ids=["as published but small", "branches that meet"])
def test_another_network_can_be_traced_and_says_whether_its_wave_branch_takes_any_length(kwargs, free):
    bare, stems = traced(kwargs), len(kwargs["sources"])
    shapes = [[dim.dim_param or dim.dim_value for dim in v.type.tensor_type.shape.dim] for v in bare.graph.output]
    assert shapes == [[1, stems, 4, 2048, "T"], [1, stems, 2, "N"]]
    assert [prop.value for prop in bare.metadata_props if prop.key == "frames"] == ["any"] * free
