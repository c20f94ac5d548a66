"""What screens can have done in a run of decks, by its verb: the words that keys, OSC and MIDI have too.

Each raises ValueError.
[any-thread]
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from stream.control.deckkeys import DeckKeys
from stream.decks.booth import Booth
from stream.decks.songbrowser import SHOWN, SongBrowser, key_fits, tempo_percent
from stream.link.verbs import LinkAnswer, Verbs, desk_verbs
from stream.mixer.desk import Desk
from stream.mixer.players import LISTENED

Wanted = TypeVar("Wanted")
LONGEST = 200  # characters that are searched


class DeckHands(NamedTuple):
    """keys: what each does, and the deck that they act on      desk: strips, scenes, and what is done by its name

    browser: of the songs that can be loaded; None where there are none
    """

    keys: DeckKeys
    desk: Desk
    browser: SongBrowser | None = None


def deck_verbs(booth: Booth, hands: DeckHands) -> Verbs:
    """Of decks: `a/vocals` is a stem of deck a, and `a` its own strip, of which screens have the mixer's half.

    There the switch of the cue bus is `cue`, as in every strip (stream.link.decksnapshot).
    """
    keys, desk, browser = hands
    players = booth.master.sources

    def own(strip: object, wanted: Mapping[str, Wanted]) -> dict[str, Wanted]:
        """As the desk calls parameters."""
        return {LISTENED.get(name, name) if strip in players else name: value for name, value in wanted.items()}

    verbs = desk_verbs(desk)
    return {**verbs, "set": lambda scene: verbs["set"]({strip: own(strip, wanted) for strip, wanted in scene.items()}),
            "flip": lambda strip, name: verbs["flip"](strip, *own(strip, {name: None})),
            "press": booth.press, "crossfade": booth.master.crossfade, "key": keys.press, "choose": keys.choose,
            **({} if browser is None else browser_verbs(browser))}


def browser_verbs(browser: SongBrowser) -> Verbs:
    """`search` asks for songs; the others select one and put one on a deck."""
    return {"search": partial(_search, browser), "select": lambda path: browser.select(Path(path)),
            "load": lambda deck, path: browser.load(deck, Path(path))}


def _search(browser: SongBrowser, text: object) -> LinkAnswer:
    if not isinstance(text, str) or len(text) > LONGEST:
        raise ValueError(f"what is searched must be a text of up to {LONGEST} characters, not {text!r:.40}")
    return LinkAnswer(partial(_found, browser, text))


def _found(browser: SongBrowser, text: str) -> dict[str, Any]:
    """Songs as a screen has them; what is not known is empty, or None."""
    result = browser.search(text, SHOWN)
    songs = []
    for song, prepared in zip(result.found.songs, result.found.prepared, strict=True):
        percent, key = tempo_percent(song, result.playing), song.key
        songs.append({
            "path": str(song.path), "title": song.title or song.path.stem, "artist": song.artist, "prepared": prepared,
            "bpm": None if song.bpm is None else round(song.bpm, 1), "length_s": song.duration_s,
            "tempo_percent": None if percent is None else round(percent, 1), "key": "" if key is None else key.name,
            "camelot": "" if key is None else key.camelot, "key_fits": key_fits(song, result.playing)})
    return {"text": text, "songs": songs, "count": result.found.total}
