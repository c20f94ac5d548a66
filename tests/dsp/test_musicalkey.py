from itertools import product

import pytest

from dsp.musicalkey import APART, DIAGONAL, LIFT, NEIGHBOUR, RELATIVE, SAME, MusicalKey, distance

# the wheel as it is printed: the minor and the major key of each number
WHEEL = ("Abm B", "Ebm F#", "Bbm Db", "Fm Ab", "Cm Eb", "Gm Bb", "Dm F", "Am C", "Em G", "Bm D", "F#m A", "Dbm E")


@pytest.mark.parametrize(("number", "names"), list(enumerate(WHEEL, 1)))
def test_the_camelot_wheel(number: int, names: str) -> None:
    for letter, name in zip("AB", names.split(), strict=True):
        key = MusicalKey.parse(name)
        assert key is not None
        assert (key.camelot, key.name) == (f"{number}{letter}", name)
        assert MusicalKey.parse(f"{number}{letter}") == MusicalKey.parse(f"{number:02}{letter.lower()}") == key


@pytest.mark.parametrize(("text", "name"), [
    ("A minor", "Am"), ("am", "Am"), ("a", "Am"), ("A", "A"), ("F# major", "F#"), ("Gbmaj", "F#"), ("Cbm", "Bm"),
    ("B♭m", "Bbm"), ("H", None), ("", None), ("13A", None), ("0A", None), ("1d", "C"), ("1m", "Am"), ("12m", "Dm"),
    ("8A - 124", None), ("o", None)])
def test_keys_as_programs_write_them(text: str, name: str | None) -> None:
    key = MusicalKey.parse(text)
    assert (key.name if key else None) == name


@pytest.mark.parametrize(("other", "how"), [
    ("Am", SAME), ("C", RELATIVE), ("Em", NEIGHBOUR), ("Dm", NEIGHBOUR), ("G", DIAGONAL), ("F", DIAGONAL), ("Bm", LIFT),
    ("Gm", LIFT), ("Bbm", LIFT), ("Abm", LIFT), ("Ebm", APART), ("A", APART), ("Cm", APART)])
def test_what_goes_with_a_minor(other: str, how: int) -> None:
    one, key = MusicalKey.parse("Am"), MusicalKey.parse(other)
    assert one is not None
    assert key is not None
    assert distance(one, key) == how


def test_going_together_is_mutual() -> None:
    keys = [MusicalKey(tonic, minor) for tonic in range(12) for minor in (False, True)]
    assert all(distance(one, other) == distance(other, one) for one, other in product(keys, keys))


def test_there_are_twelve_tonics() -> None:
    with pytest.raises(ValueError, match="tonic must be 0 to 11, not 12"):
        MusicalKey(12)
