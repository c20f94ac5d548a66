"""A short multitrack song of our own making, so that a separation can be scored against its true stems.

Made from nothing: a kick, a snare and hats; a plucked bass; a detuned pad on four chords; and a voice, which is
glottal pulse train through the formants of five vowels (Fant's source-filter model), with vibrato and consonants.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, lfilter, sosfilt

from stream.audiofiles.audiofile import AudioReader, AudioWriter

SAMPLERATE = 44_100
BEAT_S = 60 / 100
BARS = 12
SUNG_S = 2.0  # before it nobody sings
CHORDS = ((57, 60, 64), (53, 57, 60), (48, 52, 55), (55, 59, 62))  # MIDI notes: Am F C G, a bar each
MELODY = (69, 72, 71, 69, 65, 69, 67, 65, 64, 67, 72, 71, 67, 71, 74, 71)  # one a beat
Formants = tuple[tuple[float, float, float], ...]
# Hz, dB, bandwidth: formants of a tenor (Csound manual, appendix D)
VOWELS: dict[str, Formants] = {
    "a": ((650, 0, 80), (1080, -6, 90), (2650, -7, 120), (2900, -8, 130), (3250, -22, 140)),
    "e": ((400, 0, 70), (1700, -14, 80), (2600, -12, 100), (3200, -14, 120), (3580, -20, 120)),
    "i": ((290, 0, 40), (1870, -15, 90), (2800, -18, 100), (3250, -20, 120), (3540, -30, 120)),
    "o": ((400, 0, 70), (800, -10, 80), (2600, -12, 100), (2800, -12, 130), (3000, -26, 135)),
    "u": ((350, 0, 40), (600, -20, 60), (2700, -17, 100), (2900, -14, 120), (3300, -26, 120)),
}
STEMS = ("drums", "bass", "other", "vocals")

Signal = npt.NDArray[np.float64]


def _hz(note: float) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def _seconds(length_s: float) -> Signal:
    return np.arange(int(length_s * SAMPLERATE)) / SAMPLERATE


def _add(track: Signal, start_s: float, sound: Signal, pan: float = 0.5) -> None:
    """Put a mono sound into a stereo track: float64 (2, frames); equal-power panning."""
    start = int(start_s * SAMPLERATE)
    sound = sound[: track.shape[1] - start]
    for channel, gain in enumerate((np.cos(pan * np.pi / 2), np.sin(pan * np.pi / 2))):
        track[channel, start : start + len(sound)] += gain * sound


def _drums(track: Signal, rng: np.random.Generator) -> None:
    t = _seconds(0.35)
    kick = np.sin(2 * np.pi * (48 * t + 9 * (1 - np.exp(-t * 30)))) * np.exp(-t * 9)
    body = np.sin(2 * np.pi * 190 * t) * np.exp(-t * 25)
    snare = 0.5 * body + 0.6 * rng.standard_normal(len(t)) * np.exp(-t * 18)
    highs = butter(4, 7000, "high", fs=SAMPLERATE, output="sos")
    hat = sosfilt(highs, rng.standard_normal(len(t))) * np.exp(-t * 60)
    for beat in range(BARS * 4):
        at = beat * BEAT_S
        _add(track, at, 0.9 * kick if beat % 2 == 0 else 0.55 * snare)
        for half in (0.0, 0.5):
            _add(track, at + half * BEAT_S, (0.3 if half else 0.2) * hat, 0.65)
        if beat % 8 == 5:
            _add(track, at + 0.5 * BEAT_S, 0.7 * kick)


def _bass(track: Signal, _rng: np.random.Generator) -> None:
    for half in range(BARS * 8):
        root = CHORDS[half // 8 % 4][0] - 24
        t = _seconds(0.46 * BEAT_S)
        wave = sum(np.sin(2 * np.pi * _hz(root) * k * t) / k * np.exp(-t * 3 * k) for k in range(1, 9))
        _add(track, half * BEAT_S / 2, 0.35 * wave * np.minimum(1, (t[-1] - t) / 0.01))


def _other(track: Signal, rng: np.random.Generator) -> None:
    soft = butter(2, 2400, fs=SAMPLERATE, output="sos")
    for bar in range(BARS):
        t = _seconds(4 * BEAT_S)
        envelope = np.minimum(1, t / 0.15) * np.minimum(1, (t[-1] - t) / 0.1)
        for note in CHORDS[bar % 4]:
            for detune, pan in ((-0.06, 0.15), (0.0, 0.5), (0.06, 0.85)):
                phase = _hz(note + detune) * t + rng.random()
                _add(track, bar * 4 * BEAT_S, 0.05 * sosfilt(soft, 2 * (phase % 1) - 1) * envelope, pan)


def _vocals(track: Signal, rng: np.random.Generator) -> None:
    """One syllable a beat in phrases of seven beats: pitch glides, vowels melt into each other, consonants between."""
    beats = np.arange(BARS * 4)
    sung = (beats >= 4) & (beats % 8 != 3)
    t = np.arange(track.shape[1]) / SAMPLERATE
    beat = np.minimum((t / BEAT_S).astype(int), len(beats) - 1)
    since = t - beat * BEAT_S
    smooth = butter(2, 7, fs=SAMPLERATE, output="sos")
    notes = np.array([MELODY[b % len(MELODY)] - 12 for b in beats], float)
    drift = sosfilt(butter(1, 4, fs=SAMPLERATE, output="sos"), rng.standard_normal(len(t))) * 2.0
    vibrato = 0.35 * np.sin(2 * np.pi * 5.3 * t) * np.clip(since / 0.3, 0, 1)
    note = sosfilt(smooth, notes[beat] - notes[0]) + notes[0] + vibrato + drift
    source = _glottis(440 * 2 ** ((note - 69) / 12), rng)
    vowel = np.array([rng.integers(len(VOWELS)) for _ in beats])
    voice = np.zeros_like(t)
    for index, formants in enumerate(VOWELS.values()):
        voice += sosfilt(smooth, (vowel[beat] == index).astype(float)) * _formants(source, formants)
    onset = np.clip((since - 0.05) / 0.05, 0, 1) * np.clip((0.97 * BEAT_S - since) / 0.05, 0, 1)
    loud = sung[beat] * onset * (0.8 + 0.2 * np.exp(-since * 3))
    hiss = np.array([(0.0, 0.3, 0.2)[b % 3] for b in beats])[beat] * sung[beat]
    band = butter(2, (4500, 10_000), "band", fs=SAMPLERATE, output="sos")
    consonants = sosfilt(band, rng.standard_normal(len(t))) * hiss * np.clip(since / 0.02, 0, 1) * np.clip(
        (0.11 - since) / 0.03, 0, 1)
    _add(track, 0, loud * voice + consonants)


def _glottis(hz: Signal, rng: np.random.Generator) -> Signal:
    """Rosenberg's glottal pulses (JASA 49, 1971), differentiated as lips do, with jitter, shimmer and breath."""
    phase = np.cumsum(hz) / SAMPLERATE
    period = phase.astype(int)
    phase = phase - period + 0.006 * rng.standard_normal(period[-1] + 1)[period]
    opening, closing = 0.4, 0.16
    flow = np.where(phase < opening, 0.5 - 0.5 * np.cos(np.pi * phase / opening),
                    np.cos(np.pi / 2 * np.clip((phase - opening) / closing, 0, 1)))
    flow = np.where((phase < 0) | (phase > opening + closing), 0, flow)
    shimmer = 1 + 0.05 * rng.standard_normal(period[-1] + 1)[period]
    breath = 0.02 * rng.standard_normal(len(hz)) * (0.3 + flow)
    spoken: Signal = np.diff(flow * shimmer, prepend=0) * 10 + breath
    return spoken


def _formants(source: Signal, formants: Formants) -> Signal:
    """Resonators side by side: Hz, dB and bandwidth of each; alternating signs keep the dips between them shallow."""
    total = np.zeros_like(source)
    for index, (hz, db, width) in enumerate(formants):
        radius = np.exp(-np.pi * width / SAMPLERATE)
        angle = 2 * np.pi * hz / SAMPLERATE
        gain = (1 - radius) * np.sqrt(1 - 2 * radius * np.cos(2 * angle) + radius**2)
        sign = -1 if index % 2 else 1
        total += sign * 10 ** (db / 20) * lfilter([gain], [1, -2 * radius * np.cos(angle), radius**2], source)
    return total * 4.0


_PLAYERS: dict[str, Callable[[Signal, np.random.Generator], None]] = {
    "drums": _drums, "bass": _bass, "other": _other, "vocals": _vocals}


def stems() -> dict[str, npt.NDArray[np.float32]]:
    """The song, stem by stem: float32 (frames, 2) at 44,100 Hz; always the same."""
    made = {}
    for seed, stem in enumerate(STEMS):
        track = np.zeros((2, int(BARS * 4 * BEAT_S * SAMPLERATE)))
        _PLAYERS[stem](track, np.random.default_rng(seed))
        made[stem] = np.ascontiguousarray(0.5 * track.T, np.float32)
    return made


def music() -> npt.NDArray[np.float32]:
    """The mix from where all stems sound: float32 (2, frames) at 44,100 Hz."""
    mix: npt.NDArray[np.float32] = np.sum(list(stems().values()), axis=0).T[:, int(SUNG_S * SAMPLERATE) :]
    return mix


def write(folder: Path) -> dict[str, Path]:
    """Write `mix.wav`, the sum, and the stems; their paths without the mix's. Raises Failure."""
    made = stems()
    paths = {}
    mix = np.stack(list(made.values())).sum(axis=0)
    for name, frames in {"mix": mix, **made}.items():
        writer = AudioWriter(folder / f"{name}.wav", SAMPLERATE)
        try:
            writer.write(frames)
        except BaseException:
            writer.close(keep=False)
            raise
        writer.close()
        paths[name] = folder / f"{name}.wav"
    del paths["mix"]
    return paths


def score(true: Mapping[str, Path], found: Mapping[str, str]) -> dict[str, float]:
    """SDR in dB of each stem that is in both: 10·log10(|true|² / |true - found|²)."""
    scores = {}
    for stem in true.keys() & found.keys():
        with AudioReader(true[stem]) as a, AudioReader(Path(found[stem])) as b:
            reference, estimate = a.read(a.frames), b.read(b.frames)
        frames = min(len(reference), len(estimate))
        reference, error = reference[:frames], reference[:frames] - estimate[:frames]
        power, noise = float(np.sum(reference**2, dtype=np.float64)), float(np.sum(error**2, dtype=np.float64))
        scores[stem] = 10 * np.log10((power + 1e-12) / (noise + 1e-12))
    return {stem: float(scores[stem]) for stem in true if stem in scores}
