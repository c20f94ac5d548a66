"""Everything that hands can reach: the strips, scenes of them, and whatever else a run offers under a name."""

import threading
from collections.abc import Callable

from stream.mixer.mixer import Mixer, listing
from stream.mixer.strip import Scene


class Desk:
    """What keyboard, screen, MIDI and OSC work on.

    mixer: the strips
    """

    def __init__(self, mixer: Mixer, keep: Callable[[str, Scene], None] = lambda _name, _scene: None) -> None:
        """Without a scene, and with nothing offered.

        keep: is told of each scene that is stored; may raise OSError
        [main-thread]
        """
        self.mixer, self._keep = mixer, keep
        self._scenes: dict[str, Scene] = {}
        self._acts: dict[str, Callable[[], None]] = {}
        self._lock = threading.Lock()

    def add(self, name: str, scene: Scene) -> None:
        """Know a scene. Raises ValueError for one that does not fit the model. [any-thread]"""
        self.mixer.check(scene)
        with self._lock:
            self._scenes[name] = scene

    @property
    def scenes(self) -> dict[str, Scene]:
        """All of them, in the order in which they were first stored. [any-thread]"""
        with self._lock:
            return dict(self._scenes)

    def store(self, name: str) -> None:
        """Keep how everything is set under a name. Raises ValueError for an empty one, or if only this run has it.

        [any-thread]
        """
        if not name.strip():
            raise ValueError("a scene needs a name")
        scene = self.mixer.scene()
        with self._lock:
            self._scenes[name] = scene
        try:
            self._keep(name, scene)
        except OSError as error:
            raise ValueError(f"scene {name} is stored for this run only: {error.strerror or error}") from error

    def recall(self, name: str | int) -> None:
        """Set everything as a scene has it, with a ramp. Raises ValueError for one that is not here.

        name: or its number, from 0 on
        [any-thread]
        """
        scenes = self.scenes
        if isinstance(name, int) and 0 <= name < len(scenes):
            name = list(scenes)[name]
        if name not in scenes:
            raise ValueError(f"there is no scene {name}; the scenes are {listing(scenes) or 'none'}")
        self.mixer.recall(scenes[str(name)])

    def offer(self, name: str, does: Callable[[], None]) -> None:
        """Let hands do something by its name: `quit`, `record` ... Before anybody asks. [main-thread]"""
        self._acts[name] = does

    @property
    def acts(self) -> tuple[str, ...]:
        """What is offered. [any-thread]"""
        return tuple(self._acts)

    def act(self, name: str) -> None:
        """Do what is offered under a name. Raises ValueError for what is not. [any-thread]"""
        if name not in self._acts:
            raise ValueError(f"there is no action {name}; the actions are {listing(self._acts) or 'none'}")
        self._acts[name]()
