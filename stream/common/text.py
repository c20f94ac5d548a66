"""Text files as editors leave them."""

import codecs
from pathlib import Path

# NB: UTF-32's mark begins with UTF-16's
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_text(path: Path) -> str:
    """A file's text: UTF-8, or what its byte-order mark says, with lines that end as ours do.

    Raises OSError, and ValueError for what is no such text.
    """
    data = path.read_bytes()
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        name = encoding.removesuffix("-sig").upper()
        raise ValueError(f"line {line} cannot be decoded as {name}; save it as UTF-8") from error
    if not text and data and encoding != "utf-8-sig":
        raise ValueError("there is nothing to decode after its byte-order mark; save it as UTF-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")
