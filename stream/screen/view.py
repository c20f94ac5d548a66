"""What the screen of a run knows and what hands do on it. Nothing here draws, and nothing knows a terminal."""

from collections.abc import Mapping
from typing import Any

from stream.control.keytable import DIGITS, ROWS, KeyTable, word_keys
from stream.screen.layout import FIELDS
from stream.screen.stripview import Say, StripView
from stream.screen.waveform import WaveformView

CHOICES = ("gain", *FIELDS)


class View(StripView):
    """state: as stream.link.snapshot has it      what: of `CHOICES`      storing: the next digit stores a scene"""

    def __init__(self, state: Mapping[str, Any], say: Say) -> None:
        """Show this."""
        super().__init__(state, say, tuple(state["sources"]))
        self.waveform = WaveformView(state["slices_ahead"])
        self.storing = False
        words = word_keys(state["keys"], [*(act for act in state["acts"] if act != "quit"), "cue", "store"])
        self.keys = KeyTable(state["keys"], words, DIGITS[:9], ROWS)

    def heard(self, stem: str) -> bool:
        """Whether a stem's switches let it be heard."""
        strips = self.state["strips"]
        alone = any(strip["solo"] for strip in strips.values())
        return not strips[stem]["mute"] and (not alone or bool(strips[stem]["solo"]))

    def take(self, news: Mapping[str, Any], now_s: float) -> None:
        """Know what the engine tells, at a time of any clock."""
        super().take(news, now_s)
        self.waveform.take(self.state["slice"], news.get("slices", ()))

    def scene(self, number: int) -> None:
        """Recall a scene, from 1 on; or store it, where that was asked for before."""
        scenes = self.state["scenes"]
        if self.storing:
            self.store(number)
        elif number <= len(scenes):
            self.recall(number)
        else:
            self.tell(f"there is no scene {number}; {self.key('store')} and {number} stores one", wrong=True)
        self.storing = False

    def key(self, word: str) -> str:
        """The letter of a word."""
        return next((key for key, found in self.keys.words.items() if found == word), "")

    def act(self, word: str) -> None:
        """Do what a word says: cue, store, or an act of the engine's."""
        if word == "cue":
            self.flip(self.stem, "cue")
        elif word == "store":
            self.storing = True
            self.tell("store as which scene, 1 to 9?")
        else:
            self._say("act", word)
