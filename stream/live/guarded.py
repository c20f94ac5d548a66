"""A separator that may fail, never answer, and be replaced, while the music goes on."""

from collections.abc import Callable

import numpy as np

from stream.common.errors import Failure
from stream.live.caller import Caller
from stream.separators.protocol import Easing, Frames, Separator, Skipping


class GuardedSeparator:
    """Calls a separator on a thread of its own, and gives up one that fails or does not answer.

    failed: what it has failed with; until another takes its place it is not to be called
    """

    def __init__(self, separator: Separator, hop_s: float, wanted: Callable[[], bool] | None) -> None:
        """Make all arrays.

        hop_s: seconds that a hop may take
        wanted: of a run in which nobody waits: whether it is to go on; its calls take as long as they like, and what
        the separator raises ends it. None where music goes on.
        [main-thread]
        """
        self.failed: Exception | None = None  # one writer: the separator thread
        self._separator, self._hop_s, self._wanted = separator, hop_s, wanted
        self._caller = Caller(hop_s, wanted)
        self._next: Separator | None = None
        self._unheard = 0  # hops in which a new separator still gives stems of what it has not heard
        self._stems: Frames = np.zeros((len(separator.sources), 2, separator.hop), np.float32)
        self._spare = np.zeros_like(self._stems)

    @property
    def skips(self) -> bool:
        """Whether it can take a hop without giving its stems. [any-thread]"""
        return isinstance(self._separator, Skipping)

    def process(self, mix: Frames) -> Frames | None:
        """A hop, float32 (2, hop); its stems, float32 (stems, 2, hop), until the next; None if there are none.

        [separator-thread]
        """
        # NB: arrays of its own: a separator that does not answer in time may write to them whenever it likes
        separator, mix, stems = self._separator, mix.copy(), self._spare

        def work() -> None:
            separator.process(mix, stems)
            if not np.isfinite(stems).any():
                raise Failure("the separator gives no numbers")

        if not self._call(work):
            return None
        self._stems, self._spare = stems, self._stems
        if self._unheard:
            self._unheard -= 1
            return None
        return self._stems

    def skip(self, mix: Frames) -> None:
        """Take a hop into its past, where it `skips`. [separator-thread]"""
        separator, mix = self._separator, mix.copy()
        assert isinstance(separator, Skipping)
        self._call(lambda: separator.skip(mix))

    def ease(self, level: int) -> None:
        """Have it make do with less, if it can. [separator-thread]"""
        separator = self._separator
        if isinstance(separator, Easing):
            self._call(lambda: separator.ease(level))

    def _call(self, work: Callable[[], object]) -> bool:
        """Have the separator do something; whether it did. What it fails with is kept, where music goes on."""
        try:
            self._caller.call(work)
        except Exception as error:  # whatever a plugin raises
            if self._wanted is not None and self._wanted():
                raise
            self.failed = error
            return False
        return True

    def replace(self, separator: Separator) -> None:
        """Go on with another of the same sizes and stems, which knows nothing of the past. [main-thread]"""
        self._next = separator

    def take_over(self) -> bool:
        """Change to the separator that is wanted; whether one is. [separator-thread]"""
        if self._next is None:
            return False
        self._separator, self._next, self.failed = self._next, None, None
        self._caller.close()
        self._caller, self._spare = Caller(self._hop_s, self._wanted), np.zeros_like(self._stems)
        self._unheard = -(-self._separator.latency // self._separator.hop)
        return True

    def close(self) -> None:
        """Let go of the thread that the separator is called on, once nobody calls it. [main-thread]"""
        self._caller.close()
