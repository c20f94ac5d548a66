"""The last seconds once more: a take of what was heard before anybody asked for it."""

from stream.common.errors import Failure
from stream.recording.takewriter import TakeContext, TakeWriter


class RetrospectiveTake:
    """wanted: whether the user wants what was heard last"""

    def __init__(self, context: TakeContext) -> None:
        """Nothing is wanted. [main-thread]"""
        self._context = context
        self.wanted = False

    def look(self) -> None:
        """Make a take of the last seconds if the user wants it. [recorder-thread]"""
        if self.wanted:
            self.wanted = False
            self._keep()

    def _keep(self) -> None:
        context = self._context
        end = min(context.written, context.engine.end)
        try:
            writer = TakeWriter(context, context.options.new_folder(), max(0, end - context.keep_frames))
            writer.finish(end)
            context.say(f"kept the last {writer.seconds} in {writer.folder}")
        except Failure as error:
            context.say(f"the last seconds cannot be kept: {error}")
