"""Text as editors save it."""

import codecs
from pathlib import Path

import pytest

from stream.common.text import read_text

SAVED = {
    "as it is": "mute = 'ü'\n".encode(), "Notepad's UTF-8": codecs.BOM_UTF8 + "mute = 'ü'\r\n".encode(),
    "PowerShell's": "mute = 'ü'\r\n".encode("utf-16"), "the other way round":
        codecs.BOM_UTF16_BE + "mute = 'ü'\r\n".encode("utf-16-be"),
    "32 bits": "mute = 'ü'\n".encode("utf-32"), "old Macs'": "mute = 'ü'\r".encode(),
}


@pytest.mark.parametrize("data", SAVED.values(), ids=SAVED.keys())
def test_whatever_the_editor_it_reads_the_same(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    assert read_text(tmp_path / "a") == "mute = 'ü'\n"


def test_what_is_no_text_says_where(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"# one\nmute = '\xfc'\n")
    with pytest.raises(ValueError, match="line 2 cannot be decoded as UTF-8; save it as UTF-8"):
        read_text(tmp_path / "a")
