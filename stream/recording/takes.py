"""Takes of a run: the whole of it, what is recorded by hand, and the last seconds once more. Its own thread writes."""

from stream.common.errors import Failure
from stream.live.engine import Engine
from stream.recording.automation import GestureLog
from stream.recording.log import TakeInfo
from stream.recording.manual import ManualTake, give_up
from stream.recording.options import RecordingOptions
from stream.recording.retrospective import RetrospectiveTake
from stream.recording.takewriter import Say, TakeSources, TakeWriter


class Takes:
    """All takes of a run. What fails while a device is heard ends its take, and is said; audio goes on."""

    def __init__(self, engine: Engine, take: TakeInfo, shelf: RecordingOptions, say: Say) -> None:
        """Open the whole run's files, if they are wanted, before the callback runs. Raises Failure.

        take: what all takes have in common
        [main-thread]
        """
        self._studio = TakeSources(engine, take, shelf, GestureLog(engine.mixer, engine.notes), say)
        self._live = engine.feeder is None
        self._by_hand, self._kept = ManualTake(self._studio), RetrospectiveTake(self._studio)
        self._whole = None
        self.files: dict[str, str] = {}  # name to path of the whole run's files
        self.trouble: str | None = None  # what ended the whole run's recording before the run
        if shelf.whole is not None:
            self._whole = TakeWriter(self._studio, shelf.whole, 0, engine.expected)
            self.files = {path.stem: str(path) for path in self._whole.paths}

    def toggle(self) -> None:
        """Begin a take, or end it. [any-thread]"""
        self._by_hand.wanted = not self._by_hand.wanted

    def keep(self) -> None:
        """Make a take of the last seconds. [any-thread]"""
        self._kept.wanted = True

    @property
    def by_hand(self) -> bool:
        """Whether takes can be made by hand. [any-thread]"""
        return self._studio.shelf.folder is not None

    @property
    def recording(self) -> bool:
        """Whether a take is being made by hand. [any-thread]"""
        return self._by_hand.wanted

    @property
    def whole(self) -> bool:
        """Whether the whole run is being recorded. [any-thread]"""
        return self._whole is not None

    def step(self) -> bool:
        """Do what there is to do; False if that was nothing. Raises Failure. [recorder-thread]"""
        gestures = self._studio.gestures
        gestures.collect()
        self._by_hand.look()
        self._kept.look()
        gestures.forget(self._oldest())
        went = self._write()
        return self._by_hand.step() or went

    def close(self, keep: bool) -> None:
        """Finish all takes, or remove the whole run's, once no thread steps. Raises Failure. [main-thread]"""
        self._studio.gestures.collect()
        self._by_hand.wanted = False
        self._by_hand.end()
        whole, self._whole = self._whole, None
        if whole is not None:
            whole.close(keep)

    def _write(self) -> bool:
        """Of the whole run, what has come."""
        whole = self._whole
        if whole is None:
            return False
        try:
            return whole.step()
        except Failure as error:
            if not self._live:
                raise
            self._whole, self.trouble = None, f"the recording ended before the run did: {error}"
            give_up(self._studio, whole, error)
            return False

    def _oldest(self) -> int:
        """The first frame whose gestures somebody may still want."""
        studio = self._studio
        starts = [reel.start for reel in (self._whole, self._by_hand.reel) if reel is not None]
        first = min([studio.written - studio.kept, *starts])
        return first if first > 0 else -studio.engine.latency.delay  # what was done before the first frame is its own
