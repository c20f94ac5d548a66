"""What a run has done and measured: `--json` prints it, and the lines at its beginning and end are made of it."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class HopTime:
    """Seconds that the separator took for a hop; zeros where it has made none."""

    median: float
    p99: float
    max: float


@dataclass(frozen=True)
class Absence:
    """A device or a program that was gone: what it is, its name, how often, and for how many seconds in all."""

    what: str
    device: str
    times: int
    seconds: float


@dataclass(frozen=True)
class InsertReport:
    """An effect on a stem. block_s: seconds that it takes for a block      trouble: what has ended it, if anything"""

    stem: str
    effects: str
    latency_frames: int
    block_s: float
    trouble: str | None


@dataclass(frozen=True)
class RunReport:
    """A run as it stands. NB: the names and their order are those of the JSON object that users' programs read.

    samplerate: Hz, of the device      latency_s, latency_parts_s, latency_frames: as they are now
    window_s: what a separator of windows sees at once, or None      preferred: whether the system lets us go first
    expected_loss_db: against offline separation, in the median second and over a song; None where nobody knows
    heard_s: seconds of the input that have been played      eased_hops: made with less than was asked for
    blocks ... gaps: as `Engine.counts` has them      files: name to path
    """

    model: str
    provider: str
    samplerate: int
    separator: str
    sources: list[str]
    latency_s: float
    latency_parts_s: dict[str, float]
    latency_frames: int
    window_s: float | None
    preferred: bool
    expected_loss_db: tuple[float, float] | None
    heard_s: float
    hops: int
    eased_hops: int
    blocks: int
    misses: int
    late_frames: int
    underruns: int
    overruns: int
    insert_misses: int
    cleaned: int
    xruns: int
    gaps: int
    hop_time_s: HopTime
    files: dict[str, str]
    absences: list[Absence]
    inserts: list[InsertReport]

    def json(self) -> dict[str, Any]:
        """The JSON object of it."""
        return asdict(self)
