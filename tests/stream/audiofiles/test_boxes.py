"""MP4 boxes: found wherever they lie, and added without moving what comes before."""

import io
import struct
from pathlib import Path

import pytest

from stream.audiofiles.boxes import add_user_data, box, boxes, find
from stream.common.errors import Failure


def large(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4sQ", 1, kind, 16 + len(content)) + content


def kinds(data: bytes) -> list[bytes]:
    return [found.kind for found in boxes(io.BytesIO(data), 0, len(data))]


def test_boxes_of_every_size_are_found() -> None:
    data = box(b"ftyp", b"M4A ") + large(b"mdat", b"x" * 100) + box(b"free", b"")
    data += struct.pack(">I4s", 0, b"moov") + b"to the end"
    assert kinds(data) == [b"ftyp", b"mdat", b"free", b"moov"]


@pytest.mark.parametrize("data", [
    b"abc", struct.pack(">I4s", 4, b"moov"), struct.pack(">I4s", 100, b"moov") + b"short"],
    ids=["no header", "too small", "too large"])
def test_what_is_no_box_is_refused(data: bytes) -> None:
    with pytest.raises(Failure, match="box"):
        kinds(data)


@pytest.mark.parametrize("inside", [
    b"", box(b"mvhd", b"1"), box(b"mvhd", b"1") + box(b"udta", box(b"meta", b"tags")),
    box(b"udta", box(b"meta", b"tags")) + box(b"trak", box(b"tkhd", b"2"))],
    ids=["empty", "no udta", "udta last", "udta first"])
def test_user_data_is_added_and_nothing_before_is_moved(tmp_path: Path, inside: bytes) -> None:
    before, path = box(b"ftyp", b"M4A ") + large(b"mdat", b"x" * 1000), tmp_path / "a.mp4"
    path.write_bytes(before + box(b"moov", inside))
    add_user_data(path, box(b"stem", b"{}"))
    data = path.read_bytes()
    file = io.BytesIO(data)
    assert data.startswith(before)
    assert kinds(data) == [b"ftyp", b"mdat", b"moov"]
    found = find(file, [b"moov", b"udta", b"stem"], 0, len(data))
    assert found is not None
    assert data[found.content : found.end] == b"{}"
    for kind, content in ((b"mvhd", b"1"), (b"trak", box(b"tkhd", b"2")), (b"udta", box(b"meta", b"tags"))):
        if box(kind, content) in inside:
            kept = find(file, [b"moov", kind], 0, len(data))
            assert kept is not None
            assert data[kept.content : kept.end].startswith(content)


@pytest.mark.parametrize("content", [box(b"ftyp", b""), box(b"moov", b"") + box(b"mdat", b"x")],
                         ids=["no moov", "moov first"])
def test_a_file_with_no_moov_at_its_end_is_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(Failure, match="no moov box at its end"):
        add_user_data(tmp_path / "a.mp4", box(b"stem", b""))
    assert (tmp_path / "a.mp4").read_bytes() == content
