import numpy as np
import pytest
import soundfile

from export.bind import bind
from tests.shared import shared

pytest.importorskip("torch", reason="needs the export extra")
parity = pytest.importorskip("export.parity", reason="needs the export extra")
pytestmark = [pytest.mark.torch, pytest.mark.weights]


@pytest.fixture(scope="module")
def bound(tmp_path_factory):
    weights = shared("models/htdemucs.safetensors")
    return weights, bind(weights, tmp_path_factory.mktemp("bound") / "model.onnx")


@pytest.fixture(scope="module")
def mix():
    stems = [soundfile.read(stem, dtype="float32")[0] for stem in sorted(shared("audio/lithium").glob("*.flac"))]
    return np.ascontiguousarray(np.sum(stems, axis=0).T[:, 15 * 44100 : 23 * 44100])


@pytest.mark.parametrize("columns", [336, 172, 88, 44])
def test_the_bound_model_says_what_demucs_says(bound, mix, columns):
    found = parity.parity(*bound, mix, columns)
    assert found.spec_error <= 1e-4
    assert found.wave_error <= 1e-4
    assert min(found.sdr_db) >= 60
