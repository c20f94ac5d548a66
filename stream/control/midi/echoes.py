"""Ports that send back what they are sent: a loop does so with all of it, within milliseconds.

A controller that is none says the same as its lights now and then, by chance: its pad is pressed, or let go of, just
after the light in it has changed. That is meant. So what comes back is an echo only while the port seems to be a loop:
it is taken for one at first, and until so many messages running have not come back.

[midi-thread]
"""

from collections.abc import Sequence

ECHO_S = 0.05  # in which a loop gives back what it was sent
SURE = 4  # messages running that say that a port is a loop, or is none


class Echoes:
    """What a port was sent lately, and whether it is a loop."""

    def __init__(self) -> None:
        """Nothing was sent."""
        self._sent: dict[tuple[int, ...], float] = {}  # the oldest first
        self._loop, self._against = True, 0

    def sent(self, message: Sequence[int], now_s: float) -> None:
        """It is on its way to the port."""
        self._forget(now_s)
        self._sent.pop(tuple(message), None)
        self._sent[tuple(message)] = now_s

    def has(self, message: Sequence[int], now_s: float) -> bool:
        """Whether a message that has come is only an echo; each is one once."""
        self._forget(now_s)
        if self._sent.pop(tuple(message), None) is None:
            return False
        self._count(True)
        return self._loop

    def _forget(self, now_s: float) -> None:
        """What has not come back by now does not."""
        while self._sent:
            message, at_s = next(iter(self._sent.items()))
            if now_s - at_s < ECHO_S:
                return
            del self._sent[message]
            self._count(False)

    def _count(self, back: bool) -> None:
        self._against = 0 if back == self._loop else self._against + 1
        if self._against == SURE:
            self._loop, self._against = back, 0
