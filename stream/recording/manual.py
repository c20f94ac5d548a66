"""The take that hands begin and end."""

from contextlib import suppress

from stream.common.errors import Failure
from stream.recording.takewriter import TakeSources, TakeWriter


class ManualTake:
    """wanted: whether hands want one      reel: the one that is made, or None"""

    def __init__(self, studio: TakeSources) -> None:
        """None is wanted. [main-thread]"""
        self._studio = studio
        self.wanted = False
        self.reel: TakeWriter | None = None

    def look(self) -> None:
        """Begin or end as hands want it. [recorder-thread]"""
        if self.wanted != (self.reel is not None):
            self._begin() if self.wanted else self.end()

    def step(self) -> bool:
        """Write what has come; False if there was nothing. What fails ends the take. [recorder-thread]"""
        if self.reel is None:
            return False
        try:
            return self.reel.step()
        except Failure as error:
            reel, self.reel, self.wanted = self.reel, None, False
            give_up(self._studio, reel, error)
            return False

    def end(self) -> None:
        """End the take, if there is one. [recorder-thread]"""
        reel, self.reel = self.reel, None
        if reel is None:
            return
        try:
            reel.finish(self._studio.engine.end)
            self._studio.say(f"recorded {reel.seconds} to {reel.folder}")
        except Failure as error:
            self._studio.say(f"the recording has failed: {error}")

    def _begin(self) -> None:
        studio = self._studio
        try:
            self.reel = TakeWriter(studio, studio.shelf.place(), studio.written)
        except Failure as error:
            self.wanted = False
            studio.say(f"the recording cannot begin: {error}")
            return
        studio.say(f"recording to {self.reel.folder}")


def give_up(studio: TakeSources, reel: TakeWriter, error: Failure) -> None:
    """End a take that has failed at what is written of it. [recorder-thread]"""
    studio.say(f"the recording has ended: {error}")
    with suppress(Failure):
        reel.close(keep=True)
