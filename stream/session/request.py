"""What a run is asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stream.inserts.naming import Chains
from stream.mixer.mixer import Mixer
from stream.mixer.route import Route
from stream.recording.options import NOTHING, RecordingOptions
from stream.separators.opening import Opening
from stream.session.line import AnyDevice

BLOCK = 512  # frames

Say = Callable[[str], None]


@dataclass(frozen=True)
class RunRequest:
    """What a run is asked for.

    source, sink: a device, the path of a sound file, or None
    block: frames that are asked of a device at once; JACK has its own
    clock: `device`, `wall` or `virtual`
    samplerate: of the device, in Hz; None is its own
    latency_s: in all; None is the model's usual one, raised where this machine cannot hold it
    late: `dry` or `mute`
    recording: what may be recorded, and where
    routes: of buses to output channels; empty is the mix on the first two
    clocks: `one` or `two` for source and sink, or `auto`
    prepare: sets the mixer before anything is heard
    inserts: effects that stems are sent through; they add to the latency
    """

    opening: Opening
    source: AnyDevice | Path
    sink: AnyDevice | Path | None
    clock: str
    block: int = BLOCK
    samplerate: int | None = None
    latency_s: float | None = None
    late: str = "dry"
    recording: RecordingOptions = NOTHING
    routes: tuple[Route, ...] = ()
    clocks: str = "auto"
    prepare: Callable[[Mixer], None] | None = None
    inserts: Chains = field(default_factory=dict)
