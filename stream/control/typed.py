"""What a terminal sends as keys: letters are keys; sequences for arrows, function keys, a mouse or pasting are none."""

import re

ESCAPE = "\x1b"
# ECMA-48, as xterm uses it: CSI with parameters and a final letter (X10's mouse has three more), SS3 and a letter, or
# a string that ends with ST or BEL; else Alt and a key
_SEQUENCE = re.compile(
    r"\x1b+(?:\[M[\s\S]{3}|\[\[[A-E]|\[(?!M)[0-?]*[ -/]*[@-Z\\-~]|O[0-9;]*[@-~ ]|[PX\]^_][\s\S]*?(?:\x07|\x1b\\)"
    r"|[^\[OPX\]^_\x1b])")
_PASTE, _PASTED = "\x1b[200~", "\x1b[201~"
LONGEST = 4096  # of a sequence, whose end never came


class Typed:
    """Keys out of what is typed, however it is cut into pieces."""

    def __init__(self) -> None:
        """Nothing was typed. [main-thread]"""
        self._rest = b""
        self._pasting = False

    def keys(self, typed: bytes, later: bool = False) -> list[str]:
        """The keys that are whole: printable characters.

        later: nothing more has come for a while: Escape was a key of its own
        [keys-thread]
        """
        data = self._rest + typed
        text = data.decode(errors="ignore")
        self._rest = b""
        found: list[str] = []
        while text:
            if self._pasting:
                pasted, ended, text = text.partition(_PASTED)
                self._pasting = not ended
                if not ended:  # its mark may have begun
                    self._rest = pasted[1 - len(_PASTED) :].encode()
            elif not text.startswith(ESCAPE):
                plain, escape, rest = text.partition(ESCAPE)
                found += [key for key in plain if key.isprintable()]
                text = escape + rest
            elif sequence := _SEQUENCE.match(text):
                self._pasting = sequence[0] == _PASTE
                text = text[sequence.end() :]
            else:
                self._rest = b"" if later or len(text) > LONGEST else text.encode()
                break
        if not later:
            self._rest += _cut(data)
        return found


def _cut(data: bytes) -> bytes:
    """The beginning of a character at the end, whose other bytes are still to come."""
    for length in range(1, min(4, len(data) + 1)):
        byte = data[-length]
        if byte >= 0xC0:
            return data[-length:] if length < (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4) else b""
        if byte < 0x80:
            break
    return b""
