import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the export extra")
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
