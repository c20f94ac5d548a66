"""What hands have of decks, by name: one desk for keyboard, OSC, MIDI, scenes and pages, as a run with one player has.

Strips are `a/vocals`, `a` (the deck's channel in the master's mixer, and its transport) and `master`; what is only
pressed is an act, `a/loop_in` or `a/beat_jump` with its beats.
[main-thread]
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from stream.decks.booth import Booth
from stream.decks.deckstrips import DeckStrips
from stream.decks.engine import DeckEngine
from stream.decks.pressvalues import most_values
from stream.decks.songbrowser import SongBrowser
from stream.decks.transport import VERBS
from stream.mixer.deckstrip import DECK_PARAMETERS, TEMPO_RANGES
from stream.mixer.desk import Desk
from stream.mixer.masterstrip import MASTER
from stream.mixer.playercontrols import PlayerControls, StripPlace
from stream.mixer.players import LISTENED, LIVE
from stream.mixer.strip import Scene

ACTS = tuple(name for name in VERBS if name not in DECK_PARAMETERS and not name.endswith(("_press", "_release")))
# what people count otherwise than the transport: hot cues from 1 on, places in seconds
_COUNTED: Mapping[str, Callable[[float, int], float]] = {
    "seek": lambda seconds, samplerate: seconds * samplerate, "hot_cue_set": lambda number, _: number - 1,
    "hot_cue_delete": lambda number, _: number - 1}


def deck_desk(booth: Booth, samplerate: int, keep: Callable[[str, Scene], None] = lambda _name, _scene: None,
              browser: SongBrowser | None = None) -> Desk:
    """The desk of a booth that is open.

    samplerate: of the songs, Hz      keep: as of Desk      browser: of the songs that can be loaded
    """
    transports = DeckStrips(booth)
    stems = {f"{player}/{stem}": [StripPlace(mixer, stem)]
             for player, mixer in booth.mixers.items() for stem in mixer.sources}
    own = {player: [StripPlace(booth.master, player, LISTENED),
                    *([StripPlace(transports, player)] if player in booth.decks else [])] for player in booth.mixers}
    desk = Desk(PlayerControls({**stems, **own, MASTER: [StripPlace(booth.master, MASTER)]}), keep)
    for deck in booth.decks:
        for name in ACTS:
            desk.offer(f"{deck}/{name}", partial(_press, booth, samplerate, deck, name), most_values(name))
        desk.offer(f"{deck}/next_tempo_range", partial(_next_tempo_range, booth, deck))
        desk.offer(f"{deck}/next_song", partial(_next_song, booth, deck))
        desk.offer(f"{deck}/lead", partial(booth.leader.ask, deck))
        if browser is not None:
            desk.offer(f"{deck}/load", partial(_load, browser, deck), text=True)
    if browser is not None:
        desk.offer("browse", browser.browse, 1)
    if booth.tapped is not None:
        desk.offer(f"{LIVE}/grid_tap", booth.tap)
        desk.offer(f"{LIVE}/lead", partial(booth.leader.ask, LIVE))
    desk.levels = lambda: {name: max(pair) for name, pair in booth.players.master.peaks().items()}
    desk.acting = partial(_acting, booth)
    return desk


def _load(browser: SongBrowser, deck: str, path: str | None = None) -> None:
    """A song that is named, or the selected one."""
    if path is None:
        browser.load_selected(deck)
    else:
        browser.load(deck, Path(path))


def _acting(booth: Booth) -> dict[str, float]:
    """Of each deck whether it has a song and leads, which loop repeats, which hot cues are set, what can come."""
    found: dict[str, float] = {}
    for name, deck in booth.decks.items():
        state = deck.state
        loop = state.looping
        beats = 0.0 if loop is None else loop.length / max(1, state.beats_later(loop.start, 1) - loop.start)
        found |= {name: float(deck.track is not None), f"{name}/auto_loop": round(beats, 3),
                  f"{name}/reloop": float(loop is not None), f"{name}/lead": float(booth.leader.name == name),
                  f"{name}/load": float(not state.moving),
                  f"{name}/next_song": float(booth.waiting > 0 and not state.moving)}
        found |= {f"{name}/hot_cue_delete {number}": float(cue is not None)
                  for number, cue in enumerate(state.hot_cues, 1)}
    return found


def _press(booth: Booth, samplerate: int, deck: str, name: str, *values: float) -> None:
    counted = _COUNTED.get(name)
    booth.press(deck, name, *(values if counted is None else [counted(value, samplerate) for value in values]))


def _next_tempo_range(booth: Booth, deck: str) -> None:
    at = TEMPO_RANGES.index(booth.deck(deck).settings.tempo_range)
    booth.press(deck, "tempo_range", TEMPO_RANGES[(at + 1) % len(TEMPO_RANGES)])


def _next_song(booth: Booth, deck: str) -> None:
    if booth.deck(deck).state.moving:  # a slip of a finger would cut the music
        raise ValueError(f"deck {deck}: the song plays; pause it, then the next one can be put on the deck")
    booth.next_song(deck)


def deck_facts(booth: Booth, engine: DeckEngine) -> dict[str, int | float | str]:
    """By OSC address, what else there is to tell of decks: where songs are in tenths of a second, and what they are."""
    rate, counts = engine.latency.samplerate, engine.counts()
    facts: dict[str, int | float | str] = {"/latency": engine.latency.total_s, "/underruns": counts["underruns"],
                                           "/xruns": counts["xruns"], "/leads": booth.leader.name}
    for name, deck in booth.decks.items():
        track, state = deck.track, deck.state
        facts |= {f"/{name}/title": track.title if track else "", f"/{name}/artist": track.artist if track else "",
                  f"/{name}/length": round((track.frames or 0) / rate, 1) if track else 0.0,
                  f"/{name}/position": round(max(0.0, state.position) / rate, 1),
                  f"/{name}/bpm": round(state.bpm(rate) or 0.0, 1),
                  f"/{name}/follows": state.follows,
                  f"/{name}/separated": round(track.separated, 2) if track else 0.0}
    return facts
