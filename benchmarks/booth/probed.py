"""`python -m benchmarks.booth.probed FILE WORD ...`: the program with these words, and a stopwatch around its callback.

What the stopwatch has counted (benchmarks.probe) is in FILE when the program has ended. Over JACK, by its own ports.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from benchmarks.probe import Record, account, around
from stream.callback.callback import callback
from stream.command.main import main
from stream.devices import jackstream

MOST_S = 7200.0  # that are kept


class ProbedStream(jackstream.JackStream):
    """Calls the probe, which calls the callback."""

    record: Record | None = None

    def __init__(self, source: Any, sink: Any, samplerate: int | None, _address: int, header: Any,
                 *others: Any) -> None:
        """As of JackStream."""
        self._engine, made = header, Record(round(MOST_S * 48_000 / 64), header.ctypes.data)
        type(self).record, self._probe = made, around(callback.ctypes)
        super().__init__(source, sink, samplerate, int(self._probe.address), cast(Any, made.header), *others)

    def close(self) -> None:
        """As of JackStream; what was counted is written first."""
        record, self.until = type(self).record, 0
        if record is not None:
            self.until = record.now()
            type(self).record = None
        super().close()
        if record is not None:
            served = account(record.rows, self.until, self.block, self.samplerate)
            Path(sys.argv[1]).write_text(json.dumps(asdict(served)))
            record.close()


if __name__ == "__main__":
    jackstream.JackStream = ProbedStream  # type: ignore[assignment, misc]
    sys.exit(main(sys.argv[2:]))
