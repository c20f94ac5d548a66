"""Which of the named latencies this machine holds, with what margin; and the least that it does."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from stream.callback.player import FADE
from stream.latency.geometry import DeviceTiming
from stream.latency.planning import LEAST_S, NAMED_S
from stream.separators.opening import Opening, spend
from stream.tuning.cache import answer_path, load_answer, save_answer
from stream.tuning.load import watched
from stream.tuning.timing import MARGIN, least_held_s, room_s, time_hop

NONE_S = -1.0  # of `Answer.least_s`, where no latency can be held


@dataclass(frozen=True)
class SustainedLatency:
    """A named latency here: seconds in all, that a hop takes, and that it may take."""

    name: str
    latency_s: float
    hop_time_s: float
    room_s: float

    @property
    def margin(self) -> float:
        """How many times a hop's time there is room for; 0 where the latency is too short for the model."""
        return max(0.0, self.room_s) / self.hop_time_s if self.hop_time_s else 0.0

    @property
    def holds(self) -> bool:
        """Whether a run of it would be begun."""
        return self.margin >= MARGIN


@dataclass(frozen=True)
class Answer:
    """All of them as plain values, as they are kept."""

    rows: list  # type: ignore[type-arg]  # of a Held's fields
    least_s: float


def sustainable(opening: Opening, timing: DeviceTiming, say: Callable[[str], None],
                again: bool = False) -> tuple[list[SustainedLatency], float]:
    """Every named latency, and the least that can be held, or `NONE_S`; opened and timed once.

    It is kept, unless the machine was too busy to tell.
    opening: with its provider settled
    again: time them, whatever was kept
    """
    path = answer_path("held", opening, timing, NAMED_S)
    cached = None if again else load_answer(path, Answer)
    if cached is not None and all(_well_formed(row) for row in cached.rows):
        return [SustainedLatency(*row) for row in cached.rows], cached.least_s
    say(f"timing the latencies {', '.join(NAMED_S)} on this machine (once) ...")
    with watched() as load:
        timed = [_timed(opening, name, timing) for name in NAMED_S]
    rows = [row for row, _ in timed]
    least_s = min((least_s for _, least_s in timed if least_s > 0), default=NONE_S)
    if load.busy:
        say(f"{load} during the timing, so these times are doubtful and are not stored for the next start")
    else:
        save_answer(path, Answer([list(asdict(row).values()) for row in rows], least_s))
    return rows, least_s


def _well_formed(row: object) -> bool:
    return isinstance(row, list) and [type(value) for value in row] == list(SustainedLatency.__annotations__.values())


def best_sustainable(rows: Sequence[SustainedLatency]) -> str | None:
    """The best that is held: the longest latency, which hears most; None where none is."""
    holding = [row for row in rows if row.holds]
    return max(holding, key=lambda row: NAMED_S[row.name]).name if holding else None


def _timed(opening: Opening, name: str, timing: DeviceTiming) -> tuple[SustainedLatency, float]:
    """A named latency, and the least that its hop's time lets expect; `NONE_S` for none."""
    try:
        separator, budget_s = opening.open(NAMED_S[name])
        latency = spend(separator, timing.samplerate, timing.device, budget_s, timing.block + FADE + 1)
    except ValueError:  # too short for this model, whatever the machine
        return SustainedLatency(name, NAMED_S[name], 0.0, 0.0), NONE_S
    hop_time_s = time_hop(separator)
    row = SustainedLatency(name, latency.total_s, hop_time_s, float(room_s(separator, latency, timing.block)))
    if not opening.files:  # its own sizes, whatever the latency
        return row, spend(separator, timing.samplerate, timing.device, None, timing.block + FADE + 1).total_s
    least_s = least_held_s(opening, separator, hop_time_s, LEAST_S)
    return row, NONE_S if least_s is None else least_s
