"""All that a run writes: the file that stands for its output device, and takes."""

from collections.abc import Callable
from pathlib import Path

from stream.recording.options import RecordingOptions
from stream.recording.recorder import RecordedFile, Recorder
from stream.recording.takes import Takes
from stream.recording.takewriter import Recorded, TakeNotes


class Recordings:
    """takes: None where nobody may make one      files: name to path

    trouble: what ended a recording of the whole run before the run, known once all is closed
    """

    def __init__(self, engine: Recorded, sink: Path | None) -> None:
        """Open that file, before the callback runs. Raises Failure.

        sink: its path; None where a device is the output
        [main-thread]
        """
        self._engine, self._sink = engine, None
        self.files: dict[str, str] = {}
        self.takes: Takes | None = None
        self.trouble: str | None = None
        if sink is not None and engine.tap is not None:  # as a device would have been given it: late by the latency
            track = RecordedFile(sink, 0, engine.latency.delay)
            self._sink = Recorder(engine.tap, [track], engine.latency.samplerate, engine.expected)
            self.files[sink.stem] = str(sink)

    def allow(self, notes: TakeNotes, options: RecordingOptions, say: Callable[[str], None]) -> None:
        """Let takes be made; before the callback runs. Raises Failure.

        notes: what is written beside their sound
        [main-thread]
        """
        self.takes = Takes(self._engine, notes, options, say)
        self.files |= self.takes.files

    @property
    def recording(self) -> bool:
        """Whether a take is being made: the whole run, or one by hand. [any-thread]"""
        takes = self.takes
        return takes is not None and (takes.recording or takes.recording_run)

    def step(self) -> bool:
        """Write what is there; False if there was nothing. [recorder-thread]"""
        went = self._sink is not None and self._sink.step(self._engine.end)
        return (self.takes is not None and self.takes.step()) or went

    def close(self, keep: bool) -> None:
        """Have everything whole, or have it removed. Once no thread steps. Raises Failure. [main-thread]"""
        sink, self._sink = self._sink, None
        takes, self.takes = self.takes, None
        try:
            if sink is not None:
                sink.close(keep)
        finally:
            if takes is not None:
                takes.close(keep)
                self.trouble = takes.trouble
