"""Drums whose times are known to the frame, because they are made here."""

import numpy as np
from numpy.typing import NDArray

SAMPLERATE = 44_100
Float = NDArray[np.float32]
Pattern = tuple[Float, NDArray[np.int64]]
BAR = ("kick", "hat", "hat", "hat", "snare", "hat", "ghost", "hat")
FRAMES = {"kick": 9000, "snare": 6000, "hat": 2500, "ghost": 2500}
FLAM_S = 0.045


def both(seconds: float) -> dict[str, Pattern]:
    """A click track, and dense drums: float32 (frames, 2) each, and their attacks' frames."""
    return {"clicks": clicks(seconds), "dense": dense(seconds)}


def clicks(seconds: float) -> Pattern:
    """Four a second, none a whole number of blocks after the one before."""
    times = np.arange(SAMPLERATE // 2, int((seconds - 0.5) * SAMPLERATE), SAMPLERATE // 4)
    times += np.arange(len(times)) * 37 % 200
    i = np.arange(220)
    click = 0.8 * np.sin(2 * np.pi * 1500 * i / SAMPLERATE) * np.exp(-i / 40)
    return _laid(seconds, [(int(at), click) for at in times])


def dense(seconds: float) -> Pattern:
    """Kicks, snares, hats and ghost notes, sixteenths at 150 beats a minute a little early or late; with flams."""
    rng = np.random.default_rng(0)
    hits = []
    for k, second in enumerate(np.arange(0.5, seconds - 0.5, 0.1)):
        at = int((second + rng.normal(0, 0.003)) * SAMPLERATE)
        hits.append((at, _hit(BAR[k % 8], rng)))
        if k % 16 == 13:
            hits.append((at + int(FLAM_S * SAMPLERATE), _hit("ghost", rng)))
    return _laid(seconds, hits)


def _hit(kind: str, rng: np.random.Generator) -> NDArray[np.float64]:
    i = np.arange(FRAMES[kind])
    if kind == "kick":
        sound = 0.8 * np.sin(2 * np.pi * (50 * i / SAMPLERATE + 3 * (1 - np.exp(-i / 600)))) * np.exp(-i / 2500)
    elif kind == "snare":
        sound = (rng.normal(0, 0.25, len(i)) + 0.4 * np.sin(2 * np.pi * 190 * i / SAMPLERATE)) * np.exp(-i / 1500)
    elif kind == "hat":
        sound = np.diff(rng.normal(0, 0.1, len(i) + 1)) * np.exp(-i / 500)
    else:
        sound = rng.normal(0, 0.08, len(i)) * np.exp(-i / 700)
    shaped: NDArray[np.float64] = sound * np.minimum(1, (i + 1) / 20)
    return shaped


def _laid(seconds: float, hits: list[tuple[int, NDArray[np.float64]]]) -> Pattern:
    frames = np.zeros((int(seconds * SAMPLERATE), 2), np.float32)
    for at, sound in hits:
        room = len(frames[at : at + len(sound)])
        frames[at : at + room] += sound[:room, None].astype(np.float32)
    return frames, np.array([at for at, _ in hits], np.int64)
