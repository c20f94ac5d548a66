"""The last seconds once more: a take of what was heard before anybody asked for it."""

from stream.common.errors import Failure
from stream.recording.takewriter import TakeSources, TakeWriter


class RetrospectiveTake:
    """wanted: whether hands want what was heard last"""

    def __init__(self, studio: TakeSources) -> None:
        """Nothing is wanted. [main-thread]"""
        self._studio = studio
        self.wanted = False

    def look(self) -> None:
        """Make a take of the last seconds if hands want it. [recorder-thread]"""
        if self.wanted:
            self.wanted = False
            self._keep()

    def _keep(self) -> None:
        studio = self._studio
        end = min(studio.written, studio.engine.end)
        try:
            reel = TakeWriter(studio, studio.shelf.place(), max(0, end - studio.kept))
            reel.finish(end)
            studio.say(f"kept the last {reel.seconds} in {reel.folder}")
        except Failure as error:
            studio.say(f"the last seconds cannot be kept: {error}")
