"""What the user did, at the frame at which it was heard: the callback's events, with what was wanted."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from stream.callback.events import Events
from stream.callback.header import TARGETS_TAKEN
from stream.mixer.mixer import Mixer
from stream.mixer.strip import Scene, Strips


@dataclass(frozen=True)
class Gesture:
    """Something that changed what was heard.

    frame: of the input, that was heard when it began
    set: the parameters that changed, by stem; None where it was the stems that came late or were back
    available: whether stems were there from then on
    """

    frame: int
    set: Strips | None = None
    available: bool = True


@dataclass
class Automation:
    """What happened in a stretch of a run.

    scene: how everything was set at its beginning      available: whether stems were
    """

    scene: Strips
    available: bool = True
    gestures: list[Gesture] = field(default_factory=list)

    def take(self, gesture: Gesture) -> None:
        """Let the beginning be after a gesture. [recorder-thread]"""
        if gesture.set is None:
            self.available = gesture.available
        else:
            for stem, strip in gesture.set.items():
                self.scene[stem] = {**self.scene[stem], **strip}


class GestureLog:
    """Collects gestures from the callback's events, as far back as somebody may want them.

    lost: how many are missing, because nobody collected them in time
    """

    def __init__(self, mixer: Mixer, events: Events) -> None:
        """Begin with the mixer as it is, before the callback runs. [main-thread]"""
        self._mixer, self._events = mixer, events
        self._before = Automation(mixer.scene())
        self._now: Scene = mixer.scene()
        self._gestures: deque[Gesture] = deque()
        self._unknown = 0

    @property
    def lost(self) -> int:
        """Gestures that are missing. [recorder-thread]"""
        return self._unknown + self._events.lost

    def collect(self) -> None:
        """Take the callback's events over. [recorder-thread]"""
        for what, value, position in self._events.new():
            if what != TARGETS_TAKEN:
                self._gestures.append(Gesture(position, available=bool(value)))
                continue
            scene = self._mixer.changed(value)
            if scene is None:
                self._unknown += 1
                continue
            self._gestures.append(Gesture(position, difference(self._now, scene)))
            self._now = scene

    def forget(self, before: int) -> None:
        """Let go of what happened before a frame. [recorder-thread]"""
        while self._gestures and self._gestures[0].frame < before:
            self._before.take(self._gestures.popleft())

    def between(self, start: int, end: int) -> Automation:
        """What happened from a frame to another; from the first frame on, what was done before it too.

        Frames of its gestures count from its beginning.
        [recorder-thread]
        """
        found = Automation(dict(self._before.scene), self._before.available)
        for gesture in self._gestures:
            if gesture.frame < start and start > 0:
                found.take(gesture)
            elif gesture.frame < end:
                found.gestures.append(Gesture(gesture.frame - start, gesture.set, gesture.available))
        return found


def difference(before: Scene, after: Scene) -> Strips:
    """What one scene has that another has not. [any-thread]"""
    changed = {stem: _changed(before.get(stem, {}), strip) for stem, strip in after.items()}
    return {stem: strip for stem, strip in changed.items() if strip}


def _changed(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in after.items() if before.get(name) != value}
