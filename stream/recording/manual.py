"""The take that the user begins and ends."""

from contextlib import suppress

from stream.common.errors import Failure
from stream.recording.takewriter import TakeContext, TakeWriter


class ManualTake:
    """wanted: whether the user wants one      writer: of the one that is made, or None"""

    def __init__(self, context: TakeContext) -> None:
        """None is wanted. [main-thread]"""
        self._context = context
        self.wanted = False
        self.writer: TakeWriter | None = None

    def look(self) -> None:
        """Begin or end as the user wants it. [recorder-thread]"""
        if self.wanted != (self.writer is not None):
            self._begin() if self.wanted else self.end()

    def step(self) -> bool:
        """Write what has come; False if there was nothing. What fails ends the take. [recorder-thread]"""
        if self.writer is None:
            return False
        try:
            return self.writer.step()
        except Failure as error:
            writer, self.writer, self.wanted = self.writer, None, False
            give_up(self._context, writer, error)
            return False

    def end(self) -> None:
        """End the take, if there is one. [recorder-thread]"""
        writer, self.writer = self.writer, None
        if writer is None:
            return
        try:
            writer.finish(self._context.engine.end)
            self._context.say(f"recorded {writer.seconds} to {writer.folder}")
        except Failure as error:
            self._context.say(f"the recording has failed: {error}")

    def _begin(self) -> None:
        context = self._context
        try:
            self.writer = TakeWriter(context, context.options.new_folder(), context.written)
        except Failure as error:
            self.wanted = False
            context.say(f"the recording cannot begin: {error}")
            return
        context.say(f"recording to {self.writer.folder}")


def give_up(context: TakeContext, writer: TakeWriter, error: Failure) -> None:
    """End a take that has failed at what is written of it. [recorder-thread]"""
    context.say(f"the recording has ended: {error}")
    with suppress(Failure):
        writer.close(keep=True)
