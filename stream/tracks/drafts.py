"""Stems for where whole segments would come too late: of short windows, and made again later. [draft-thread]"""

import time

from dsp.crossfade import fade_in
from dsp.quantize import quantize
from stream.offline.segments import restore
from stream.separators.protocol import Frames
from stream.tracks.mixwindow import mix_window
from stream.tracks.networks import CONTEXT, LOOKAHEAD, Networks
from stream.tracks.rates import ToDevice, side_by_side
from stream.tracks.track import Track

FADE = 1024  # frames in which one draft goes over into the next
BEFORE = 512  # frames that one gives before what was asked for, so that stems which end there can go over into it


class Drafts:
    """Makes drafts of one track. One thread."""

    def __init__(self, track: Track, networks: Networks) -> None:
        """Nothing is made yet."""
        self._track, self._networks = track, networks
        self._to_device = ToDevice(networks.samplerate, track.samplerate)
        self._tails: dict[int, Frames] = {}  # by first frame: how the draft that ends there goes on
        self._fade = fade_in(FADE)
        self.cost_s = 0.0  # of the last one

    def ready(self, first: int) -> bool:
        """Whether enough of the song is decoded to make one from a frame on."""
        size, track = self._networks.draft_frames, self._track
        return bool(size) and track.level_so_far is not None and first < track.mixed and (
            track.ended or track.mixed - first >= size - CONTEXT)

    def make(self, first: int, backwards: bool) -> None:
        """Make what comes from a frame on, or before it. Raises OSError.

        first: at the model's rate
        """
        begun, track, size = time.perf_counter(), self._track, self._networks.draft_frames
        level, total = track.level_so_far, track.mixed
        assert level is not None
        end = total
        if backwards:
            end, first = first, max(0, first - (size - CONTEXT - LOOKAHEAD))
        start = max(0, first - CONTEXT)
        stems = self._networks.draft(mix_window(track, level, start, size))
        restore(stems, level)
        whole = track.ended and start + size >= total
        end = min(end, total if whole else min(start + size, total) - LOOKAHEAD)
        begin = self._join(stems, start, first)
        if end < total:
            self._tails[end] = stems[..., end - start : end - start + FADE].copy()
        at, frames = self._to_device.alone(start, side_by_side(stems), (begin, end))
        track.put(at, quantize(frames), draft=True)
        self.cost_s = time.perf_counter() - begun

    def _join(self, stems: Frames, start: int, first: int) -> int:
        """Go over from the draft before, if there is one; where what is given begins."""
        tail = self._tails.pop(first, None)
        if tail is None:
            return max(start, first - BEFORE)
        head = stems[..., first - start : first - start + FADE]
        tail = tail[..., : head.shape[-1]]
        fade: Frames = self._fade[: tail.shape[-1]]
        head[..., : tail.shape[-1]] = tail + fade * (head[..., : tail.shape[-1]] - tail)
        return first

