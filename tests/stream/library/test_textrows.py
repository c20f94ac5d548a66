"""Words are found in the texts that have them, and in no two of them together."""

import numpy as np
import pytest

from stream.library.textrows import TextRows

TEXTS = ["", "abc", "a bc\nd", "dabcd abcd", "aab", "é\udcf6x", "c", "aaaa", "長い名"]


@pytest.mark.parametrize("word", ["a", "ab", "abc", "abcd", "bcd", "dabcd", "aaa", "aaaa", "aaaaa", "cd", "da", "é",
                                  "\udcf6x", "長", "い名", "x", "zzz", "a" * 500])
def test_a_word_is_in_the_texts_that_have_it(word: str) -> None:
    assert TextRows(TEXTS).having(word).tolist() == [word in text for text in TEXTS]


@pytest.mark.parametrize("seed", range(20))
def test_words_are_found_as_python_finds_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    texts = ["".join(rng.choice([*"abé \n"], rng.integers(0, 12))) for _ in range(rng.integers(0, 60))]
    rows = TextRows(texts)
    for _ in range(30):
        word = "".join(rng.choice([*"abé"], rng.integers(1, 6)))
        assert rows.having(word).tolist() == [word in text for text in texts]
