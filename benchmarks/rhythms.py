"""Songs of our own making whose beats are known to the frame: drums, a bass, chords; steady, swung or human."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.float32]
Floats = NDArray[np.float64]
Hits = Mapping[str, tuple[float, ...]]

EIGHTHS = (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)
SIXTEENTHS = tuple(n / 4 for n in range(16))
CHORDS = ((45, 52, 57, 60), (41, 48, 57, 60), (48, 52, 55, 64), (43, 50, 55, 59))  # a minor, F, C, G

HOUSE: Hits = {"kick": (0, 1, 2, 3), "clap": (1, 3), "open": (0.5, 1.5, 2.5, 3.5), "bass": (0.5, 1.5, 2.5, 3.25)}
TECHNO: Hits = {"kick": (0, 1, 2, 3), "hat": SIXTEENTHS, "bass": (0.25, 0.5, 0.75, 1.25, 1.5, 2.25, 2.75, 3.5)}
ROCK: Hits = {"kick": (0, 2, 2.5), "snare": (1, 3), "hat": EIGHTHS, "bass": EIGHTHS}
BALLAD: Hits = {"kick": (0, 2), "snare": (1, 3), "hat": EIGHTHS, "bass": (0, 1.5, 2)}
HIPHOP: Hits = {"kick": (0, 0.75, 2.5), "snare": (1, 3), "hat": EIGHTHS, "bass": (0, 0.75, 2.5)}
FUNK: Hits = {"kick": (0, 0.75, 2.5, 3.25), "snare": (1, 3), "ghost": (0.75, 1.75, 2.25, 2.75), "hat": SIXTEENTHS,
              "bass": (0, 0.75, 1.5, 2.5, 2.75, 3.25)}
BREAKBEAT: Hits = {"kick": (0, 0.5, 2.5), "snare": (1, 3), "ghost": (1.75, 2.25, 3.75), "hat": EIGHTHS,
                   "bass": (0, 1.75)}
DNB: Hits = {"kick": (0, 2.5), "snare": (1, 3), "hat": EIGHTHS, "ghost": (1.75, 2.25), "bass": (0, 2.5)}
HALFTIME: Hits = {"kick": (0, 0.75, 3.5), "snare": (2,), "hat": EIGHTHS, "bass": (0, 1.5)}
REGGAETON: Hits = {"kick": (0, 1, 2, 3), "snare": (0.75, 1.5, 2.75, 3.5), "hat": EIGHTHS,
                   "bass": (0, 0.75, 1.5, 2, 3.5)}
TRESILLO: Hits = {"kick": (0, 1.5, 3), "hat": (0, 0.75, 1.5, 2.25, 3, 3.5), "bass": (0, 1.5, 3)}
SHUFFLE: Hits = {"kick": (0, 2), "snare": (1, 3), "hat": (0, 2 / 3, 1, 5 / 3, 2, 8 / 3, 3, 11 / 3),
                 "bass": (0, 2 / 3, 1, 2, 8 / 3, 3)}
WALTZ: Hits = {"kick": (0,), "snare": (1, 2), "hat": (0, 1, 2), "bass": (0,)}
PLUCKED: Hits = {"pluck": (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5), "bass": (0, 2)}
PUNK: Hits = {"kick": (0, 1.5, 2), "snare": (1, 3), "hat": (0, 1, 2, 3), "bass": EIGHTHS}


@dataclass(frozen=True)
class Rhythm:
    """How a song goes.

    tempo: beats per minute; bend: what it is times, beat by beat, a function of the beat's number, for what moves
    silence_s: before the first bar      jitter_s: of each hit, standard deviation      noise_db: above which all lies
    also: other tempos, as multiples, that nobody would call wrong
    quiet: bars (from, to) without drums      fills: every eighth bar
    """

    name: str
    hits: Hits
    tempo: float
    seconds: float = 60.0
    beats_per_bar: int = 4
    bend: Callable[[Floats], Floats] | None = None
    silence_s: float = 0.0
    jitter_s: float = 0.0
    swing: float = 0.0
    noise_db: float | None = None
    also: tuple[float, ...] = ()
    quiet: tuple[int, int] = (0, 0)
    fills: bool = True
    chords: bool = True
    seed: int = 0


@dataclass(frozen=True)
class Played:
    """A song as it sounds.

    samples: float32 (frames, 2)      beats: float64, frames of all beats, the first of them a downbeat
    """

    rhythm: Rhythm
    samplerate: int
    samples: Frames = field(repr=False)
    beats: Floats = field(repr=False)


def _drift(beat: Floats) -> Floats:
    return 1 + 0.05 * beat / 120


def _wander(beat: Floats) -> Floats:
    return 1 + 0.02 * np.sin(beat / 9) + 0.012 * np.sin(beat / 3.7 + 1)


def _jump(beat: Floats) -> Floats:
    return np.where(beat < 64, 1.0, 1.08)


RHYTHMS = (
    Rhythm("house 124", HOUSE, 124), Rhythm("house 128.37, silence", HOUSE, 128.37, silence_s=3.7),
    Rhythm("house with a break", HOUSE, 122, quiet=(8, 16)), Rhythm("techno 138", TECHNO, 138, chords=False),
    Rhythm("rock 92", ROCK, 92), Rhythm("rock 143.7, human", ROCK, 143.7, jitter_s=0.006),
    Rhythm("ballad 66", BALLAD, 66, also=(2,)), Rhythm("slow 60", BALLAD, 60, also=(2,)),
    Rhythm("punk 180", PUNK, 180, also=(0.5,)),
    Rhythm("hip-hop 87.5, swing", HIPHOP, 87.5, swing=0.08), Rhythm("funk 105, human", FUNK, 105, jitter_s=0.005),
    Rhythm("breakbeat 133", BREAKBEAT, 133), Rhythm("drum and bass 174", DNB, 174, also=(0.5,)),
    Rhythm("half-time 140", HALFTIME, 140, also=(0.5,)), Rhythm("reggaeton 95", REGGAETON, 95),
    Rhythm("tresillo 100", TRESILLO, 100), Rhythm("shuffle 118", SHUFFLE, 118), Rhythm("shuffle 150", SHUFFLE, 150),
    Rhythm("waltz 96", WALTZ, 96, beats_per_bar=3), Rhythm("waltz 168", WALTZ, 168, beats_per_bar=3, also=(1 / 3, 0.5)),
    Rhythm("no drums 110", PLUCKED, 110), Rhythm("rock 120, noise", ROCK, 120, noise_db=-14.0),
    Rhythm("drift 118", ROCK, 118, bend=_drift),
    Rhythm("wandering 104, human", FUNK, 104, bend=_wander, jitter_s=0.004),
    Rhythm("two tempos 120", HOUSE, 120, bend=_jump),
)


def play(rhythm: Rhythm, samplerate: int = 44100) -> Played:
    """Make it sound."""
    rng = np.random.default_rng(rhythm.seed)
    count = int(rhythm.seconds * rhythm.tempo / 60 * 1.2) + 8
    numbers = np.arange(count, dtype=np.float64)
    bend = np.ones(count) if rhythm.bend is None else rhythm.bend(numbers)
    periods = 60 * samplerate / (rhythm.tempo * bend)
    beats = rhythm.silence_s * samplerate + np.concatenate([[0.0], np.cumsum(periods)[:-1]])
    samples = np.zeros((int(rhythm.seconds * samplerate), 2), np.float32)
    sounds = _Sounds(samplerate, rng)
    for sound, beat, gain in _score(rhythm, count, rng):
        at = np.interp(beat, numbers, beats) + rng.normal() * rhythm.jitter_s * samplerate
        _add(samples, sounds.get(sound), round(float(at)), gain)
    samples *= np.float32(0.7 / max(1e-9, np.abs(samples).max()))
    if rhythm.noise_db is not None:
        level = np.float32(10 ** (rhythm.noise_db / 20) * np.sqrt((samples**2).mean() * 4))
        samples += level * rng.standard_normal(samples.shape).astype(np.float32)
    return Played(rhythm, samplerate, samples, beats[beats < len(samples)])


def _score(rhythm: Rhythm, count: int, rng: np.random.Generator) -> Iterator[tuple[str, float, float]]:
    """What is struck, at which beat, how loud."""
    length = rhythm.beats_per_bar
    for bar in range(count // length):
        chord = CHORDS[bar % 4]
        drums = not rhythm.quiet[0] <= bar < rhythm.quiet[1]
        fill = rhythm.fills and drums and bar % 8 == 7
        for sound, places in rhythm.hits.items():
            if sound in ("bass", "pluck"):
                names = [f"bass {chord[0] - 12}" if sound == "bass" else f"pluck {chord[n % 4] + 12}"
                         for n in range(len(places))]
            elif drums:
                names = [sound] * len(places)
            else:
                continue
            for name, place in zip(names, places, strict=True):
                late = rhythm.swing if round(place * 4) % 2 == 1 else 0
                if place < length and not (fill and place >= length - 1 and sound not in ("bass", "pluck")):
                    yield name, bar * length + place + late, rng.uniform(0.8, 1.0)
        if fill:
            yield from (("snare", bar * length + length - 1 + n / 4, 0.7 + 0.1 * n) for n in range(4))
        if drums and bar % 8 == 0:
            yield "crash", bar * length, 1.0
        if rhythm.chords:
            yield from ((f"pad {note} {length * 60 / rhythm.tempo:.3f}", bar * length, 1.0) for note in chord)


def _add(samples: Frames, sound: Frames, at: int, gain: float) -> None:
    begin, end = max(0, at), min(len(samples), at + len(sound))
    if begin < end:
        samples[begin:end] += np.float32(gain) * sound[begin - at : end - at]


class _Sounds:
    """Every sound once, float32 (frames, 2)."""

    def __init__(self, samplerate: int, rng: np.random.Generator) -> None:
        self._rate, self._rng = samplerate, rng
        self._made: dict[str, Frames] = {}

    def get(self, name: str) -> Frames:
        if name not in self._made:
            kind, *rest = name.split()
            mono = self._tone(kind, int(rest[0]), *map(float, rest[1:])) if rest else self._drum(kind)
            self._made[name] = np.repeat(mono[:, None], 2, axis=1).astype(np.float32)
        return self._made[name]

    def _time(self, seconds: float) -> Floats:
        return np.arange(int(seconds * self._rate)) / self._rate

    def _noise(self, seconds: float, decay_s: float, above_hz: float) -> Floats:
        t = self._time(seconds)
        noise = self._rng.standard_normal(len(t))
        spectrum = np.fft.rfft(noise)
        hz = np.fft.rfftfreq(len(t), 1 / self._rate)
        return np.fft.irfft(spectrum * (hz > above_hz) * (hz < 16_000), len(t)) * np.exp(-t / decay_s)

    def _drum(self, kind: str) -> Floats:
        if kind == "kick":
            t = self._time(0.25)
            sweep = np.sin(2 * np.pi * (50 * t + 3.5 * (1 - np.exp(-t / 0.03)))) * np.exp(-t / 0.08)
            return 0.9 * sweep + 0.1 * self._noise(0.25, 0.004, 1000)
        if kind in ("snare", "ghost"):
            t = self._time(0.2)
            body = 0.5 * np.sin(2 * np.pi * 190 * t) * np.exp(-t / 0.05) + 0.35 * self._noise(0.2, 0.06, 500)
            return body * (0.8 if kind == "snare" else 0.2)
        seconds, decay, level, above = {"hat": (0.08, 0.02, 0.12, 7000), "open": (0.25, 0.09, 0.14, 6000),
                                        "clap": (0.2, 0.05, 0.4, 900), "crash": (1.5, 0.5, 0.25, 3000)}[kind]
        return level * self._noise(seconds, decay, above)

    def _tone(self, kind: str, note: int, seconds: float = 0.4) -> Floats:
        hz = 440 * 2 ** ((note - 69) / 12)
        decay, rise, level, partials = {"bass": (0.2, 0.004, 0.3, 3), "pluck": (0.15, 0.002, 0.2, 5),
                                        "pad": (9.0, 0.03, 0.05, 4)}[kind]
        t = self._time(seconds)
        tone = np.sum([np.sin(2 * np.pi * hz * n * t) / n for n in range(1, partials + 1)], axis=0)
        gate = np.minimum(1, (seconds - t) / 0.05)
        sounding: Floats = level * tone * np.minimum(1, t / rise) * np.exp(-t / decay) * gate
        return sounding


def shortened(rhythm: Rhythm, seconds: float) -> Rhythm:
    """The beginning of it."""
    return replace(rhythm, seconds=seconds)
