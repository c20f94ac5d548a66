"""What does a live latency cost in quality?

The windowed separator runs over excerpts hop by hop on no clock, one size changed at a time, beside the offline way
(segments of 7.8 s, overlap 0.25). SDR of each stem against the true one (and its median over seconds), and against
the offline output.
"""

import os
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.report import Report, parse
from benchmarks.song import Song, median_sdr, sdr, songs
from dsp.stft import FFT_HOP
from export.store import model_file
from stream.devices.audiofile import AudioReader, AudioWriter
from stream.geometry import SAMPLERATE, Geometry
from stream.offline.level import level
from stream.offline.segments import lay
from stream.offline.separation import by_segments
from stream.separators.network import Network
from stream.separators.protocol import Frames
from stream.separators.windowed import Windowed

QUESTION = (__doc__ or "").partition("\n")[0]
# seconds; all four stems are heard in the first, bass from 18 s on and other until 19 s; the second has no bass
EXCERPTS = {"lithium": (12.0, 22.0), "potassium": (6.0, 16.0)}
QUICK_EXCERPTS = {"potassium": (6.0, 8.0)}


@dataclass(frozen=True)
class Sizes:
    """Columns of window and hop; frames of lookahead and crossfade."""

    columns: int = 88
    hop: int = 28
    lookahead: int = 1024
    crossfade: int = 1024

    def __str__(self) -> str:
        return f"{self.columns}/{self.hop} lookahead {self.lookahead} crossfade {self.crossfade}"


BASE = Sizes()
FACTORS = {
    "lookahead": [replace(BASE, lookahead=frames) for frames in (0, 512, 1024, 2048, 4096)],
    "crossfade": [replace(BASE, crossfade=frames) for frames in (0, 512, 1024, 2048)],
    "hop": [replace(BASE, hop=hop) for hop in (8, 16, 28, 56)],
    "window": [replace(BASE, columns=24, hop=16), *(replace(BASE, columns=c) for c in (44, 88, 172, 336))],
}
# where the seams of the hops fall in the music matters as much as lookahead does (a bass that sets in at one): this is
# the mean over so many places, spread over a hop. Windows of one hop have their seams in the same places anyway.
PLACES = {"lookahead": 4, "crossfade": 4}
QUICK = {"lookahead": [replace(BASE, columns=24, hop=16, lookahead=frames) for frames in (0, 1024)]}


class Remembering(Network):
    """A network that runs the same window once only: lookahead and crossfade change what is delivered of it."""

    def __init__(self, path: Path, columns: int) -> None:
        """Open it. [main-thread]"""
        super().__init__(path, columns, spinning=True)
        self._known: dict[bytes, tuple[Frames, Frames]] = {}

    def run(self) -> None:
        """As `Network.run`, or from memory."""
        window = self.mix.tobytes()
        if window not in self._known:
            super().run()
            self._known[window] = self.wave_out.copy(), self.spec_out.copy()
        self.wave_out[:], self.spec_out[:] = self._known[window]


def live(network: Network, sizes: Sizes, song: Song, place: float = 0) -> Frames:
    """The excerpt's stems as given live, no residual: float32 (stems, 2, n). What came before is past context.

    place: of the hops' seams, as a share of a hop
    """
    geometry = Geometry(sizes.columns * FFT_HOP, sizes.hop * FFT_HOP, sizes.lookahead, sizes.crossfade)
    separator, mix, hop = Windowed(network, geometry), song.mix, geometry.hop
    early = int(place * sizes.hop) * FFT_HOP  # this much of the song is left out
    mix = mix[:, early:]
    start, stop = song.excerpt.start - early, song.excerpt.stop - early
    first = start // hop
    parts = []
    for at in range(0, stop + geometry.latency, hop):
        taken = np.zeros((2, hop), np.float32)
        piece = mix[:, at : at + hop]
        taken[:, : piece.shape[1]] = piece
        if at < first * hop:
            separator.skip(taken)
        else:
            parts.append(np.zeros((len(separator.sources), 2, hop), np.float32))
            separator.process(taken, parts[-1])
    begin = start - (first * hop - geometry.latency)
    heard: Frames = np.concatenate(parts, axis=2)[..., begin : begin + stop - start]
    return heard


def offline(network: Network, song: Song) -> Frames:
    """The excerpt's stems as `demucs-stream separate` gives them: float32 (stems, 2, n)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mix.wav"
        writer = AudioWriter(path, SAMPLERATE)
        writer.write(np.ascontiguousarray(song.mix[:, : song.excerpt.stop].T))
        writer.close()
        with AudioReader(path) as reader:
            how = lay(network.segment, 0.25, 0, network.samplerate)
            pieces = by_segments(network, reader, how, level(reader))
            stems = np.concatenate([piece.stems for piece in pieces], axis=2)
    return stems[..., song.excerpt]


def judge(song: Song, sources: tuple[str, ...], found: Frames, whole: Frames | None) -> dict[str, float]:
    """SDR per stem that the song has: overall, the median of seconds, and against the offline output."""
    row: dict[str, float] = {}
    for name, estimate, peer in zip(sources, found, found if whole is None else whole, strict=True):
        if name in song.stems:
            truth = song.stems[name][:, song.excerpt]
            row[name] = sdr(truth, estimate)
            row[f"{name} median"] = median_sdr(truth, estimate, SAMPLERATE)
            if whole is not None:
                row[f"{name} to offline"] = sdr(peer, estimate)
    return row


def residual_rules(mix: Frames, stems: Frames, other: int) -> dict[str, Frames]:
    """The stems after giving mix - sum(stems) back in different ways: float32 (stems, 2, n) each."""
    rest = mix - stems.sum(axis=0)
    energy = np.sum(stems**2, axis=(1, 2))
    shares = {"none": np.zeros(len(stems)), "all to other": np.eye(len(stems))[other],
              "equal shares": np.full(len(stems), 1 / len(stems)), "by energy": energy / energy.sum()}
    return {name: stems + (share[:, None, None] * rest).astype(np.float32) for name, share in shares.items()}


class Bench:
    """Networks opened once per window, rows printed as they come."""

    def __init__(self, path: Path, report: Report) -> None:
        """Nothing is opened yet."""
        self._path, self._report = path, report
        self._networks: dict[int, Network] = {}

    def network(self, columns: int) -> Network:
        """The network for windows of so many columns."""
        if columns not in self._networks:
            # only where lookahead and crossfade change: 15 MB a window
            remembering = columns == BASE.columns
            self._networks[columns] = (
                Remembering(self._path, columns) if remembering else Network(self._path, columns, spinning=True))
        return self._networks[columns]

    def row(self, song: Song, name: str, found: Iterable[Frames], whole: Frames | None) -> None:
        """Judge, print and keep one setting: the mean over its outputs, and how far apart these are."""
        sources = self.network(BASE.columns).sources
        rows = [judge(song, sources, each, whole) for each in found]
        row = {key: float(np.mean([each[key] for each in rows])) for key in rows[0]}
        spread = {f"{key} spread": float(np.ptp([each[key] for each in rows])) for key in rows[0]}
        self._report.results.setdefault(song.name, {})[name] = row | (spread if len(rows) > 1 else {})
        cells = [f"{row[s]:7.2f}{row[s + ' median']:7.2f}{row.get(s + ' to offline', np.nan):7.2f}"
                 if s in row else " " * 21 for s in sources]
        print(f"{name:48}{'  '.join(cells)}", flush=True)

    def song(self, song: Song, factors: dict[str, list[Sizes]]) -> None:
        """Everything for one song."""
        print(f"\n{song.name}: dB per stem: overall, median of seconds, against offline\n{'':48}"
              + "  ".join(f"{name:>21}" for name in self.network(BASE.columns).sources))
        whole = offline(Network(self._path, 336, spinning=True), song)
        self.row(song, "offline", [whole], None)
        mix = song.mix[:, song.excerpt]
        for factor, settings in factors.items():
            for sizes in settings:
                places = np.arange(PLACES.get(factor, 1)) / PLACES.get(factor, 1)
                found = (live(self.network(sizes.columns), sizes, song, place) for place in places)
                self.row(song, f"{factor}: {sizes}", found, whole)
        other = self.network(BASE.columns).sources.index("other")
        sizes = BASE if "window" in factors else next(iter(factors.values()))[0]
        outputs = {"live": live(self.network(sizes.columns), sizes, song), "offline": whole}
        for how, stems in outputs.items():
            for rule, given in residual_rules(mix, stems, other).items():
                self.row(song, f"residual, {how}: {rule}", [given], None)
        self._networks.clear()  # what they remember is of this song


def main() -> None:
    options = parse(QUESTION, model="htdemucs")
    path = model_file(options.model, lambda text: print(text, file=sys.stderr))
    excerpts = QUICK_EXCERPTS if options.quick else EXCERPTS
    report = Report(QUESTION, os.cpu_count() or 1, ("numpy", "onnxruntime"), samplerate=SAMPLERATE, excerpts_s=excerpts)
    bench = Bench(path, report)
    for song in songs(SAMPLERATE, **excerpts):
        bench.song(song, QUICK if options.quick else FACTORS)
        report.save(options.json)


if __name__ == "__main__":
    main()
