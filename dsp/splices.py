"""Where a song is shortened or lengthened so that its attacks come in time: the plan of a stretcher's splices.

Between two anchors (onsets) the song is heard untouched but for a splice: a jump by a few ms under a crossfade. The
jump is as long as brings the next anchor to the frame where the tempo wants it; where it goes, and by exactly how much
within what nobody hears as late, is wherever the two sides of the crossfade are most alike.

    song    ──│▓▓▓▓▓▓▓·······╲    ╱········│▓▓▓▓▓▓──▶
            anchor            ╲  ╱ jump   anchor
             └ before, after   ╲╱          └ late by at most a few ms of the ideal map

Similarity is measured as W. Verhelst and M. Roelands do ("An overlap-add technique based on waveform similarity
(WSOLA)", ICASSP 1993), but as the energy of the difference, so that a splice seeks silence as well as likeness.
Everything here counts in the direction of play: backwards, frame -v of the song is frame v.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Float = NDArray[np.float32]

# the state: float64 (STATE,). Frames that are read, in the direction of play, and those that should be
(POSITION, IDEAL, COUNT, RATE, PLANNED, CUT, JUMP, FADED, UNTIL) = range(9)
STATE = 9
NEVER = 1e18
COARSE = 8  # frames that are one, where likeness is sought at first
LIFT = np.float32(0.3)  # of the coarse signal before, that is taken off: else the bass alone decides
BASE_COST = 0.03  # of a splice, however alike its sides are: 1 is that of two sounds that have nothing in common
LATE_COST = 0.4  # of the strongest anchor that is late by `tight`; it grows with the fourth power
LAX_COST = 0.5  # of being late by `lax` where nothing begins; it grows with the square
LONG = 1.6  # chunks: a longer gap is planned by chunks
LEAST_ROOM = 64  # frames
LEAST_JUMP = 4  # coarse frames: what is nearer is as good as no jump
MOST_ANCHORS = 6  # between which no splice fits


class Sizes(NamedTuple):
    """In frames, all of them.

    before, after: how much of the song around an anchor stays untouched
    fade: of a splice      reach: how far one may jump where nothing begins
    chunk: what is planned at once there      lax, tight: how late may be there, and at an anchor
    """

    before: int
    after: int
    fade: int
    reach: int
    chunk: int
    lax: int
    tight: int


class Anchors(NamedTuple):
    """Onsets that shall be in time.

    frames: int64 (n,), of the song, ascending      weights: float64 (n,), 0 to 1, how much each matters
    """

    frames: NDArray[np.int64]
    weights: NDArray[np.float64]


class Excerpt(NamedTuple):
    """A part of the song, float32 (frames, channels), the number of its first frame, and the direction, 1 or -1."""

    frames: Float
    first: int
    sign: int


class Gap(NamedTuple):
    """Where a splice may be: [begin, end); nothing before `floor` may be heard again.

    first, number: of the anchors that the splice brings in time; none where the gap is a chunk of a longer one
    """

    begin: float
    end: float
    floor: float
    first: int
    number: int


def sizes(samplerate: int) -> Sizes:
    """As they were found to be best (docs/notes/stretching.md)."""
    return Sizes(*(round(ms * samplerate / 1000) for ms in (4, 10, 8, 22, 120, 15, 2)))


@njit(cache=True, nogil=True, error_model="numpy")
def ideal(state: Any) -> float:
    """The frame that should be read now, in the direction of play."""
    return float(state[IDEAL] + state[COUNT] * abs(state[RATE]))


@njit(nogil=True, error_model="numpy")
def plan(state: Any, song: Any, anchors: Any, sizes: Any, work: Any) -> None:
    """Decide on the next splice, or until when there is none.

    work: float32 (n,), for all that is looked at, COARSE frames each
    """
    state[CUT], state[JUMP], state[FADED], state[PLANNED] = NEVER, 0, 0, state[RATE]
    at_rest = abs(state[RATE]) == 1
    if at_rest and abs(state[POSITION] - ideal(state)) < 1:
        state[IDEAL], state[COUNT], state[UNTIL] = state[POSITION], 0, NEVER  # from here on it is the song, bit for bit
        return
    gap = _gap(state, anchors, song.sign, sizes)
    state[UNTIL] = gap.end if gap.number == 0 else _frame(anchors, gap.first, song.sign) + sizes.after
    room = gap.end - gap.begin - sizes.fade
    if room < LEAST_ROOM:
        return
    low, high = _jumps(state, anchors, song.sign, gap, sizes)
    at, jump = _coarse(state, song, anchors, (gap, low, high, sizes), work)
    if jump != 0 and not at_rest:
        jump += _fine(song, at, jump, sizes.fade)
    if jump != 0:
        state[CUT], state[JUMP], state[UNTIL] = at, jump, NEVER


@njit(nogil=True, error_model="numpy")
def _frame(anchors: Any, k: int, sign: int) -> float:
    n = len(anchors.frames)
    if not 0 <= k < n:
        return -NEVER if k < 0 else NEVER
    return float(anchors.frames[k]) if sign > 0 else -float(anchors.frames[n - 1 - k])


@njit(nogil=True, error_model="numpy")
def _first_after(anchors: Any, at: float, sign: int) -> int:
    low, high = 0, len(anchors.frames)
    while low < high:
        middle = (low + high) // 2
        if _frame(anchors, middle, sign) > at:
            high = middle
        else:
            low = middle + 1
    return low


@njit(nogil=True, error_model="numpy")
def _late(state: Any, at: float, jump: float) -> float:
    """By how many of the song's frames the frame `at` is too early if the next splice jumps so far; negative: late."""
    return float(at - ideal(state) - abs(state[RATE]) * (at - state[POSITION] - jump))


@njit(nogil=True, error_model="numpy")
def _gap(state: Any, anchors: Any, sign: int, sizes: Any) -> Any:
    """The gap before the next anchor; where it is too short for what must be made up for, that anchor gives way."""
    position = state[POSITION]
    k = _first_after(anchors, position + sizes.before, sign)
    floor = _frame(anchors, k - 1, sign) + sizes.after
    begin, floor = max(position, floor), max(floor, position - 4 * sizes.reach)
    while True:
        anchor = _frame(anchors, k, sign)
        end = anchor - sizes.before
        if end - begin > LONG * sizes.chunk:
            return Gap(begin, begin + sizes.chunk, floor, k, 0)
        behind = abs(_late(state, anchor, 0.0)) - 1.5 * sizes.tight
        if behind <= 0 or end - begin >= sizes.fade + LEAST_ROOM + behind:
            break
        k += 1
    count, short = 1, sizes.before + sizes.after + sizes.fade + 4 * LEAST_ROOM
    while count < MOST_ANCHORS and _frame(anchors, k + count, sign) - _frame(anchors, k + count - 1, sign) < short:
        count += 1
    return Gap(begin, end, floor, k, count)


@njit(nogil=True, error_model="numpy")
def _jumps(state: Any, anchors: Any, sign: int, gap: Any, sizes: Any) -> Any:
    """The shortest and the longest jump (backwards is negative) that is worth looking at and fits into the gap."""
    if abs(state[RATE]) == 1:
        low = high = np.round(ideal(state) - state[POSITION])
    elif gap.number == 0:
        wish = -_late(state, gap.end, 0.0) / abs(state[RATE])
        low, high = min(-sizes.reach, wish), max(sizes.reach, wish)
    else:
        wish = -_late(state, _frame(anchors, gap.first, sign), 0.0) / abs(state[RATE])
        low, high = wish - 4 * sizes.tight, wish + 4 * sizes.tight
    furthest, longest = gap.floor + sizes.fade - gap.end, gap.end - gap.begin - sizes.fade
    return min(max(low, furthest), longest), max(min(high, longest), furthest)


@njit(nogil=True, error_model="numpy")
def _lateness(state: Any, anchors: Any, sign: int, gap: Any, jump: float, sizes: Any) -> float:
    """What a jump costs by what is late after it."""
    if gap.number == 0:
        return float(LAX_COST * (_late(state, gap.end, jump) / sizes.lax) ** 2)
    total, n = 0.0, len(anchors.frames)
    for k in range(gap.first, min(n, gap.first + gap.number)):
        weight = anchors.weights[k if sign > 0 else n - 1 - k]
        total += weight * LATE_COST * (_late(state, _frame(anchors, k, sign), jump) / sizes.tight) ** 4
    return total


@njit(nogil=True, error_model="numpy")
def _coarse(state: Any, song: Any, anchors: Any, gap_low_high_sizes: Any, work: Any) -> Any:
    """The cheapest splice: where it begins, and its jump; a jump of 0 is none."""
    gap, low, high, sizes = gap_low_high_sizes
    at_rest = abs(state[RATE]) == 1
    back = int(np.ceil((gap.begin - gap.floor) / COARSE)) + 1  # a song of coarse frames, from the floor on
    base = gap.begin - back * COARSE
    end = int((gap.end - base) / COARSE)
    _gather(song, base, end + 1, work)
    fade = sizes.fade // COARSE
    energy = np.float32(1e-9)
    for i in range(back, end):
        energy += work[i] * work[i]
    energy *= np.float32(fade / max(1, end - back))
    best = NEVER if at_rest else _lateness(state, anchors, song.sign, gap, 0.0, sizes) - BASE_COST
    best_at, best_jump = gap.begin, 0.0
    for lag in range(int(np.round(low / COARSE)), int(np.round(high / COARSE)) + 1):
        jump = low if at_rest else float(lag * COARSE)
        late = 0.0 if at_rest else _lateness(state, anchors, song.sign, gap, jump, sizes)
        begin = max(back, 1 - lag)
        if late < best and (at_rest or abs(lag) >= LEAST_JUMP) and begin <= end - fade - max(lag, 0):
            at, difference = _most_alike(work, lag, begin, end - fade - max(lag, 0), fade)
            if difference / energy + late < best:
                best, best_at, best_jump = difference / energy + late, base + at * COARSE, jump
    return best_at, best_jump


@njit(nogil=True, error_model="numpy")
def _most_alike(work: Any, lag: int, begin: int, last: int, fade: int) -> Any:
    """Where, from `begin` to `last`, a fade's frames are most like those `lag` later; and their difference's energy."""
    energy = np.float32(0)
    for i in range(begin, begin + fade):
        energy += (work[i] - work[i + lag]) ** 2
    best, best_at = energy, begin
    for i in range(begin, last):
        energy += (work[i + fade] - work[i + fade + lag]) ** 2 - (work[i] - work[i + lag]) ** 2
        if energy < best:
            best, best_at = energy, i + 1
    return best_at, max(best, np.float32(0))


@njit(nogil=True, error_model="numpy")
def _fine(song: Any, at: float, jump: float, fade: int) -> int:
    """What to add to a jump so that its sides are most alike at the song's own rate."""
    best, best_step = np.float32(NEVER), 0
    for step in range(-COARSE // 2, COARSE // 2 + 1):
        energy = np.float32(0)
        for i in range(0, fade, 2):
            energy += (_mono(song, at + i) - _mono(song, at + i + jump + step)) ** 2
        if energy < best:
            best, best_step = energy, step
    return best_step


@njit(nogil=True, error_model="numpy")
def _mono(song: Any, at: float) -> Any:
    """The sum of the first two channels, which are the whole song."""
    i = int(song.sign * at) - song.first
    if not 0 <= i < len(song.frames):
        return np.float32(0)
    return song.frames[i, 0] + (song.frames[i, 1] if song.frames.shape[1] > 1 else np.float32(0))


@njit(nogil=True, error_model="numpy")
def _gather(song: Any, begin: float, count: int, work: Any) -> None:
    """Sums of COARSE frames each, with high frequencies lifted."""
    before = np.float32(0)
    for k in range(count):
        total = np.float32(0)
        for i in range(COARSE):
            total += _mono(song, begin + k * COARSE + i)
        work[k] = total - LIFT * before
        before = total
