"""Providers by hand: separators that take as long and agree as well as the test says, on a clock of their own."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from stream.separators.opening import Opening
from stream.tuning import cache, candidates, comparison, load, select, threadcount
from stream.tuning.candidates import Asked
from tests.rig.byhand import Frames, Shares


class Timed(Shares):
    """Takes so many seconds a hop, and adds noise so many dB below its stems."""

    def __init__(self, stage: "Stage", cost_s: float, noise_db: float) -> None:
        super().__init__(hop=4096)
        self.stage, self.cost_s, self.noise_db = stage, cost_s, noise_db
        self.rng = np.random.default_rng(2)

    def process(self, mix: Frames, stems: Frames) -> None:
        super().process(mix, stems)
        self.stage.now_s += self.cost_s
        level = float(np.std(stems)) * 10 ** (-self.noise_db / 20)
        stems += (level * self.rng.standard_normal(stems.shape)).astype(np.float32)


@dataclass
class Stage:
    """costs_s, noises_db: by provider      scaling: of the time, by threads      opened, said: so far"""

    file: Path
    costs_s: dict[str, float]
    noises_db: dict[str, float] = field(default_factory=dict)
    scaling: dict[int, float] = field(default_factory=dict)
    now_s: float = 0.0
    opened: list[Opening] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def open(self, opening: Opening) -> Timed:
        self.opened.append(opening)
        if opening.provider not in self.costs_s:
            raise RuntimeError(f"no {opening.provider} here\nat all")
        scale = self.scaling.get(opening.threads, 1.0)
        return Timed(self, self.costs_s[opening.provider] * scale, self.noises_db.get(opening.provider, 300.0))

    def asked(self, requested: str = "auto", threads: int = 0, sizes: tuple[object, ...] = ("live", 1.0)) -> Asked:
        opening = Opening("model", (self.file,), provider=requested, threads=threads)
        music = np.random.default_rng(1).standard_normal((2, 50_000)).astype(np.float32)
        return Asked(opening, sizes, self.open, lambda: music, self.said.append)


def build(folder: Path, monkeypatch: pytest.MonkeyPatch, costs_s: dict[str, float], installed: list[str],
          cores: int = 2) -> Stage:
    """A stage with a cache of its own, on a calm machine with so many cores."""
    (folder / "model.onnx").write_bytes(b"a model")
    made = Stage(folder / "model.onnx", costs_s)
    monkeypatch.setenv("DEMUCS_STREAM_CACHE", str(folder / "cache"))
    for module in (candidates, cache, select):
        monkeypatch.setattr(module, "here", lambda: installed)
    for module in (cache, threadcount):
        monkeypatch.setattr(module, "cores", lambda: cores)
    monkeypatch.setattr(comparison, "time", SimpleNamespace(perf_counter=lambda: made.now_s))
    monkeypatch.setattr(load, "STAT", folder / "absent")
    return made
