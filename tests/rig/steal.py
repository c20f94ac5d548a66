"""How much CPU time the machine's owner took from us: what a test that asserts "no xrun" reads beside it."""

from __future__ import annotations

from benchmarks.machine import steal


class Steal:
    """The CPU time stolen while it is entered, in `seconds`; up to now while it still is."""

    def __enter__(self) -> Steal:
        self._from = steal()
        self._until: float | None = None
        return self

    def __exit__(self, *exc: object) -> None:
        self._until = steal()

    @property
    def seconds(self) -> float:
        """Seconds, all cores together."""
        return (steal() if self._until is None else self._until) - self._from
