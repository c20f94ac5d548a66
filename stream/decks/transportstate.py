"""All that a deck's transport is at a frame of the device. It never changes: what a press does is another one.

[any-thread]
"""

import math
from dataclasses import dataclass, field, replace
from typing import Self

from dsp.beatgrid import BeatGrid
from stream.decks.decksettings import DeckSettings
from stream.decks.marks import Hold, HotCue, Loop, Wheel
from stream.decks.songhead import UNIT, SongHead, ticks
from stream.mixer.deckstrip import HOT_CUES

NO_GRID_BPM = 120.0
_FAR = 1 << 40  # frames


@dataclass(frozen=True)
class TransportState:
    """A deck at one frame of the device.

    length: of the song, in frames; None: not yet known      samplerate: of the device and the song, Hz
    frame: of the device
    head: where the song is      shadow: where it would be, had nobody held, looped, reversed or stopped it; None is
    `head` itself      playing: what the play button's light says      reversed: whether it is switched to backwards
    grid: the song's beats, as they count      found: as they were found; the same, until somebody edits them
    taps: where beats were tapped, frames of the song
    late: frames of the device from here to what somebody hears
    wheel: that the song follows, or is pushed by; None: nobody turns it
    follows: whose beat it is in tempo and phase with (stream.decks.sync); empty: nobody's
    nudge: beats by which a person has moved it from the leader's      nudged: whether somebody does so now
    cue: in ticks      held: which hot cue, while it is held
    left: ticks, where what was last heard would have gone on; None: nothing was heard
    """

    length: int | None
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
    settings: DeckSettings = field(default_factory=DeckSettings)
    left: int | None = None
    found: BeatGrid | None = None
    taps: tuple[float, ...] = ()
    late: float = 0.0
    wheel: Wheel | None = None
    follows: str = ""
    nudge: float = 0.0
    nudged: bool = False

    @property
    def end(self) -> int:
        """Of the song, in ticks; far away while nobody knows it."""
        return (_FAR if self.length is None else self.length) * UNIT

    @property
    def position(self) -> float:
        """The frame of the song that is heard next."""
        return self.head.heard / UNIT

    @property
    def audible(self) -> float:
        """The frame of the song that somebody hears who presses something now."""
        return self.position - self.late * self.head.rate_after(0) if self.moving else self.position

    def bpm(self, samplerate: float, frame: float | None = None) -> float | None:
        """Beats per minute at the tempo that is set, around a frame of the song or on average; None without a grid."""
        return None if self.grid is None else self.grid.bpm(samplerate, frame) * self.settings.speed

    @property
    def moving(self) -> bool:
        """Whether something is heard: playing, held, or not yet stopped."""
        return not self.head.still

    @property
    def ended(self) -> bool:
        """Whether the song is over."""
        return self.head.still and self.head.now >= self.end and not self.touched

    @property
    def touched(self) -> bool:
        """Whether a hand is on the wheel."""
        return self.wheel is not None and self.wheel.touched

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
        if self.length is None or not self.playing or self.shadow is not None or self.touched:
            return None
        if head.rate <= 0 or head.turns_in or (loop and head.now < loop.end):
            return None
        most = head.ramp_left + max(0, self.end - head.now) // head.rate + 2
        return self.frame + (head.until(self.end, most) if head.now < self.end else 0)

    @property
    def seconds_left(self) -> float:
        """Of the song, at the speed that is set; inf while nobody knows its length."""
        if self.length is None:
            return math.inf
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
        """Where a jump to a place lands: with quantize, and where it follows somebody, the nearest from which
        the beats go on as they did. In ticks."""
        place = max(0, place)
        if not (self.settings.quantize or self.follows) or self.grid is None or not self.moving:
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
