"""Rows of songs to lines of settings, and these to a table and a figure."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.curve import figure
from benchmarks.curve.published import published
from benchmarks.curve.results import OFFLINE, Results, Row
from benchmarks.curve.settings import HopSetting, WindowSetting, sizes
from benchmarks.curve.summary import Line, mean, summarise, table

SHORT, LONG = HopSetting(252, 8, 4), WindowSetting(88, 28)


def row(song: str, setting: HopSetting | WindowSetting | None, sdr: float, took_s: float = 0.05) -> Row:
    """Drums and vocals, 2 dB apart; the median second is a dB lower; no setting is offline."""
    scores = {stem: {"sdr": db, "median": db - 1} for stem, db in (("drums", sdr + 1), ("vocals", sdr - 1))}
    named = sizes(setting) if setting else {"kind": OFFLINE}
    return Row(song, str(setting or OFFLINE), named, 0.2 if setting else 0, took_s, 0.1, took_s / 2, took_s, scores)


@pytest.fixture
def results() -> Results:
    made = Results(None, {})
    for song, offline, short in (("a", 10, 8), ("b", 6, 5.5), ("c", 5, 5)):
        made.add(row(song, None, offline))
        made.add(row(song, SHORT, short, took_s=0.08 if song == "b" else 0.05))
    made.add(row("a", LONG, 9, took_s=0.2))
    return made


def by_name(lines: list[Line]) -> dict[str, Line]:
    return {line.setting: line for line in lines}


def test_whole_songs_are_averaged_and_medians_are_medians_of_songs(results: Results) -> None:
    line = by_name(summarise(results))[str(SHORT)]
    assert line.scores["sdr"] == pytest.approx({"drums": 18.5 / 3 + 1, "vocals": 18.5 / 3 - 1})
    assert line.scores["median"] == pytest.approx({"drums": 5.5, "vocals": 3.5})
    assert line.losses["sdr"] == pytest.approx({"drums": 2.5 / 3, "vocals": 2.5 / 3})
    assert mean(line.losses["median"]) == pytest.approx(0.5)
    assert line.scores["museval"] == {}


def test_the_slowest_song_sets_the_budget(results: Results) -> None:
    line = by_name(summarise(results))[str(SHORT)]
    assert (line.fixed_s, line.budget_s, line.latency_s) == pytest.approx((0.2, 0.08, 0.28))
    assert line.compute == pytest.approx(0.3)
    assert line.held


def test_a_setting_that_some_song_lacks_is_not_compared(results: Results) -> None:
    assert str(LONG) not in by_name(summarise(results))
    for song in "bc":
        results.add(row(song, LONG, 5, took_s=0.2))
    lines = summarise(results)
    assert [line.setting for line in lines] == [OFFLINE, str(SHORT), str(LONG)]
    assert not lines[-1].held
    assert "1.000!" in list(table(lines))[-1]


def test_the_figure_has_both_kinds_and_every_peer(results: Results, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for song in "bc":
        results.add(row(song, LONG, 5, took_s=0.2))
    figure.draw(summarise(results), tmp_path / "curve.svg", "of this test")
    texts = " ".join(ElementTree.parse(tmp_path / "curve.svg").getroot().itertext())
    for wanted in ("windowed HTDemucs", "stateful HTDemucs", "too slow here", *(peer.name for peer in published())):
        assert wanted in texts


def test_the_same_figures_draw_the_same_file(results: Results, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("1.svg", "2.svg"):
        figure.draw(summarise(results), tmp_path / name, "of this test")
    assert (tmp_path / "1.svg").read_bytes() == (tmp_path / "2.svg").read_bytes()
