"""All that a deck's transport is at a frame of the device. It never changes: what a press does is another one."""

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Self

from dsp.beatgrid import BeatGrid
from stream.decks.songhead import UNIT, SongHead, ticks

HOT_CUES = 8
NO_GRID_BPM = 120.0


class PressRefused(ValueError):
    """A press that cannot be obeyed as things are, in words for whoever pressed it; other ValueErrors are wrong use."""


class Hold(Enum):
    """What plays only as long as a finger is down."""

    NONE = "none"
    CUE = "cue"  # the song from the cue; then back to it, paused
    HOT_CUE = "hot cue"  # with slip: the song from a hot cue; then on where it would be
    CENSOR = "censor"  # backwards; then on where it would be


@dataclass(frozen=True)
class Loop:
    """A stretch that repeats, [start, start + length) in ticks. A length of 0: it has a beginning only."""

    start: int
    length: int = 0
    active: bool = False

    @property
    def end(self) -> int:
        """The first tick behind it."""
        return self.start + self.length

    def holds(self, place: int) -> bool:
        """Whether a place lies in it."""
        return self.start <= place < self.end


@dataclass(frozen=True)
class HotCue:
    """A place in ticks; with a length it is a loop."""

    place: int
    length: int = 0


@dataclass(frozen=True)
class DeckSettings:
    """What a person sets and what stays from song to song.

    tempo: the slider, -1 to 1      tempo_range: percent at its end      bend: a fraction of the tempo that is added
    brake_s, spin_s: how long the motor takes to stop and to start; 0 is at once
    """

    tempo: float = 0.0
    tempo_range: float = 10.0
    bend: float = 0.0
    key_lock: bool = False
    quantize: bool = False
    slip: bool = False
    brake_s: float = 0.0
    spin_s: float = 0.0

    @property
    def speed(self) -> float:
        """Frames of the song per frame, while nothing else slows it down: exactly 1 where nothing is set."""
        return (1 + self.tempo * self.tempo_range / 100) * (1 + self.bend)


@dataclass(frozen=True)
class TransportState:
    """A deck at one frame of the device.

    length: of the song, in frames      samplerate: of the device and the song, Hz      frame: of the device
    head: where the song is      shadow: where it would be, had nobody held, looped, reversed or stopped it; None is
    `head` itself      playing: what the play button's light says      reversed: whether it is switched to backwards
    cue: in ticks      held: which hot cue, while it is held
    left: ticks, where what was last heard would have gone on; None: nothing was heard
    """

    length: int
    samplerate: float
    grid: BeatGrid | None = None
    frame: int = 0
    head: SongHead = field(default_factory=lambda: SongHead(0))
    shadow: SongHead | None = None
    playing: bool = False
    reversed: bool = False
    hold: Hold = Hold.NONE
    held: int = 0
    loop: Loop | None = None
    cue: int = 0
    hot_cues: tuple[HotCue | None, ...] = (None,) * HOT_CUES
    settings: DeckSettings = DeckSettings()
    left: int | None = None

    @property
    def end(self) -> int:
        """Of the song, in ticks."""
        return self.length * UNIT

    @property
    def position(self) -> float:
        """The frame of the song that is heard next."""
        return self.head.heard / UNIT

    @property
    def moving(self) -> bool:
        """Whether something is heard: playing, held, or not yet stopped."""
        return not self.head.still

    @property
    def ended(self) -> bool:
        """Whether the song is over."""
        return self.head.still and self.head.now >= self.end

    @property
    def looping(self) -> Loop | None:
        """The loop, if it is active."""
        return self.loop if self.loop is not None and self.loop.active else None

    @property
    def speed(self) -> int:
        """Ticks per frame that tempo and bend give, forwards."""
        return round(self.settings.speed * UNIT)

    @property
    def velocity(self) -> int:
        """Ticks per frame in the direction that is set."""
        return -self.speed if self.reversed else self.speed

    @property
    def ends_at(self) -> int | None:
        """The frame of the device at which the song ends if nobody presses anything; None: it does not."""
        loop, head = self.looping, self.head
        if not self.playing or self.shadow is not None or head.rate <= 0 or (loop and head.now < loop.end):
            return None
        most = head.ramp_left + max(0, self.end - head.now) // head.rate + 2
        return self.frame + (head.until(self.end, most) if head.now < self.end else 0)

    @property
    def seconds_left(self) -> float:
        """Of the song, at the speed that is set."""
        return max(0.0, self.length - self.position) / self.samplerate / self.settings.speed

    @property
    def prepared(self) -> list[float]:
        """Frames of the song where a press may lead: those that are good to have ready."""
        loop = [self.loop.start] if self.loop is not None else []
        places = [self.cue, *(cue.place for cue in self.hot_cues if cue is not None), *loop]
        return [place / UNIT for place in dict.fromkeys(places)]

    def beats_later(self, place: int, beats: float) -> int:
        """A place so many beats later: by the grid, or at 120 BPM where there is none. In ticks."""
        if self.grid is None or self.grid.constant:
            period = self.grid.period if self.grid else self.samplerate * 60 / NO_GRID_BPM
            return place + ticks(beats * period)  # exact: nothing of the place goes through a float
        return ticks(self.grid.after(place / UNIT, beats))

    def snapped(self, place: int, beats: float = 1.0) -> int:
        """With quantize and a grid, the nearest place in the song on the raster of so many beats. In ticks."""
        if not self.settings.quantize or self.grid is None:
            return place
        beat = round(self.grid.at(place / UNIT) / beats) * beats
        return self._inside(beat, beats)

    def in_phase(self, place: int) -> int:
        """Where a jump to a place lands: with quantize the nearest from which the beats go on as they did. In ticks."""
        place = max(0, place)
        if not self.settings.quantize or self.grid is None or not self.moving:
            return place
        phase = self.grid.at(self.head.heard / UNIT) % 1
        return self._inside(round(self.grid.at(place / UNIT) - phase) + phase, 1.0)

    def _inside(self, beat: float, beats: float) -> int:
        """A beat, or the next so many beats away that the song has."""
        assert self.grid is not None
        while (place := ticks(self.grid.frame(beat))) < 0:
            beat += beats
        while place >= self.end and ticks(self.grid.frame(beat - beats)) >= 0:
            beat -= beats
            place = ticks(self.grid.frame(beat))
        return place

    def with_length(self, frames: int) -> Self:
        """The song is found to be so many frames long. ValueError: below 0."""
        if frames < 0:
            raise ValueError(f"length must be 0 or more, not {frames}")
        return replace(self, length=frames)

    def with_grid(self, grid: BeatGrid | None) -> Self:
        """The song's beats are found, or moved by hand. Loops and cues stay where they are."""
        return replace(self, grid=grid)

    def with_head(self, head: SongHead) -> Self:
        """With the song elsewhere; a loop that does not hold the place is left."""
        loop = self.looping
        if loop is not None and not loop.holds(head.now):
            return replace(self, head=head, loop=replace(loop, active=False))
        return replace(self, head=head)
