"""Letters are keys, however they come; what a terminal sends for anything else is none."""

import pytest

from stream.control.typed import LONGEST, Typed

NONE = {
    "arrows": b"\x1b[A\x1b[B\x1b[C\x1b[D", "arrows, application": b"\x1bOA\x1bOB\x1bOC\x1bOD",
    "with shift and control": b"\x1b[1;2A\x1b[1;5D\x1b[1;6C", "F1 to F4": b"\x1bOP\x1bOQ\x1bOR\x1bOS",
    "F5 to F12": b"\x1b[15~\x1b[17~\x1b[24~", "F1 of the Linux console": b"\x1b[[A\x1b[[B",
    "F1 with alt": b"\x1b[1;3P\x1bO3P", "delete, home, end, pages": b"\x1b[3~\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[5~\x1b[6~",
    "shift-tab": b"\x1b[Z", "alt and letters": b"\x1bd\x1bv\x1bq\x1b1", "alt and an arrow": b"\x1b\x1b[A",
    "escape": b"\x1b", "escape twice": b"\x1b\x1b", "pasting": b"\x1b[200~quit dvbo 123\n\x1b[201~",
    "mouse, SGR": b"\x1b[<0;33;12M\x1b[<0;33;12m", "mouse, X10": b"\x1b[M !!", "focus": b"\x1b[I\x1b[O",
    "cursor's place": b"\x1b[24;80R", "device attributes": b"\x1b[?62;c", "colours": b"\x1b]11;rgb:0000/0000/0000\x07",
    "colours, ST": b"\x1b]11;rgb:dddd/0000/0000\x1b\\", "device control": b"\x1bP1$r0 q\x1b\\",
    "kitty": b"\x1b[100;5u\x1b[113;1:3u", "control letters": bytes(range(1, 27)), "NUL and delete": b"\0\x7f",
    "no UTF-8": b"\xff\xfe\x80", "half a character": b"\xc3",
}


@pytest.mark.parametrize("typed", NONE.values(), ids=NONE.keys())
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_what_is_no_letter_is_no_key_and_takes_none_with_it(typed: bytes, size: int) -> None:
    made, keys = Typed(), []
    for at in range(0, len(typed), size):
        keys += made.keys(typed[at : at + size])
    keys += made.keys(b"", later=True)
    assert keys == []
    assert made.keys(b"dV1") == ["d", "V", "1"]


@pytest.mark.parametrize("size", [1, 2, 1000])
def test_letters_between_sequences_are_keys(size: int) -> None:
    made, typed, keys = Typed(), "d\x1b[Av\x1b[3~ä1\x1bOPé€😀b".encode(), []
    for at in range(0, len(typed), size):
        keys += made.keys(typed[at : at + size])
    assert "".join(keys) == "dvä1é€😀b"


def test_a_sequence_without_end_does_not_take_all_that_follows() -> None:
    made = Typed()
    assert made.keys(b"\x1b]" + b"d" * 2 * LONGEST) == []
    assert made.keys(b"v") == ["v"]
