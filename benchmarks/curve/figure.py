"""The curve as a figure: quality against latency, compute as colour, what peers have published beside it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.curve.published import published
from benchmarks.curve.results import OFFLINE
from benchmarks.curve.summary import Line, mean
from stream.common.errors import Failure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKERS = {"windowed": "o", "stateful": "D"}
SUFFIXES = (".svg", ".png")
COLOURS, REAL_TIME = "viridis_r", 1.0  # seconds per second: what takes longer has the last colour, and a ring
GREY = "0.4"
PLACES = {"right": (8, -2), "below": (-6, -22), "above": (-4, 3)}  # points, from a point to its name


def check(path: Path) -> None:
    """Raises Failure if a figure cannot be drawn there, before hours are spent on it."""
    if path.suffix not in SUFFIXES:
        raise Failure(f"a plot is a {' or '.join(SUFFIXES)} file, not {path.name}")
    try:
        import matplotlib  # noqa: F401 - only whether it is there
    except ModuleNotFoundError as error:
        raise Failure(f"--plot needs {error.name}, which is not installed: pip install matplotlib") from error


def draw(lines: Sequence[Line], path: Path, title: str) -> None:
    """Write the figure. Raises OSError.

    title: of what music, model and machine it is
    """
    import matplotlib as mpl
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

    mpl.rcParams.update({"svg.hashsalt": "curve", "svg.fonttype": "none"})  # the same file for the same figures
    figure = Figure(figsize=(9, 5.5), layout="constrained")
    axes = figure.subplots()
    _ours(axes, lines)
    _theirs(axes)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda seconds, _at: f"{1000 * seconds:g} ms" if seconds < 1 else f"{seconds:g} s")
    axes.set_xlabel("latency: hop, lookahead, crossfade and budget, without the device's own")
    axes.set_ylabel("SDR, mean of stems and songs, dB")
    axes.set_title(title, fontsize=9)
    axes.grid(alpha=0.3)
    axes.margins(y=0.12)
    axes.legend(loc="best", fontsize=8)
    colours = ScalarMappable(mpl.colors.Normalize(0, REAL_TIME), COLOURS)
    figure.colorbar(colours, ax=axes, extend="max", label="compute, seconds per second of audio")
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=150)


def _ours(axes: "Axes", lines: Sequence[Line]) -> None:
    for kind, marker in MARKERS.items():
        some = [line for line in lines if line.kind == kind]
        if some:
            axes.scatter(*_places(some), c=[line.compute for line in some], vmin=0, vmax=REAL_TIME, cmap=COLOURS,
                         marker=marker, s=45, edgecolor="black", linewidth=0.5, zorder=3, label=f"{kind} HTDemucs")
    slow = [line for line in lines if line.kind != OFFLINE and not line.held]
    if slow:
        axes.scatter(*_places(slow), facecolor="none", edgecolor="tab:red", s=130, zorder=2,
                     label="too slow here: a hop's p99 is longer than the hop")
    for line in lines:
        if line.kind == OFFLINE:
            axes.axhline(mean(line.scores["sdr"]), color="black", linestyle="--", linewidth=1, label="HTDemucs offline")


def _places(lines: Sequence[Line]) -> tuple[list[float], list[float]]:
    return [line.latency_s for line in lines], [mean(line.scores["sdr"]) for line in lines]


def _theirs(axes: "Axes") -> None:
    """Grey, each with its name and music; one whose latency we do not know is a line."""
    label: str | None = "published by others, each on its own music"
    for peer in published():
        beside, text = PLACES[peer.label], f"{peer.name}\n({peer.music})"
        if peer.latency_s is None:
            axes.axhline(peer.sdr_db, color=GREY, linestyle=":", linewidth=1)
            axes.annotate(f"{peer.name}, latency unknown to us ({peer.music})", (1, peer.sdr_db), beside, fontsize=7,
                          xycoords=("axes fraction", "data"), textcoords="offset points", ha="right", color=GREY)
            continue
        axes.plot(peer.latency_s, peer.sdr_db, marker="X", markersize=8, linestyle="none", color=GREY, label=label)
        axes.annotate(text, (peer.latency_s, peer.sdr_db), beside, textcoords="offset points", fontsize=7, color=GREY)
        label = None
