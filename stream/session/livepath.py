"""All of a run that sound goes through, opened in order: file or devices, effects, separator, mixer, engine."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dsp.limiter import lookahead
from dsp.stft import FFT_HOP
from stream.audiofiles.song import open_live
from stream.callback.header import HEADER
from stream.callback.player import FADE
from stream.latency.geometry import SAMPLERATE, DeviceTiming
from stream.live.engine import Engine, Setup
from stream.live.insert import Insert, lag
from stream.mixer.mixer import Mixer
from stream.recording.log import TakeInfo
from stream.separators.protocol import Separator
from stream.session.devicerequest import device_request
from stream.session.inserts import open_inserts
from stream.session.negotiate import Negotiated, negotiate
from stream.session.request import RunRequest, Say
from stream.session.streams import Streams

if TYPE_CHECKING:  # a run without decks compiles nothing of them
    from stream.callback.deckplayers import DeckPlayers


class LivePath:
    """Nothing of it plays yet.

    reader, streams: the file that stands for the input device, and the devices; None where there are none
    samplerate, block: Hz, and the most frames that come at once
    chosen: the separator, and the latency that it was opened for
    """

    def __init__(self, request: RunRequest, say: Say, stack: ExitStack,
                 beside: "Callable[[Mixer, int], DeckPlayers] | None" = None) -> None:
        """Open it; the stack closes it. Raises ValueError for a request that cannot be, Failure.

        beside: makes the decks that are heard beside the input, of its mixer and the samplerate; routes and buses are
            then theirs (stream.decks.engine)
        """
        self._request, self._say, self._stack = request, say, stack
        self._header = np.zeros((), HEADER)
        self.reader = stack.enter_context(open_live(request.source)) if isinstance(request.source, Path) else None
        self.streams = self._open_streams()
        paced_by = self.streams or self.reader
        assert paced_by is not None
        self.samplerate = paced_by.samplerate
        self.block = self.streams.block if self.streams else request.block
        inserts = open_inserts(request.inserts, self.samplerate, request.clock != "virtual", stack)
        self.chosen = self._negotiate(inserts, 0 if beside is None else lookahead(self.samplerate))
        separator, latency = self.chosen.separator, self.chosen.latency
        self.mixer = self._mixer(separator, inserts)
        players = None if beside is None else beside(self.mixer, self.samplerate)
        self.engine = Engine(self._header, separator, self.mixer, latency, self._setup(players, inserts))
        stack.callback(self.engine.worker.close)

    def _open_streams(self) -> Streams | None:
        wanted = device_request(self._request, None if self.reader is None else self.reader.samplerate)
        if wanted is None:
            return None
        streams = Streams(wanted, self._header)
        self._stack.callback(streams.close)
        return streams

    def _negotiate(self, inserts: Sequence[Insert], limiter: int) -> Negotiated:
        """The separator, opened for these devices and effects, and a limiter that looks so many frames ahead."""
        request = self._request
        device = self.streams.device if self.streams else (0, 0, 0)
        lags = [lag(insert.process, self.samplerate, self.block) for insert in inserts]
        timing = DeviceTiming(self.samplerate, self.block, device, max(lags, default=0), limiter)
        return negotiate(request.opening, request.latency_s, timing, self._say, request.clock != "virtual")

    def _mixer(self, separator: Separator, inserts: Sequence[Insert]) -> Mixer:
        """As the request wants it before anything is heard."""
        mixer = Mixer(tuple(separator.sources), self.samplerate)
        mixer.check({insert.stem: {} for insert in inserts})
        if self._request.prepare is not None:
            self._request.prepare(mixer)
        return mixer

    def _setup(self, players: "DeckPlayers | None", inserts: Sequence[Insert]) -> Setup:
        request, streams = self._request, self.streams
        made = Setup(block=self.block, late=request.late, offline=request.clock == "virtual", reader=self.reader,
                     tapped=request.recording.used or isinstance(request.sink, Path), keep_s=request.recording.keep_s,
                     inserts=inserts, player=None if players is None else players.live)
        if streams is None:
            return made
        streams.wire(self.chosen.separator.sources if players is None else players.sources)
        streams.state(self.chosen.latency)
        return replace(made, in_channels=streams.in_channels, out_channels=streams.out_channels,
                       routes=streams.routes if players is None else (), other_input=streams.other_input,
                       other_outputs=streams.other_outputs)

    def take_info(self) -> TakeInfo:
        """What all takes of this run have in common."""
        request, chosen, rate = self._request, self.chosen, self.samplerate
        opening, names = request.opening, ("input", "mix", *chosen.separator.sources)
        columns = opening.window_columns
        window_s = None if columns is None else columns * FFT_HOP / SAMPLERATE
        return TakeInfo(opening.model, opening.provider, opening.threads, chosen.asked_s, window_s, rate, 0,
                        request.late, FADE, int(self._header["player"]["ramp_frames"]), dict.fromkeys(names, ""),
                        inserts={insert.stem: insert.process.name for insert in self.engine.inserts})
