import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the export extra")
demucs = pytest.importorskip("demucs.demucs", reason="needs the export extra")
hdemucs = pytest.importorskip("demucs.hdemucs", reason="needs the export extra")
transformer = pytest.importorskip("demucs.transformer", reason="needs the export extra")
from export.traceable import traceable  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("length", [1, 16, 64, 1344])
def test_wave_positions_are_those_of_demucs(length):
    wanted = transformer.create_sin_embedding(length, 512)
    with traceable():
        found = transformer.create_sin_embedding(length, 512, shift=0, device="cpu", max_period=10000.0)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("width", [1, 16, 336])
def test_spectrogram_positions_are_those_of_demucs(width):
    wanted = transformer.create_2d_sin_embedding(512, 8, width)
    with traceable():
        found = transformer.create_2d_sin_embedding(512, 8, width, "cpu", 10000.0)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("shape", [(1, 6, 5000), (512, 48, 16), (1, 8, 3, 7)], ids=str)
@pytest.mark.parametrize("offset", [0.0, 30.0], ids=["centred", "off centre"])
def test_norms_are_those_of_torch(shape, offset):
    torch.manual_seed(0)
    norm = torch.nn.GroupNorm(1, shape[1])
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    x = torch.randn(shape) + offset
    wanted = norm(x).detach()
    with traceable(), torch.no_grad():
        found = norm(x)
    np.testing.assert_allclose(found, wanted, atol=2e-6 * (1 + offset**2))


@pytest.mark.parametrize("length", [1, 16, 1344])
def test_norms_after_a_transformer_layer_are_those_of_demucs(length):
    torch.manual_seed(0)
    norm = transformer.MyGroupNorm(1, 32)
    torch.nn.init.normal_(norm.weight)
    torch.nn.init.normal_(norm.bias)
    x = torch.randn(1, length, 32) * 3 + 1
    wanted = norm(x).detach()
    with traceable(), torch.no_grad():
        found = norm(x)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("own", [True, False], ids=["self attention", "cross attention"])
def test_projections_are_those_of_torch(own):
    torch.manual_seed(0)
    attention = torch.nn.MultiheadAttention(32, 4).eval()
    q = torch.randn(10, 1, 32)
    kv = q if own else torch.randn(7, 1, 32)
    with torch.no_grad():
        wanted = attention(q, kv, kv, need_weights=False)[0]
        with traceable():
            found = attention(q, kv, kv, need_weights=False)[0]
    np.testing.assert_allclose(found, wanted, atol=1e-6)


@pytest.mark.parametrize("shape", [(1, 48, 2000), (40, 48, 16), (3, 384, 20)], ids=str)
@pytest.mark.parametrize("scale", [1e-3, 1.0, 100.0])
def test_residual_branches_are_those_of_demucs(shape, scale):
    torch.manual_seed(0)
    dconv = demucs.DConv(shape[1], compress=8, init=1.0).eval()
    for parameter in dconv.parameters():
        torch.nn.init.normal_(parameter, 0.2, 0.4)
    x = torch.randn(shape) * scale + scale
    with torch.no_grad():
        wanted = dconv(x)
        with traceable():
            found = dconv(x)
    np.testing.assert_allclose(found, wanted, atol=3e-5 * float(wanted.abs().max()))


@pytest.mark.parametrize("length", [8, 9, 1021, 1022, 1023, 1024])
@pytest.mark.parametrize(("kernel_size", "stride"), [(8, 4), (4, 2), (8, 2), (6, 4)], ids=str)
def test_a_layer_of_the_wave_branch_is_demucs_own_at_any_length(length, kernel_size, stride):
    torch.manual_seed(0)
    layer = hdemucs.HEncLayer(2, 16, kernel_size, stride, freq=False, norm=False, dconv_kw={"init": 1.0}).eval()
    x = torch.randn(1, 2, length)
    with torch.no_grad():
        wanted = layer(x)
        with traceable(["length"]):
            np.testing.assert_array_equal(layer(x), wanted)


def test_a_branch_with_layers_of_another_kind_is_demucs_own():
    torch.manual_seed(0)
    dconv = demucs.DConv(16, compress=4, norm=False).eval()
    x = torch.randn(2, 16, 30)
    with torch.no_grad():
        wanted = dconv(x)
        with traceable():
            np.testing.assert_array_equal(dconv(x), wanted)
