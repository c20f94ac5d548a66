"""Text files as editors leave them."""

import codecs
from pathlib import Path

# NB: UTF-32's mark begins with UTF-16's
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_text(path: Path) -> str:
    """A file's text: UTF-8, or what its byte-order mark says, with lines that end as ours do. [any-thread]

    Raises OSError, and ValueError for what is no such text.
    """
    data = path.read_bytes()
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ValueError(f"line {line} is no {encoding.removesuffix('-sig').upper()} text; save it as UTF-8") from error
