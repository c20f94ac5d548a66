"""Single keys of a terminal: a stem's first letter mutes it, with shift it is soloed; digits recall scenes."""

from contextlib import suppress

from stream.control.keytable import ACTS, KeyTable, stem_keys
from stream.control.terminalkeys import TerminalKeys
from stream.mixer.desk import Desk


class Keys(TerminalKeys):
    """The keys of a run, which work on its desk."""

    def __init__(self, desk: Desk) -> None:
        """Remember what the keys mean. [main-thread]"""
        super().__init__()
        self._desk = desk
        self._table = KeyTable(stem_keys(desk.mixer.sources), ACTS)
        self.help = self._table.line(desk.acts)

    def press(self, key: str) -> None:
        """Do what a key says; one that means nothing is passed over. [keys-thread]"""
        command, what = self._table.meaning(key, key) or ("", "")
        with suppress(ValueError):  # a scene or an act that is not here
            if command in ("mute", "solo"):
                self._desk.mixer.flip(str(what), command)
            elif command == "word":
                self._desk.act(str(what))
            elif command == "scene":
                self._desk.recall(what)
