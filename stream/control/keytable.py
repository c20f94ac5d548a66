"""What keys mean: one table, for the keyboard of a terminal and for the mixer screen, and the help that is made of it.

[any-thread]
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

ACTS = {"q": "quit", "r": "record", "k": "keep", "l": "learn"}
DIGITS = "1234567890"

Command = tuple[str, str | int]  # its name, and of what or how many steps


@dataclass(frozen=True)
class Row:
    """Keys that do one thing to the chosen strip, or to the screen itself.

    keys: as textual names them, or the character that they type, with the steps that each goes
    shown, text: in the help
    """

    name: str
    keys: Mapping[str, int]
    shown: str
    text: str


ROWS = (
    Row("choose", {"up": -1, "down": 1}, "up, down", "choose a strip"),
    Row("nudge", {"left": -1, "right": 1}, "left, right", "change the chosen value; with shift: in fine steps"),
    Row("parameter", {"tab": 1}, "tab", "choose {choices}"),
    Row("mute chosen", {"space": 0}, "space", "mute the chosen strip; {cue}: cue it"),
    Row("pan", {"[": -1, "]": 1}, "[  ]", "pan"),
    Row("filter", {"<": -1, ">": 1}, "<  >", "filter"),
    Row("reset", {"0": 0}, "0", "reset the chosen value; backspace: the whole strip"),
    Row("reset strip", {"backspace": 0}, "", ""),
    Row("scene", {}, "1 to 9", "recall a scene; {store} before it: store one"),
    Row("help", {"?": 0}, "", ""),
    Row("clear", {"escape": 0}, "escape", "clear the clip marks, close this page"),
    Row("close", {"q": 0, "ctrl+c": 0, "ctrl+q": 0}, "q", "close the screen"),
)


def stem_keys(sources: Iterable[str]) -> dict[str, str]:
    """Key to stem: the first letter of its name that is still free and does nothing else."""
    return _letters(sources, ACTS)


def word_keys(stems: Mapping[str, str], words: Iterable[str]) -> dict[str, str]:
    """Key to word: the first letter of it that no stem and no other word has (q is for closing)."""
    return _letters(words, (*stems, "q"))


def _letters(names: Iterable[str], others: Iterable[str]) -> dict[str, str]:
    taken = dict.fromkeys(others, "")
    for name in names:
        key = next((letter for letter in name.lower() if letter.isalpha() and letter not in taken), "")
        if key:
            taken[key] = name
    return {key: name for key, name in taken.items() if name}


@dataclass(frozen=True)
class KeyTable:
    """Keys of one surface.

    stems, words: key to stem, and to what else is done      digits: those that recall scenes, in their order
    rows: what else there is; none where no strip is chosen
    """

    stems: Mapping[str, str]
    words: Mapping[str, str]
    digits: str = DIGITS
    rows: tuple[Row, ...] = field(default=())

    def meaning(self, key: str, character: str) -> Command | None:
        """The command of a key, or None. Scenes count from 0.

        key: as textual names it      character: that it types, or empty
        """
        if character in self.stems:
            return "mute", self.stems[character]
        if character.lower() in self.stems:
            return "solo", self.stems[character.lower()]
        if character in self.words:
            return "word", self.words[character]
        if character and character in self.digits:
            return "scene", self.digits.index(character)
        found = ((row.name, row.keys[name]) for row in self.rows for name in (key, character) if name in row.keys)
        return next(found, None)

    def line(self, acts: Iterable[str]) -> str:
        """The help in one line; acts: those that are offered."""
        stems = " ".join(f"{key}={stem}" for key, stem in self.stems.items())
        offered = {*acts}
        return f"{stems}, shift solos, " + ", ".join(
            f"{key} {word}s" for key, word in self.words.items() if word in offered)

    def page(self, choices: str) -> list[tuple[str, str]]:
        """The help in rows: keys, and what they do; choices: the parameters that can be chosen."""
        keys = {word: key for key, word in self.words.items()}
        named = {"choices": choices, "cue": keys.get("cue", ""), "store": keys.get("store", "")}
        page = [(" ".join(self.stems), "mute a stem; with shift: solo it")]
        for row in self.rows:
            if row.shown:
                page.append((row.shown, row.text.format(**named)))
            if row.name == "scene":
                page += [(key, word) for key, word in self.words.items() if word not in ("cue", "store")]
        return page
