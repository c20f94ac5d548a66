"""Sync: a song that goes in tempo and phase with the beat of whoever leads.

Where the song is to be is read off the leader's beat again and again, and never summed up from tempos: what is missing
is made up for by a bend that nobody hears, or where it is more than that by a jump, which is crossfaded like any other.

    leader   ──┬─────┬─────┬──     beat, and beats per frame, now and HORIZON_S later
    song     ───┬─────┬─────┬─     its own beats, `ratio` of them to one of the leader's
                └ off             in phase when the song is at the leader's place there

[any-thread]
"""

from dataclasses import dataclass, replace

from dsp.beatgrid import BeatGrid
from stream.decks.marks import PressRefused
from stream.decks.songhead import UNIT, SongHead, ticks
from stream.decks.tempo import SMOOTH_S, retimed
from stream.decks.transportstate import TransportState

HORIZON_S = SMOOTH_S  # ahead, where a song is to be in phase: it has the tempo that it wants by then
RATIOS = (1.0, 0.5, 2.0)  # beats of the song to one of the leader's; of two as near the first one counts
NEAR_S, PUSHED_S = 0.002, 0.01  # a phase that is off by less is bent, more is jumped; of a leader that is nudged
BEND = 50  # frames over which a song is bent by one: 2 %
EXACT, WHOLE = 1 / 512, 0.51  # frames, what a phase may be off: where it moves by whole frames, half of one
SAME_SPEED = 1e-10  # a frame in four days
_SHORT = 1 - 1e-6  # of a beat: shorter loops have no phase


@dataclass(frozen=True)
class LeadBeat:
    """The beat of whoever leads, at a position of the device.

    name: who leads
    beat: fractional; None: no phase that others could keep, as in a loop of less than a beat
    pace: beats per frame, as it is set      bend: the fraction of it that somebody adds for a moment
    """

    name: str
    beat: float | None
    pace: float
    bend: float = 0.0


def sync(state: TransportState, on: bool) -> TransportState:
    """Whether tempo and phase follow whoever leads; switched on again, what was nudged is forgotten."""
    settings = replace(state.settings, sync=on)
    return replace(state, settings=settings, follows="", nudge=0.0, nudged=False)


def lead_beat(name: str, state: TransportState) -> LeadBeat | None:
    """The beat of a deck for others; None: it has none, or nothing of it plays forwards at its tempo."""
    head, grid = _followed(state), state.grid
    if grid is None or not _goes(state):
        return None
    place = head.now / UNIT
    settings = state.settings
    beat = None if state.shadow is None and _rolls(state, grid) else grid.at(place)
    bend = settings.bend if state.wheel is None else head.rate_after(0) / settings.own_speed - 1  # a hand pushes it
    return LeadBeat(name, beat, settings.own_speed / grid.period_at(place), bend)


def follow(state: TransportState, now: LeadBeat, then: LeadBeat) -> TransportState:
    """In tempo and phase with whoever leads; the state itself where it is so already.

    now, then: the leader's beat at the state's frame, and HORIZON_S later
    PressRefused: the tempo slider does not lead to that tempo
    """
    grid = state.grid
    if grid is None or not state.settings.sync:
        return state
    ahead = round(HORIZON_S * state.samplerate)
    period = grid.period_at(_followed(state).after(ahead) / UNIT)
    ratio = ratio_of(then.pace, period)
    led = _in_tempo(state, then, ratio * then.pace * period, ahead)
    if _steers(led, grid) and now.beat is not None and then.beat is not None:
        led = _in_phase(led, _Phases(grid, ratio, now.beat, then.beat, ahead, now.bend != 0 or then.bend != 0))
    return state if led == state else led


def ratio_of(pace: float, period: float) -> float:
    """How many beats of a song go to one of the leader's, for the song to be changed least.

    pace: of the leader, beats per frame      period: of the song, frames per beat
    """
    speed = pace * period
    return min(RATIOS, key=lambda ratio: max(speed * ratio, 1 / (speed * ratio)))


def beats_off(beat: float, led: float, ratio: float) -> float:
    """How many beats of its own a song is ahead of the leader, -1/2 to 1/2; where two of the leader's go to one, -1/4
    to 1/4."""
    unit = min(1.0, ratio)
    off = (beat - ratio * led) % unit
    return off - unit if off > unit / 2 else off


@dataclass(frozen=True)
class _Phases:
    """The leader's, beside a song's grid.

    now, then: its beat at a frame and so many frames `ahead`      pushed: whether somebody nudges it
    """

    grid: BeatGrid
    ratio: float
    now: float
    then: float
    ahead: int
    pushed: bool

    def off(self, place: int, led: float, nudge: float) -> float:
        """Beats by which a place of the song, in ticks, is before the leader's."""
        return beats_off(self.grid.at(place / UNIT) - nudge, led, self.ratio)

    def gap(self, place: int, led: float, nudge: float) -> float:
        """Frames from a place of the song to the nearest one in phase."""
        frame = place / UNIT
        return self.grid.after(frame, -self.off(place, led, nudge)) - frame


def _followed(state: TransportState) -> SongHead:
    """The song as it goes on, below what is held."""
    return state.head if state.shadow is None else state.shadow


def _rolls(state: TransportState, grid: BeatGrid) -> bool:
    """Whether it turns in a loop of less than a beat."""
    loop = state.looping
    return loop is not None and loop.length < _SHORT * UNIT * grid.period_at(loop.start / UNIT)


def _steers(state: TransportState, grid: BeatGrid) -> bool:
    """Whether there is a phase to be kept."""
    return _goes(state) and (state.shadow is not None or not _rolls(state, grid))


def _goes(state: TransportState) -> bool:
    """Whether it plays forwards at the tempo that is set: no motor moves it, and no hand."""
    by_hand = state.touched and state.shadow is None
    return state.playing and _runs(_followed(state)) and not by_hand


def _runs(head: SongHead) -> bool:
    return head.rate > 0 and not (head.winds and head.ramp_left)


def _in_tempo(state: TransportState, lead: LeadBeat, speed: float, ahead: int) -> TransportState:
    """At the leader's tempo, which the slider then shows."""
    settings = state.settings
    if abs(speed - 1) < SAME_SPEED:
        speed = 1.0
    reach = settings.tempo_range / 100
    if abs(speed - 1) > reach * (1 + SAME_SPEED):
        raise PressRefused(f"it cannot follow {lead.name}: its tempo would have to be {100 * (speed - 1):+.1f} %, and "
                           f"the slider leads to {settings.tempo_range:g} %")
    if abs(settings.own_speed - speed) > SAME_SPEED:
        settings = replace(settings, tempo=max(-1.0, min(1.0, (speed - 1) / reach)))
    rate = round(settings.speed * (1 + lead.bend) * UNIT)
    by_wheel = state.wheel is not None
    head = state.head if by_wheel else retimed(state.head, -rate if state.reversed else rate, ahead)
    shadow = state.shadow and retimed(state.shadow, rate, ahead)
    return replace(state, settings=settings, follows=lead.name, head=head, shadow=shadow)


def _in_phase(state: TransportState, phases: _Phases) -> TransportState:
    """In phase, beside what somebody has nudged it by; with slip what is heard, and what goes on below it."""
    pushed = state.settings.bend != 0 or (state.wheel is not None and not state.touched)
    if pushed or state.nudged:  # it is where a person wants it
        place = _followed(state).after(phases.ahead)
        return replace(state, nudge=phases.off(place, phases.then, 0.0), nudged=pushed)
    head = state.head
    if state.shadow is None or (not state.touched and _runs(head) and not _rolls(state, phases.grid)):
        head = _led(state, head, phases)
    return replace(state, head=head, shadow=state.shadow and _led(state, state.shadow, phases))


def _led(state: TransportState, head: SongHead, phases: _Phases) -> SongHead:
    """A song, or where it would be, in phase; itself where it is so."""
    gap = phases.gap(head.after(phases.ahead), phases.then, state.nudge)
    if abs(gap) <= (WHOLE if head.exact or abs(head.rate) == UNIT else EXACT):
        return head
    near = (PUSHED_S if phases.pushed else NEAR_S) * state.samplerate
    if abs(gap) <= near:
        frames = max(phases.ahead, head.ramp_left, 0 if phases.pushed else round(BEND * abs(gap)))
        return head.led(frames, head.after(frames) + ticks(gap))
    if abs(phases.gap(head.now, phases.now, state.nudge)) <= near:  # whoever leads is about to jump, and not yet there
        return head
    return _jumped(state, head, gap, phases)


def _jumped(state: TransportState, head: SongHead, gap: float, phases: _Phases) -> SongHead:
    """Elsewhere at once: at the nearest place in phase that the song has."""
    beat = min(1.0, phases.ratio)
    while head.now + ticks(gap) < 0:
        gap += phases.grid.after(max(0.0, head.now / UNIT), beat) - max(0.0, head.now / UNIT)
    place = head.now + ticks(gap)
    return head if place >= state.end else head.at(place)
