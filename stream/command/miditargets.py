"""What `midi learn` asks for, one thing after another."""

from collections.abc import Iterator

from stream.control.midi.binding import TURN, Target
from stream.decks.booth import NAMES
from stream.mixer.deckstrip import HOT_CUES
from stream.mixer.masterstrip import MASTER
from stream.mixer.players import parameter
from stream.mixer.strip import PARAMETERS

VERBS = {"mute": "mute {}", "solo": "solo {}", "gain": "be the fader of {}", "pan": "pan {}", "filter": "filter {}",
         "cue": "cue {}", "low": "be the lows of {}", "mid": "be the mids of {}", "high": "be the highs of {}"}
SCENES = 4
_OF_DECK = {"play": "play deck {}", "cue": "be the cue button of deck {}",
            "touch": "be touched on the wheel of deck {}", "tempo": "be the tempo of deck {}",
            "gain": "be the fader of deck {}", "trim": "be the trim of deck {}",
            "low": "be the lows of deck {}", "mid": "be the mids of deck {}", "high": "be the highs of deck {}",
            "filter": "filter deck {}", "pfl": "put deck {} on the cue bus", "key_lock": "switch key lock of deck {}",
            "sync": "sync deck {}",
            **{f"hotcue/{number}": f"be hot cue {number} of deck {{}}" for number in range(1, HOT_CUES + 1)}}
_ACTS = {"turn": "be the wheel of deck {}", "loop_in": "begin a loop of deck {}", "loop_out": "end a loop of deck {}",
         "reloop": "leave and enter the loop of deck {}", "halve_loop": "halve the loop of deck {}",
         "double_loop": "double the loop of deck {}", "jump_back": "jump back on deck {}",
         "jump_on": "jump forwards on deck {}", "next_song": "put the next song on deck {}",
         "load": "put the chosen song on deck {}"}
_OF_MASTER = {"crossfader": "be the crossfader", "cue_mix": "be the cue mix", "level": "be the level of the master"}


def targets(stems: list[str], decks: bool) -> Iterator[tuple[Target, str]]:
    """What is asked for, with words for it; stems by number, so that the map fits every model. decks: of these"""
    if decks:
        yield from _of_decks(stems)
        return
    for name in (*VERBS, *(name for name in PARAMETERS if name not in VERBS)):
        for number, stem in enumerate(stems, 1):
            yield Target(stem=number, parameter=name), VERBS.get(name, f"{name} of {{}}").format(stem)
    for number in range(1, SCENES + 1):
        yield Target(scene=number), f"recall scene {number}"
    for act, words in (("record", "start and end a take"), ("keep", "keep what was played lately")):
        yield Target(act=act), words


def _of_decks(stems: list[str]) -> Iterator[tuple[Target, str]]:
    for deck in NAMES:
        for name, words in _OF_DECK.items():
            yield Target(stem=deck, parameter=name), words.format(deck)
        for name, words in _ACTS.items():
            yield Target(act=f"{deck}/{name}"), words.format(deck)
        for name in ("mute", "solo", "gain"):
            for number, stem in enumerate(stems, 1):
                yield Target(stem=f"{deck}/{number}", parameter=name), VERBS[name].format(f"{stem} of deck {deck}")
    for name, words in _OF_MASTER.items():
        yield Target(stem=MASTER, parameter=name), words


def how(target: Target) -> str:
    """What is to be done with the control for it."""
    if target.act.endswith(TURN):
        return "turn once round, and back again,"
    turns = target.parameter and not parameter(target.stem, target.parameter).switch
    return "move (both ways)" if turns else "press"
