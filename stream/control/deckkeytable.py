"""The keys of decks: one table, for the keyboard of a terminal and for the screen, and the help that is made of it.

Most act on the deck that is chosen. A key that only begins (`M`, `S` ...) is followed by another one.
[any-thread]
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stream.control.deckmoves import Either, Flip, Move, NextWord, PlayerAct, Step
from stream.mixer.deckstrip import HOT_CUES
from stream.mixer.masterstrip import MASTER

DIGITS = "1234567890"  # of scenes, in their order
MASTER_KEY, SCENE_KEY, STORE_KEY, CUE_KEY, SWAP_KEY, DELETE_KEY, GRID_KEY = "M", "S", "s", "Q", "w", "C", "G"
STEM_KEY, QUIT_KEY = "A", "q"
ESCAPE = ("\x1b", "escape")  # as terminals and screens say it


@dataclass(frozen=True)
class DeckKeyRow:
    """Keys of one kind.

    moves: by key      shown: the keys, in the help      text: what they do      strip: empty is the chosen player's
    """

    shown: str
    text: str
    moves: Mapping[str, Move] = field(default_factory=dict)
    strip: str = ""


def _texts(rows: Iterable[DeckKeyRow]) -> str:
    return ", ".join(f"{row.shown} {row.text}" for row in rows)


_CUES = HOT_CUES + 1
ROWS = (
    DeckKeyRow("space", "plays", {" ": Flip("play")}),
    DeckKeyRow("c", "cues", {"c": Flip("cue")}),
    DeckKeyRow("1 to 8", "hot cues", {str(number): Flip(f"hotcue/{number}") for number in range(1, _CUES)}),
    DeckKeyRow(", .", "jump", {",": PlayerAct("jump_back"), ".": PlayerAct("jump_on")}),
    DeckKeyRow("_ +", "halve, double the size of jumps", {"_": PlayerAct("halve_jump"), "+": PlayerAct("double_jump")}),
    DeckKeyRow("h j", "jump a beat", {"h": PlayerAct("beat_jump", (-1,)), "j": PlayerAct("beat_jump", (1,))}),
    DeckKeyRow("H J", "32", {"H": PlayerAct("beat_jump", (-32,)), "J": PlayerAct("beat_jump", (32,))}),
    DeckKeyRow("u U", "seek 10 s", {"u": PlayerAct("skip", (-10,)), "U": PlayerAct("skip", (10,))}),
    DeckKeyRow("l", "loops 4 beats", {"l": PlayerAct("auto_loop", (4,))}),
    DeckKeyRow("- =", "halve, double it", {"-": PlayerAct("halve_loop"), "=": PlayerAct("double_loop")}),
    DeckKeyRow("( )", "move it", {"(": PlayerAct("move_loop", (-1,)), ")": PlayerAct("move_loop", (1,))}),
    DeckKeyRow("x", "leaves it", {"x": PlayerAct("leave_loop")}),
    DeckKeyRow("X", "enters it again", {"X": PlayerAct("reloop")}),
    DeckKeyRow("[ ]", "loop in, out", {"[": PlayerAct("loop_in"), "]": PlayerAct("loop_out")}),
    DeckKeyRow("{ }", "tempo", {"{": Step("tempo", -0.01), "}": Step("tempo", 0.01)}),
    DeckKeyRow("0", "own tempo", {"0": Either("tempo", 0.0)}),
    DeckKeyRow("R", "tempo range", {"R": PlayerAct("next_tempo_range")}),
    DeckKeyRow("; '", "bend", {";": Either("bend", -0.02), "'": Either("bend", 0.02)}),
    DeckKeyRow("k", "key lock", {"k": Flip("key_lock")}),
    DeckKeyRow("s", "slip", {"s": Flip("slip")}),
    DeckKeyRow("g", "quantize", {"g": Flip("quantize")}),
    DeckKeyRow("&", "sync", {"&": Flip("sync")}),
    DeckKeyRow("^", "leads", {"^": PlayerAct("lead")}),
    DeckKeyRow("!", "taps the beat", {"!": PlayerAct("grid_tap")}),
    DeckKeyRow("r", "reverses", {"r": Flip("reverse")}),
    DeckKeyRow("e", "censors", {"e": Flip("censor")}),
    DeckKeyRow("z", "brakes", {"z": PlayerAct("brake")}),
    DeckKeyRow("n", "next song", {"n": PlayerAct("next_song")}),
    DeckKeyRow("E", "ejects", {"E": PlayerAct("eject")}),
    DeckKeyRow("f F", "fader", {"f": Step("gain", -1), "F": Step("gain", 1)}),
    DeckKeyRow("t T", "trim", {"t": Step("trim", -1), "T": Step("trim", 1)}),
    DeckKeyRow("i m a", "kill low, mid, high", {"i": Either("low"), "m": Either("mid"), "a": Either("high")}),
    DeckKeyRow(': "', "filter", {":": Step("filter", -0.05), '"': Step("filter", 0.05)}),
    DeckKeyRow("#", "cue bus", {"#": Flip("pfl")}),
    DeckKeyRow("Y", "side", {"Y": NextWord("side")}),
    DeckKeyRow("< >", "crossfade", {"<": Step("crossfader", -0.1), ">": Step("crossfader", 0.1)}, MASTER),
    DeckKeyRow("y", "curve", {"y": NextWord("curve")}, MASTER))
# behind `M`, as many as one likes
MASTER_ROWS = (
    DeckKeyRow("f F", "level", {"f": Step("level", -1), "F": Step("level", 1)}, MASTER),
    DeckKeyRow("b B", "booth", {"b": Step("booth", -1), "B": Step("booth", 1)}, MASTER),
    DeckKeyRow("c C", "cue mix", {"c": Step("cue_mix", -0.1), "C": Step("cue_mix", 0.1)}, MASTER),
    DeckKeyRow("s", "split", {"s": Flip("split")}, MASTER),
    DeckKeyRow("h", "hamster", {"h": Flip("hamster")}, MASTER))
# behind `A` and a stem's key, as many as one likes
STEM_ROWS = (
    DeckKeyRow("f F", "fader", {"f": Step("gain", -1), "F": Step("gain", 1)}),
    DeckKeyRow("[ ]", "pan", {"[": Step("pan", -0.1), "]": Step("pan", 0.1)}),
    DeckKeyRow("i m a", "low, mid, high down", {"i": Either("low"), "m": Either("mid"), "a": Either("high")}),
    DeckKeyRow(': "', "filter", {":": Step("filter", -0.05), '"': Step("filter", 0.05)}),
    DeckKeyRow("x", "past its effects", {"x": Flip("insert")}))
DELETE_ROWS = (DeckKeyRow("1 to 8", "", {
    str(number): PlayerAct("hot_cue_delete", (number,)) for number in range(1, _CUES)}),)
# behind `G`
GRID_ROWS = (
    DeckKeyRow("= - 3 4", "take 2, 1/2, 3/4, 4/3 of its tempo", {
        "=": PlayerAct("grid_double"), "-": PlayerAct("grid_halve"), "3": PlayerAct("grid_three_quarters"),
        "4": PlayerAct("grid_four_thirds")}),
    DeckKeyRow(", . < >", "move it 10 or 1 ms", {
        ",": PlayerAct("grid_move", (-10,)), ".": PlayerAct("grid_move", (10,)), "<": PlayerAct("grid_move", (-1,)),
        ">": PlayerAct("grid_move", (1,))}),
    DeckKeyRow("h", "puts a beat here", {"h": PlayerAct("grid_here")}),
    DeckKeyRow("d", "a downbeat", {"d": PlayerAct("grid_downbeat")}),
    DeckKeyRow("0", "is what was found", {"0": PlayerAct("grid_reset")}))
# what begins with another key, and what has no deck
MORE = (
    DeckKeyRow("C and 1 to 8", "deletes a hot cue"),
    DeckKeyRow("Q and a stem", "puts it on the cue bus"),
    DeckKeyRow("A and a stem", "is that stem's: " + _texts(STEM_ROWS)),
    DeckKeyRow("w and a stem", "swaps it with the other deck"),
    DeckKeyRow("S and a digit", "recalls a scene"),
    DeckKeyRow("S s and a digit", "stores one"),
    DeckKeyRow("G and a key", "sets the grid: " + _texts(GRID_ROWS)),
    DeckKeyRow("M and a key", "is the master's: " + _texts(MASTER_ROWS)),
    DeckKeyRow("/", "other deck"),
    DeckKeyRow("?", "all keys"))
ACTS = {"*": "record", "K": "keep", "L": "learn", QUIT_KEY: "quit"}  # as far as they are offered
OF_STEM = f"{_texts(STEM_ROWS)}; escape ends it"
# keys that wait for another one, and what that does
WAITING: Mapping[str, str] = {
    MASTER_KEY: f"master: {_texts(MASTER_ROWS)}; escape ends it",
    SCENE_KEY: "a digit recalls a scene; s and a digit stores one",
    SCENE_KEY + STORE_KEY: "a digit stores a scene", CUE_KEY: "a stem's key puts it on the cue bus",
    SWAP_KEY: "a stem's key swaps it with the other deck", DELETE_KEY: "1 to 8 deletes a hot cue",
    GRID_KEY: f"grid: {_texts(GRID_ROWS)}", STEM_KEY: f"a stem's key, then {_texts(STEM_ROWS)}"}
BEGIN = tuple(key for key in WAITING if len(key) == 1)


def moves(rows: Iterable[DeckKeyRow]) -> dict[str, tuple[str, Move]]:
    """By key, the strip and what is done to it."""
    return {key: (row.strip, move) for row in rows for key, move in row.moves.items()}


TAKEN = frozenset({*moves(ROWS), *BEGIN, *ACTS, "/", "?"})


def stem_keys(stems: Iterable[str]) -> dict[str, str]:
    """Key to stem: the first letter of its name that means nothing else, small or large; or else of the alphabet."""
    free = [letter for letter in "abcdefghijklmnopqrstuvwxyz" if not {letter, letter.upper()} & TAKEN]
    found: dict[str, str] = {}
    left: list[str] = []
    for stem in stems:
        key = next((letter for letter in stem.lower() if letter in free), "")
        if key:
            found[key] = stem
            free.remove(key)
        else:
            left.append(stem)
    return found | dict(zip(free, left, strict=False))


def words(acts: Iterable[str]) -> list[str]:
    """What the keys do, each in a few words. acts: those that are offered"""
    offered = {*acts}
    rows = [*ROWS, *MORE, *(DeckKeyRow(key, f"{act}s") for key, act in ACTS.items() if act in offered)]
    return [f"{row.shown} {row.text}" for row in rows]
