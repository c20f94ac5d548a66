"""What `run` and `demo` are asked for alike, and the request that comes of it."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, replace

from stream.command.choosing import best_s, live
from stream.command.inserting import wanted_inserts
from stream.command.sourcesink import SourceSink
from stream.inserts.naming import Chains
from stream.latency.geometry import SAMPLERATE, DeviceTiming, window_columns
from stream.latency.planning import LEAST_S, MOST_S, NAMED_S
from stream.mixer.mixer import Mixer
from stream.mixer.players import LIVE, short
from stream.recording.options import RecordingOptions
from stream.separators.opening import Opening
from stream.session.request import RunRequest, Say

AUTO = "auto"


@dataclass(frozen=True)
class RunWords:
    """The words of a command line that both commands know.

    latency_s: None is the model's usual one      auto: the best latency that this machine holds is sought instead
    window_columns: STFT columns of a window, or None      prepare, late, inserts: as of `RunRequest`
    """

    latency_s: float | None
    auto: bool
    window_columns: int | None
    late: str
    prepare: Callable[[Mixer], None]
    inserts: Chains

    def request(self, opening: Callable[[], Opening], ends: SourceSink, recording: RecordingOptions,
                say: Say) -> RunRequest:
        """A run of this separator, once provider, threads and latency are settled, which may take timing.

        Raises ValueError for a provider that fails, Failure where this machine holds no latency, and as `opening`.
        """
        chosen = live(replace(opening(), window_columns=self.window_columns), self.latency_s, say,
                      timed=ends.clock != "virtual")
        wanted_s = self.latency_s
        if self.auto:
            wanted_s = best_s(chosen, DeviceTiming(ends.samplerate or SAMPLERATE, ends.block), say)
        return RunRequest(chosen, ends.source, ends.sink, ends.clock, ends.block, ends.samplerate, wanted_s, self.late,
                          recording, ends.routes, ends.clocks, self.prepare, self.inserts)


def run_words(arguments: Namespace) -> RunWords:
    """As the command line has them. Raises ValueError for what cannot be, before anything is opened."""
    latency = arguments.latency
    return RunWords(latency_s(latency), latency == AUTO, window_columns(arguments.window), arguments.on_late,
                    _preset(arguments), wanted_inserts(arguments, [LIVE])[LIVE])


def latency_s(text: str | None) -> float | None:
    """Seconds for `1.5` or a name; None for None and for `auto`. Raises ValueError."""
    if text is None or text == AUTO:
        return None
    if text in NAMED_S:
        return NAMED_S[text]
    try:
        seconds = float(text)
    except ValueError:
        raise ValueError(f"latency {text!r} is neither seconds nor one of {', '.join(NAMED_S)}, {AUTO}") from None
    if not LEAST_S <= seconds <= MOST_S:
        raise ValueError(f"latency must be {LEAST_S:g} to {MOST_S:g} s, not {seconds:g}")
    return seconds


def _preset(arguments: Namespace) -> Callable[[Mixer], None]:
    """What sets a mixer as the command line has it; it raises ValueError for a stem that is not here."""

    def prepare(mixer: Mixer) -> None:
        for stem in arguments.mute:
            mixer.set(short(stem), "mute", 1)
        for stem in arguments.solo:
            mixer.set(short(stem), "solo", 1)
        for stem, db in arguments.gain:
            mixer.set(short(stem), "gain", db)

    return prepare
