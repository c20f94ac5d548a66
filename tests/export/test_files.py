import pytest

from export.files import atomic_file
from export.staging import staging
from stream.common.claim import Taken


def test_an_interrupted_file_is_not_there_and_the_old_one_stays(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def interrupted():
        with atomic_file(path) as file:
            file.write(b"new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_whole_file_replaces_the_old_one(tmp_path):
    path = tmp_path / "folder" / "file"
    for content in (b"old", b"new"):
        with atomic_file(path) as file:
            file.write(content)
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_is_one_processs_while_it_makes_models_there(tmp_path):
    left = tmp_path / "to" / ".export-killed"
    left.mkdir(parents=True)
    with staging(tmp_path / "to") as folder:
        (folder / "a.onnx").write_bytes(b"half")
        assert not left.exists()
        with pytest.raises(Taken, match="to cannot be written: it is being written already"), staging(tmp_path / "to"):
            pass
        assert (folder / "a.onnx").exists()
    assert list(tmp_path.iterdir()) == [tmp_path / "to"]
    assert list((tmp_path / "to").iterdir()) == []
