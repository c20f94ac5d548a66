"""What a person sees while it runs: one line that changes on a terminal, nothing elsewhere; and the closing report."""

from collections.abc import Sequence

from rich.console import Console
from rich.live import Live
from rich.text import Text

from stream.live.engine import Engine
from stream.mixer.controls import Controls
from stream.session.report import Absence, InsertReport, RunReport


def line(engine: Engine, mixer: Controls, keys: str) -> Text:
    """Time, stems with what is muted or soloed, and what went wrong so far."""
    counts, rate = engine.counts(), engine.latency.samplerate
    text = Text(clock(engine.heard / rate))
    if engine.expected is not None:
        text.append(f" of {clock(engine.expected / rate)}")
    for stem in mixer.sources:
        style = "dim strike" if mixer.on(stem, "mute") else "bold reverse" if mixer.on(stem, "solo") else "bold"
        text.append("  ").append(stem, style)
    text.append(f"  latency {engine.latency.total_s:.2f} s  misses {counts['misses']}  xruns {counts['xruns']}")
    if keys:
        text.append(f"   {keys}", "dim")
    return text


class Status:
    """The line, refreshed by whoever watches."""

    def __init__(self, console: Console, engine: Engine, mixer: Controls, keys: str) -> None:
        """Nothing is shown yet."""
        self._engine, self._mixer, self._keys = engine, mixer, keys
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None

    def show(self) -> None:
        """Show things as they are."""
        if self._live is not None:
            self._live.update(line(self._engine, self._mixer, self._keys), refresh=True)

    def __enter__(self) -> "Status":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._live is not None:
            self._live.stop()


def clock(seconds: float) -> str:
    """Minutes and seconds."""
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"


def latency_lines(report: RunReport) -> str:
    """The latency and its parts, as a sentence."""
    parts = " + ".join(f"{name.replace('_', ' ')} {seconds * 1000:.0f}"
                       for name, seconds in report.latency_parts_s.items() if seconds)
    return f"latency {report.latency_s * 1000:.0f} ms = {parts} ({report.latency_frames} frames)"


def insert_lines(inserts: Sequence[InsertReport]) -> list[str]:
    """What there is to say of effects."""
    return [f"insert on {insert.stem}: {insert.effects}, {insert.latency_frames} frames late, "
            f"{insert.block_s * 1000:.2f} ms a block" for insert in inserts]


def opening_lines(report: RunReport) -> list[str]:
    """What there is to say before the first frame."""
    lines, loss_db = [latency_lines(report)], report.expected_loss_db
    lines += insert_lines(report.inserts)
    if loss_db is not None:
        lines.append(f"expected loss against offline separation: {loss_db[0]:g} dB in the median second, "
                     f"{loss_db[1]:g} dB over a whole song, most of it at the moment an instrument enters")
    return lines


def closing_lines(report: RunReport) -> list[str]:
    """What there is to say at the end of a run."""
    times = report.hop_time_s
    eased = f"{report.eased_hops} made with less, " if report.eased_hops else ""
    late = f"{report.insert_misses} blocks without an insert, " if report.insert_misses else ""
    return [
        latency_lines(report),
        f"{clock(report.heard_s)} heard, {report.hops} hops, {eased}{report.misses} missed, "
        f"{late}{report.underruns} underruns, {report.xruns} xruns; "
        f"a hop took {times.median * 1000:.0f} ms (median), {times.max * 1000:.0f} at most",
        *absence_lines(report.absences),
        *(f"wrote {path}" for path in report.files.values()),
    ]


def absence_lines(absences: Sequence[Absence]) -> list[str]:
    """What there is to say of who was gone."""
    return [f"the {gone.what} {gone.device} was gone {_times(gone.times)}, for {gone.seconds:.1f} s"
            for gone in absences]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
