import numpy as np
import pytest

from export.bind import wanted_shapes
from export.weights import PUBLISHED, Weights


@pytest.fixture(scope="session")
def weights():
    """Weights of the real shapes, zero but for every tensor's first value."""
    rng = np.random.default_rng(3)
    tensors = {name: np.zeros(shape, np.float16) for name, shape in wanted_shapes().items()}
    for tensor in tensors.values():
        tensor.flat[0] = rng.normal()
    return Weights(tensors, PUBLISHED)
