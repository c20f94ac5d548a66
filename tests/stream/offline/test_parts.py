"""What is written: stems as they are, one against the rest, the four of a stem file."""

import numpy as np
import pytest

from stream.offline.parts import Part, ni, plain, two
from stream.offline.separation import Piece
from tests.rig.byhand import noise

FOUR = ("drums", "bass", "other", "vocals")
SIX = (*FOUR, "guitar", "piano")
STEMS = {name: noise(100 + i)[:100].T for i, name in enumerate(SIX)}
PIECE = Piece(sum(STEMS.values()) + np.float32(0.25), np.stack(list(STEMS.values())))
REST = sum(stem for name, stem in STEMS.items() if name != "vocals")


def named(parts: tuple[Part, ...]) -> dict[str, np.ndarray]:
    return {part.name: part.of(PIECE).T for part in parts}


def test_every_stem_is_itself() -> None:
    found = named(plain(SIX))
    assert list(found) == list(SIX)
    assert all(np.array_equal(found[name], STEMS[name]) for name in SIX)


def test_some_stems_are_those_in_the_models_order() -> None:
    assert list(named(plain(SIX, ("vocals", "bass")))) == ["bass", "vocals"]


@pytest.mark.parametrize(("method", "name", "wanted"), [
    ("add", "no_vocals", REST), ("minus", "minus_vocals", PIECE.mix - STEMS["vocals"])], ids=["add", "minus"])
def test_the_rest_is_demucs_own_by_name_and_value(method: str, name: str, wanted: np.ndarray) -> None:
    found = named(two(SIX, "vocals", method))
    assert list(found) == ["vocals", name]
    np.testing.assert_allclose(found[name], wanted, atol=1e-6)
    assert np.array_equal(found["vocals"], STEMS["vocals"])


def test_the_rest_may_be_left_out() -> None:
    assert list(named(two(SIX, "vocals", "none"))) == ["vocals"]


def test_a_stem_file_holds_the_mix_and_four_stems_that_sum_to_as_much_as_six() -> None:
    found = named(ni(SIX))
    assert list(found) == ["mix", *FOUR]
    assert np.array_equal(found["mix"], PIECE.mix)
    np.testing.assert_allclose(sum(found[name] for name in FOUR), PIECE.stems.sum(axis=0), atol=1e-5)
    assert np.array_equal(found["drums"], STEMS["drums"])


@pytest.mark.parametrize("make", [lambda: plain(FOUR, ("drum",)), lambda: two(FOUR, "drum", "add"),
                                  lambda: ni(("vocals", "other"))], ids=["plain", "two", "stem file"])
def test_a_stem_that_is_not_there_is_refused_with_those_that_are(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=r"this model has (drums, bass, other, vocals|vocals, other)"):
        make()
