"""What an engine of decks tells its screens: what stays the same once, and what is now.

Of each deck there are two things: its song, which changes seldom, and its head, which moves. All times are seconds of
the song, and of what leaves the output device now.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from stream.decks.booth import Booth
from stream.decks.engine import DeckEngine
from stream.decks.songhead import UNIT
from stream.decks.transportstate import TransportState
from stream.link.deckverbs import DeckHands
from stream.link.deckwaveform import DeckWaveforms
from stream.link.songlevels import SongLevels
from stream.mixer.strip import Strips
from stream.tracks.spans import Spans
from stream.tracks.track import Track


class DeckSnapshot:
    """Looks at decks and their mixers; touches nothing that the audio thread waits for."""

    def __init__(self, engine: DeckEngine, booth: Booth, hands: DeckHands, facts: Mapping[str, Any],
                 recording: Callable[[], bool]) -> None:
        """Nothing is looked at yet.

        facts: what else stays the same: `model`, `provider`, `samplerate` ...
        recording: whether it is being recorded
        [main-thread]
        """
        self._engine, self._booth, self._facts, self._recording = engine, booth, facts, recording
        self._keys, self._desk, self._browser = hands
        self._rate = engine.latency.samplerate
        self._levels = [SongLevels(deck, self._rate) for deck in booth.decks.values()]

    def always(self) -> dict[str, Any]:
        """What stays the same. [any-thread]"""
        booth, live = self._booth, self._engine.live
        players = {name: list(mixer.sources) for name, mixer in booth.mixers.items()}
        return {**self._facts, "players": players, "decks": list(booth.decks),
                "sources": [f"{name}/{stem}" for name, stems in players.items() for stem in stems],
                "keys": dict(self._keys.stems), "key_help": list(self._keys.words),
                "acts": [act for act in self._desk.acts if "/" not in act],  # those of decks have keys and words
                "parameters": self._parameters(),
                "latency_s": self._engine.latency.total_s,
                "input_latency_s": None if live is None else live.latency.total_s,
                "column_s": self._levels[0].frames / self._rate}

    def _parameters(self) -> dict[str, dict[str, dict[str, Any]]]:
        """What each strip can be set to."""
        tables = dict(self._booth.master.parameters)
        for name, mixer in self._booth.mixers.items():
            tables |= {f"{name}/{stem}": table for stem, table in mixer.parameters.items()}
        return {strip: {name: asdict(parameter) for name, parameter in table.items()}
                for strip, table in tables.items()}

    def waveform(self) -> DeckWaveforms:
        """What the songs look like, for one screen. [any-thread]"""
        return DeckWaveforms(self._levels)

    def now(self) -> dict[str, Any]:
        """How everything is. [any-thread]"""
        booth, counts, live = self._booth, self._engine.counts(), self._engine.live
        misses = {} if live is None else {"misses": live.counts()["misses"]}
        heads, songs = {}, {}
        for name, deck in booth.decks.items():
            track, state = deck.track, deck.state
            heads[name] = self._head(state) | self._following(name, state)
            songs[name] = self._song(track, state)
        return {"strips": self._strips(), "peaks": self._peaks(), "heads": heads, "songs": songs,
                "crossfader": booth.master.crossfader, "leads": booth.leader.name, "chosen": self._keys.chosen,
                "waiting": booth.waiting,
                "counts": misses | {name: counts[name] for name in ("underruns", "xruns")},
                "heard_s": round(self._engine.position / self._rate, 1), "scenes": list(self._desk.scenes),
                "recording": self._recording(), "pending": self._keys.pending, **self._library()}

    def _library(self) -> dict[str, Any]:
        """The songs that can be loaded, if there are any, and where in them hands are."""
        if self._browser is None:
            return {}
        state = self._browser.state()
        return {"library": state._asdict() | {"selected": None if state.selected is None else str(state.selected)}}

    def _strips(self) -> Strips:
        """The stems' as `a/vocals`, and each player's own in the master's mixer as `a`."""
        return self._booth.master.scene() | {
            f"{name}/{stem}": strip for name, mixer in self._booth.mixers.items()
            for stem, strip in mixer.scene().items()}

    def _peaks(self) -> dict[str, list[float]]:
        players = self._engine.players
        found = players.master.peaks()
        for name, mixer in self._booth.mixers.items():
            peaks = players.players[name].peaks()
            found |= {f"{name}/{stem}": peaks[stem] for stem in mixer.sources}
        return {bus: [round(side, 4) for side in pair] for bus, pair in found.items()}

    def _head(self, state: TransportState) -> dict[str, Any]:
        """What moves: where the song is heard, and its beat."""
        rate, place = state.head.rate_after(0) if state.moving else 0.0, max(0.0, state.audible)
        left = state.seconds_left
        found: dict[str, Any] = {"position_s": round(place / self._rate, 3), "rate": round(rate, 4),
                                 "left_s": None if left == float("inf") else round(left, 1), "beat": None}
        if state.grid is not None:
            at = state.grid.at(place)
            found["beat"] = round(at % state.grid.beats_per_bar, 3)
            found["beat_s"] = round(state.grid.period_at(place) / self._rate, 6)
        return found

    def _following(self, name: str, state: TransportState) -> dict[str, Any]:
        """How a deck is beside whoever leads, whether it follows him or not; None where either has no beat.

        follows: whom; empty for nobody      phase: beats of its own that it is ahead, -1/2 to 1/2
        tempo_off_percent: how much faster it is than whoever stays in phase
        """
        found = self._booth.leader.following(name)
        phase = None if found is None or found.phase is None else round(found.phase, 4)
        return {"follows": state.follows, "phase": phase,
                "tempo_off_percent": None if found is None else round(100 * found.tempo_off, 3)}

    def _song(self, track: Track | None, state: TransportState) -> dict[str, Any]:
        """What stays for a while: the song, what is there of it, and how the deck is set."""
        settings, grid, bpm = state.settings, state.grid, state.bpm(self._rate, state.position)
        found: dict[str, Any] = {
            "loaded": track is not None, "playing": state.playing, "held": state.hold.value,
            "reversed": state.reversed, "ended": track is not None and state.ended,
            "tempo_percent": round(settings.tempo * settings.tempo_range, 2), "tempo_range": settings.tempo_range,
            "bend_percent": round(100 * settings.bend, 2),
            "key_lock": settings.key_lock, "slip": settings.slip, "quantize": settings.quantize,
            "sync": settings.sync,
            "jump_beats": settings.jump_beats, "grid_by_hand": grid is not None and grid.by_hand,
            "bpm": None if bpm is None else round(bpm, 1),
            "beats_per_bar": 4 if grid is None else grid.beats_per_bar, "loop": self._loop(state),
            "cue_s": self._seconds(state.cue),
            "hot_cues_s": [None if cue is None else self._seconds(cue.place) for cue in state.hot_cues],
            "hot_cue_names": [cue.name if cue else "" for cue in state.hot_cues],
            "hot_cue_colours": [f"#{cue.colour:06x}" if cue and cue.colour is not None else None
                                for cue in state.hot_cues]}
        return found | self._material(track)

    def _material(self, track: Track | None) -> dict[str, Any]:
        """What is there of a song."""
        if track is None:
            return {"title": "", "artist": "", "key": None, "camelot": None, "lufs": None, "length_s": None,
                    "loading": False, "failure": "", "stems": [], "drafts": []}
        frames, finished = track.frames or track.decoded, track.finished
        key, loudness = track.key, track.loudness
        return {"title": track.title, "artist": track.artist, "failure": track.failure,
                "lufs": loudness and loudness.lufs and round(loudness.lufs, 1),
                "key": None if key is None else key.name, "camelot": None if key is None else key.camelot,
                "length_s": None if track.frames is None else round(track.frames / self._rate, 2),
                "loading": not track.ended, "stems": self._spans(finished.stems, frames),
                "drafts": self._spans(finished.drafts, frames)}

    def _spans(self, spans: Spans, frames: int) -> list[list[float]]:
        return [[round(first / self._rate, 1), round(end / self._rate, 1)] for first, end in spans.within(0, frames)]

    def _loop(self, state: TransportState) -> dict[str, Any] | None:
        """A loop's place, whether it repeats, and how many beats it has; None: there is none."""
        loop = state.loop
        if loop is None:
            return None
        beats = loop.length / max(1, state.beats_later(loop.start, 1) - loop.start)
        return {"start_s": self._seconds(loop.start), "length_s": self._seconds(loop.length), "active": loop.active,
                "beats": round(beats, 3)}

    def _seconds(self, ticks: int) -> float:
        return round(ticks / UNIT / self._rate, 3)
