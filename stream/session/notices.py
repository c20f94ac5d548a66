"""What a user is told of a run while it goes on."""

from collections.abc import Sequence

from stream.live.engine import Engine
from stream.live.insert import Insert
from stream.mixer.controls import Controls
from stream.separators.protocol import Easing, Separator
from stream.session.request import Say


class InsertNotices:
    """Says what becomes of inserts; a broken one is bypassed, too."""

    def __init__(self, inserts: Sequence[Insert], mixer: Controls, say: Say) -> None:
        """Nothing has been said.

        mixer: has strips of the inserts' names
        """
        self._inserts, self._mixer, self._say = inserts, mixer, say
        self._broken: list[Insert] = []
        self._reset: list[Insert] = []

    def look(self) -> None:
        """Say what has changed since this was called last."""
        for insert in self._inserts:
            self._look_at(insert)

    def _look_at(self, insert: Insert) -> None:
        if insert.process.resets and insert not in self._reset:
            self._reset.append(insert)
            self._say(f"insert on {insert.stem}: {insert.process.name} gave what cannot be sound and was reset; "
                      "this is not said again")
        if insert.trouble is not None and insert not in self._broken:
            self._broken.append(insert)
            self._say(f"insert on {insert.stem}: {insert.process.name} {insert.trouble}: going on without it")
            self._mixer.set(insert.stem, "insert", 0)


class Notices:
    """Says what has changed: samples left out, a clock that stood still, inserts, and what a hop is made with."""

    def __init__(self, engine: Engine, separator: Separator, say: Say) -> None:
        """Nothing has been said."""
        self._engine, self._say = engine, say
        self._levels = separator.levels if isinstance(separator, Easing) else ()
        self._level = 0
        self._cleaned, self._still_s = False, 0.0
        self._inserts = InsertNotices(engine.inserts, engine.mixer, say)

    def look(self) -> None:
        """Say what has changed since this was called last."""
        engine = self._engine
        if not self._cleaned and engine.counts()["cleaned"]:
            self._cleaned = True
            self._say("samples of the input are no numbers, or over 60 dB above full scale; they are played as silence")
        if engine.stood_still_s > self._still_s:
            still_s, self._still_s = engine.stood_still_s - self._still_s, engine.stood_still_s
            self._say(f"the run stood still for {still_s:.1f} s, and goes on from there")
        self._inserts.look()
        governor = engine.worker.governor
        if governor is not None and governor.level != self._level:
            self._say_level(governor.level)

    def _say_level(self, level: int) -> None:
        """The separator makes do with less, or has more again."""
        before, now = (self._levels[each].text for each in (self._level, level))
        why = "the separator is too slow" if level > self._level else "the separator is fast enough again"
        self._level = level
        self._say(f"{why}: going on with {now} instead of {before}; the latency stays")
