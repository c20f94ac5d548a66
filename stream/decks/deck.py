"""A deck: its thread renders a song ahead of the callback, and renders again from where that is when somebody presses.

    press ──▶ waits ──▶ deck-thread: transport ─▶ voice ─▶ rings ──▶ callback
                                        ▲ goes back to what was rendered and is not yet heard

Frames of the deck's own count (`transport`) are device positions less `offset`.
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from dsp.onsets import Onsets
from dsp.stretch import anchors
from stream.callback.deckrings import DeckRings
from stream.callback.player import FADE
from stream.decks.decksettings import MARGIN_S, SET_BY, DeckSettings
from stream.decks.follower import Follower
from stream.decks.markkeeper import MarkKeeper
from stream.decks.motor import eject
from stream.decks.pressvalues import press_values
from stream.decks.songfacts import DeckPress, SongBeats, SongFacts
from stream.decks.songvoice import RISE, SongVoice, VoiceState
from stream.decks.sync import LeadBeat, lead_beat
from stream.decks.transport import VERBS, Transport, loaded
from stream.decks.transportstate import TransportState
from stream.native.memory import Record
from stream.tracks.track import Playhead, Track

ROWS = 512  # that are rendered at a time
AHEAD_S = 0.1  # beyond two blocks: what the thread may be late
FIRST_ROWS = 2048  # that a swap begins with, beside a block
HAND_S, HAND_ROWS = 0.03, 512  # the same two while a hand is on the wheel: soon it is all rendered again
SOUNDINGS = 8
SWITCH = 32  # frames from a ring to the other where both have the same
UNKNOWN = 1 << 40  # frames of a song whose length is not known yet
# a press of these is heard from its first frame on, whenever the callback takes it over; others stay in time
AT_ONCE = frozenset({"play", "play_pause", "cue_press", "hot_cue_press", "seek", "load", "eject"})

Loading = tuple[Track | None, SongBeats | None]


class Deck:
    """One deck, empty at first: silence is rendered.

    name: `a`, `b` ...      track: the song that is on it      wanted: the one that was put on it last
    soundings: the last songs that were heard, and the device position from which on each was; the last is heard now
    settings: as they are wanted; what was pressed a moment ago is not heard yet
    pressed: is told what was pressed, once the callback has taken it over, and the position at which a deck that
        renders in no time would have to be pressed for the same to be heard
    follower: what has it follow another one      known: whether its beat is, and not while it begins anew, whenever
        the callback takes that over      changes: counts what changes its beat from somewhere on
    """

    def __init__(self, name: str, rings: DeckRings, record: Record, device: Callable[[], int],
                 sizes: tuple[int, int, int], sources: tuple[str, ...], say: Callable[[str], None]) -> None:
        """Silence is rendered.

        record: the callback's, of the deck      device: gives the position of the callback's next block
        sizes: samplerate, Hz; frames of a block; frames from the callback to who listens
        sources: of its strips      say: takes a line for the user
        [main-thread]
        """
        self.name, self.sources = name, sources
        self.track: Track | None = None
        self.wanted: Track | None = None
        self.settings = DeckSettings()
        self.soundings: tuple[tuple[Track | None, int], ...] = ((None, 0),)
        self._rings, self._record, self._device, self._say = rings, record, device, say
        self._rate, self._block, behind = sizes
        self._late = behind + self._block / 2 + MARGIN_S * self._rate  # of what is pressed behind what is heard
        self._ahead = min(2 * self._block + FADE + int(AHEAD_S * self._rate), 8192)
        self._transport = Transport(self._fresh(0))
        self._voice: SongVoice | None = None
        self._state = VoiceState()
        self._waiting: deque[DeckPress | Loading] = deque()
        self._obeying = False
        self._states: deque[tuple[int, VoiceState]] = deque([(0, VoiceState())])  # by the deck's count
        self._end, self._offset = 0, 0  # what is rendered, by the deck's count; a device position less that count
        self._taken, self._floating = True, 0  # and the count that a swap began with
        self.follower = Follower(name, self._rate, say)
        self.known, self.changes = True, 0
        self.pressed: Callable[[int, list[DeckPress]], None] = lambda _position, _presses: None
        self._swapped: tuple[list[DeckPress], bool] = [], False  # what the last swap is for, and whether it was at once
        self._keeper = MarkKeeper(say)
        self._facts: SongFacts | None = None
        self._onsets: Onsets | None = None  # which the voice has
        self._held = False  # whether a hand is on the wheel
        self._lock = threading.Lock()  # of the transport, between its thread and those who look
        self._setting = threading.Lock()  # of `settings`
        rings.write(self._render(self._block + FADE + ROWS))

    def load(self, track: Track | None, beats: SongBeats | None = None) -> None:
        """Put a song on it, paused at its beginning, or take it off. beats: what finds its grid [any-thread]"""
        self.wanted = track
        self._waiting.append((track, beats))

    def press(self, name: str, *values: Any) -> None:
        """Press something (stream.decks.transport.VERBS); what cannot be obeyed is told.

        Raises ValueError: unknown, or with other values than it takes.
        [any-thread]
        """
        taken = press_values(name, values)
        if name in SET_BY and taken:
            self._set({SET_BY[name]: taken[0]})
        self._waiting.append(DeckPress(name, VERBS[name], taken))

    def find(self, press: DeckPress) -> None:
        """Press what became known of its song (stream.decks.songfacts). [any-thread]"""
        self._waiting.append(press)

    def close(self) -> None:
        """Take the song off, when nothing is rendered any more; what was set in it is written. [main-thread]"""
        self._keeper.close()
        if self.track is not None:
            self.track.close()

    @property
    def state(self) -> TransportState:
        """Of what is heard now. [any-thread]"""
        with self._lock:
            return self._transport.state(max(0, self._heard()))

    @property
    def over(self) -> bool:
        """Whether nothing is on it that could still be played. [any-thread]"""
        facts = self._facts
        if self._waiting or self.track is None or facts is None:
            return not self._waiting and self.track is None
        return facts.told_length and not facts.presses and self.state.ended

    @property
    def settled(self) -> bool:
        """Whether all that was pressed has been done. [any-thread]"""
        return not self._waiting and not self._obeying  # in this order: what is taken from there is being done then

    def beat_at(self, position: int) -> LeadBeat | None:
        """Its beat at a position of the device from now on; None: it has none, or it is not known. [any-thread]"""
        with self._lock:
            if not self.known:
                return None
            try:
                state = self._transport.state(max(0, position - self._offset))
            except ValueError:  # it was before this song
                return None
        return lead_beat(self.name, state)

    def _heard(self) -> int:
        """The next frame that the callback takes, by the deck's count."""
        return self._device() - self._offset

    def _oldest(self) -> int:
        """The first frame that may be rendered again, by the deck's count; until a swap is taken over, its own."""
        return self._heard() if self._taken else min(self._heard(), self._floating)

    def step(self) -> bool:
        """Render a little, or do what was pressed; False if there was nothing to do. [deck-thread]"""
        self._look()
        went = self._go_on()
        if went:
            self._tell()
        return went

    def _go_on(self) -> bool:
        if self._taken and (self._ready() or (self._facts is not None and self._facts.presses)):
            self._obeying = True
            self._obey()
            self._obeying = False
            return True
        heard = self._heard() if self._taken else self._floating
        late = heard > self._end  # then it goes on where it would be by now
        if self._taken and (late or self.follower.otherwise(self._transport.state(self._end))):
            self._again([], at_once=False)
            return True
        if self._end - heard >= self._wanted_ahead:
            return False
        self._steer(self._end)
        self._rings.write(self._render(ROWS))
        return True

    @property
    def _wanted_ahead(self) -> int:
        """Frames that are to be rendered beyond what is heard."""
        return min(self._ahead, 2 * self._block + FADE + int(HAND_S * self._rate)) if self._held else self._ahead

    def _ready(self) -> bool:
        """Whether something was pressed that is to be done now: nothing of a song is lost that is played at once.

        A song has to be there before anything is done with it, unless it is to go again.
        """
        track, waiting = self.track, list(self._waiting)
        there = track is None or track.decoded > 0 or track.ended
        return bool(waiting) and (there or not all(isinstance(waits, DeckPress) for waits in waiting))

    def _look(self) -> None:
        """See whether the callback has taken a swap over, and what was found of the song since."""
        if not self._taken and not self._rings.swapping:
            self._taken = True
            self._offset = int(self._record["shift"]) - self._floating
            self.changes, self.known = self.changes + (not self.known), True
            self._tell_pressed()
            if self.soundings[-1][0] is not self.track:
                self.soundings = (*self.soundings[1 - SOUNDINGS :], (self.track, int(self._record["shift"])))
        facts, voice = self._facts, self._voice
        if facts is None or voice is None:
            return
        facts.look()
        onsets = facts.onsets
        if onsets is not None and onsets is not self._onsets:
            self._onsets = onsets
            voice.anchors = anchors(onsets.frames, onsets.strengths)

    def _tell_pressed(self) -> None:
        presses, at_once = self._swapped
        if presses:
            self.pressed(int(self._record["shift"]) - (0 if at_once else int(MARGIN_S * self._rate)), presses)

    def _tell(self) -> None:
        """Tell the track where it is, and goes to."""
        track = self.track
        if track is None:
            return
        with self._lock:
            state = self._transport.state(self._end)
        rate = state.head.rate_after(0) if state.moving else 0.0
        track.playhead = Playhead(int(state.position), rate, tuple(int(point) for point in state.prepared))

    def _obey(self) -> None:
        """All that was pressed: from the callback's next block on, or a moment later."""
        presses: list[DeckPress] = []
        gone = False
        while self._ready():
            waits = self._waiting.popleft()
            if isinstance(waits, DeckPress):
                presses.append(waits)
            else:
                presses = [press for press in presses if press.name in SET_BY]  # these outlast a song
                gone = gone or not self._silent()
                self._put(*waits)
                presses.append(DeckPress("load", lambda state, _track: state, (waits[0],)))
        if self._facts is not None:
            presses = [*self._facts.take(), *presses]
        self._again(presses, any(press.name in AT_ONCE for press in presses), gone)
        if self._facts is not None:
            self._facts.keep(self._transport.state(self._end))

    def _silent(self) -> bool:
        """Whether nothing is heard now. What is rendered beyond it is forgotten."""
        heard = max(self._heard(), 0)
        if heard > self._end:  # it was too late
            return True
        self._go_back(heard)
        return self._state.silent

    def _put(self, track: Track | None, beats: SongBeats | None) -> None:
        """Change the song; the settings of the deck stay."""
        old, self.track, self._onsets = self.track, track, None
        self._facts = None if track is None else SongFacts(track, beats, self._keeper)
        frames = 0 if track is None else track.frames or UNKNOWN
        at = max(self._heard(), 0)
        settings = self._transport.state(at).settings
        with self._lock:
            self._transport = Transport(replace(self._fresh(frames, settings), frame=at))
        self._voice = None if track is None else SongVoice(track, self.sources)
        self._states = deque([(at, VoiceState())])
        if old is not None:
            old.close()

    def _fresh(self, frames: int, settings: DeckSettings | None = None) -> TransportState:
        """A song of so many frames, as it is put on the deck."""
        return replace(loaded(frames, self._rate, settings), late=self._late)

    def _again(self, presses: list[DeckPress], at_once: bool, gone: bool = False) -> None:
        """Render from where the callback will be, with what was pressed, onto the other ring, and have it heard.

        at_once: not in time with what was heard, but from its first frame on
        gone: whether a song that was heard has just been taken off
        """
        state = self._transport.state(max(0, self._heard()))
        in_time = state.settings.quantize or self.follower.led(state, self._device())
        at_once = at_once and not in_time
        start = max(self._heard() + (0 if at_once else int(MARGIN_S * self._rate)), self._transport.pressed_at)
        self._swapped = presses, at_once
        self.known = self.known and not at_once
        self._taken, self._floating = False, start  # before anything is rendered: the device goes on meanwhile
        self._go_back(start)
        track, silent = self.track, self._state.silent and not gone
        for press in presses:
            self._do(press, start)
        self._steer(start)
        self.changes += self.known
        if at_once:
            self._state = VoiceState(fresh=True)
        self._states.append((start, self._state))
        self._held = self._transport.touched
        rows = self._render(self._block + (HAND_ROWS if self._held else FIRST_ROWS))
        begins = self._transport.state(start).head.now == 0
        other = at_once or gone or self.track is not track
        fade = (1 if begins else RISE) if silent else FADE if other else SWITCH
        self._rings.swap(rows, None if at_once else start + self._offset, fade)

    def _steer(self, frame: int) -> None:
        """Follow whoever leads from a frame on."""
        if not self.known:  # where it will be at the device, and so beside others
            return
        state = self._transport.state(frame)
        steered = self.follower.steered(state, frame + self._offset)
        if steered is not state:
            with self._lock:
                self._transport.steer(steered)
            self._set(steered.settings.beside(state.settings))

    def _go_back(self, start: int) -> None:
        """Be where everything was at a frame, or would be."""
        while len(self._states) > 1 and self._states[-1][0] > start:
            self._states.pop()
        self._end, self._state = self._states[-1]
        if start > self._end:
            self._render(start - self._end)
        while self._states and self._states[-1][0] >= start:
            self._states.pop()

    def _set(self, settings: Mapping[str, Any]) -> None:
        """Note what is wanted; the deck's thread does, and whoever presses something."""
        with self._setting:
            self.settings = replace(self.settings, **settings)

    def _do(self, press: DeckPress, frame: int) -> None:
        before = after = self._transport.state(frame).settings
        try:
            with self._lock:
                after = self._transport.press(frame, press.verb, *press.values).settings
        except ValueError as error:  # it cannot be obeyed as things are
            self._say(f"deck {self.name}: {error}")
        else:
            if press.verb is eject:
                self._put(None, None)
                self._state = VoiceState()
        found = after.beside(before) | ({SET_BY[press.name]: getattr(after, SET_BY[press.name])}
                                        if press.name in SET_BY else {})
        wanted = {SET_BY.get(waits.name) for waits in list(self._waiting) if isinstance(waits, DeckPress)}
        self._set({name: value for name, value in found.items() if name not in wanted})

    def _render(self, count: int) -> np.ndarray[Any, np.dtype[np.float32]]:
        """The next rows, by the deck's count."""
        rows = np.zeros((count, self._rings.width), np.float32)
        with self._lock:
            pieces = self._transport.plan(self._end, count)
            first = self._states[0][0] if self._states else self._end  # from where on it may be rendered again
            self._transport.forget(min(self._oldest() - ROWS, first))
        if self._voice is None:
            rows[:, 2] = 1
        else:
            self._state = self._voice.render(pieces, self._state, rows)
        self._end += count
        self._states.append((self._end, self._state))
        while len(self._states) > 2 and self._states[1][0] < self._oldest():
            self._states.popleft()
        return rows
