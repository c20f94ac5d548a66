"""What a model file says of itself is read without opening it, and what is no model says nothing."""

from pathlib import Path

import pytest

from stream.separators.networks.network import Network
from stream.separators.networks.onnxmetadata import named_sources, onnx_metadata
from tests.rig.models import model

META = {"sources": '["kick", "bass", "rest", "voice"]', "segment": "180001", "frames": "any"}


def test_it_is_what_the_opened_file_says(tmp_path: Path) -> None:
    path = model(tmp_path / "toy.onnx", META)
    assert onnx_metadata(path) == META
    assert named_sources(path) == Network(path, 32, 1, "cpu").sources == ("kick", "bass", "rest", "voice")


@pytest.mark.parametrize("content", [b"", b"\x72", b"\x72\xff\xff\xff\x7f", b"\xff" * 40, b"Dear diary", None], ids=str)
def test_a_file_that_says_nothing_names_nothing(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "toy.onnx"
    if content is None:
        model(path, {"segment": "180001"})
    else:
        path.write_bytes(content)
    assert named_sources(path) == ()
    assert named_sources(tmp_path / "missing.onnx") == ()
    assert named_sources(path.rename(tmp_path / "toy.ort")) == ()
