import pytest

from tests.export.rig import sparse


@pytest.fixture(scope="session")
def weights():
    """Weights of the real shapes, zero but for every tensor's first value."""
    return sparse("htdemucs")
