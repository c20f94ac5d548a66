import onnx
import pytest

torch = pytest.importorskip("torch", reason="needs the export extra")
pytest.importorskip("demucs", reason="needs the export extra")
from export import graph  # noqa: E402
from export.bind import BARE_NETWORKS, bare_path  # noqa: E402
from export.weights import PUBLISHED  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("name", BARE_NETWORKS)
def test_initializers_are_the_state_dict(name):
    with torch.device("meta"):
        wanted = {key: tuple(value.shape) for key, value in graph.Core(**BARE_NETWORKS[name]).state_dict().items()}
    assert {weight.name: tuple(weight.dims) for weight in onnx.load(bare_path(name)).graph.initializer} == wanted


@pytest.mark.parametrize(("more", "free"), [({}, True), ({"depth": 5}, False)],
                         ids=["as published but small", "branches that meet"])
def test_another_network_can_be_traced_and_says_whether_its_wave_branch_takes_any_length(more, free):
    small = {"channels": 8, "t_layers": 1, "t_heads": 2, "bottom_channels": 0, **more}
    bare = graph.trace(PUBLISHED | small | {"sources": list("abcdef")})
    shapes = [[dim.dim_param or dim.dim_value for dim in v.type.tensor_type.shape.dim] for v in bare.graph.output]
    assert shapes == [[1, 6, 4, 2048, "T"], [1, 6, 2, "N"]]
    assert [prop.value for prop in bare.metadata_props if prop.key == "frames"] == ["any"] * free
