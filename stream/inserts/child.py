"""The process that a stem's effects run in: a block comes in on stdin, a block goes out on stdout, in order.

    in   {"effects": [{"what": ..., "settings": {...}}, ...], "samplerate": 44100} \\n  block block block ...
    out  {"latency": 480, "block_s": 0.0008} \\n  answer answer answer ...   or  {"wrong": why} \\n

A block is float32 (BLOCK, 2). An answer is two int32, the count of frames that it has and how often effects had to be
reset until now, and float32 (count, 2); or WRONG, 0 and a line that says why, which is the last. Nothing else writes to
stdout: plugins that print do so nowhere.
"""

import gc
import json
import os
import signal
import struct
import sys
import time
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np

from dsp.limits import LOUDEST
from stream.common import interrupt
from stream.inserts.effects import Frames, Processor, load
from stream.inserts.naming import Effect

BLOCK = 512  # frames
LOADING_S, PATIENCE_S = 60.0, 10.0  # longer than whoever started this waits for it
ANSWER = struct.Struct("<ii")
WRONG = -1
WARM, STEADY = 32, 8  # blocks of silence to begin with, and how many of the last must come back whole
HOPELESS = 8  # blocks that could not be sound, in a row, however often it was reset
HEALS = 16  # blocks of sound that make up for one of these: an effect that is bad more often is hopeless, too
LATEST = 400  # blocks; what has given nothing until then never will


class Chain:
    """Effects one after the other, and what they owe.

    latency: frames from a frame's going in to its coming out, known once it is warm
    resets: how often what came out could not be sound, so that all of them had to forget what they had heard
    """

    def __init__(self, effects: Sequence[Processor], samplerate: int) -> None:
        """Have them forget what they heard."""
        self._effects, self._samplerate = effects, samplerate
        self._owed = [0] * len(effects)
        self._most: list[int] | None = None  # that each owes, once it is warm
        self.latency = self.resets = self._unsound = 0
        self._reset()

    def _reset(self) -> None:
        for effect in self._effects:
            getattr(effect, "reset", lambda: None)()

    def warm(self) -> float:
        """Silence until as much comes out as goes in; seconds that a block takes. Raises ValueError."""
        times: list[float] = []
        full_blocks = 0
        while len(times) < WARM or full_blocks < STEADY:
            start = time.perf_counter()
            full_blocks = full_blocks + 1 if self._through(np.zeros((2, BLOCK), np.float32)).shape[1] == BLOCK else 0
            times.append(time.perf_counter() - start)
            if len(times) > LATEST:
                raise ValueError("it gives less sound than it takes")
        # pedalboard keeps back what a plugin says that it is late, or does not: after a reset, or from the start
        self._reported, self._most = self._now_reported(), list(self._owed)
        self.latency = sum(map(max, self._owed, self._reported))
        return float(np.median(times[len(times) // 2 :]))

    def _now_reported(self) -> list[int]:
        return [getattr(effect, "reported_latency_samples", 0) for effect in self._effects]

    def _through(self, block: Frames) -> Frames:
        for number, effect in enumerate(self._effects):
            if not block.shape[1]:
                break
            made = effect.process(np.ascontiguousarray(block), self._samplerate, BLOCK, False)
            self._owed[number] += block.shape[1] - made.shape[1]
            if self._owed[number] < 0:
                raise ValueError("it gives more sound than it takes")
            block = made if self._most is None else self._filled(number, made)
        return block

    def _filled(self, number: int, made: Frames) -> Frames:
        """What an effect gives, after silence where it keeps back more than it did, as some do after a reset."""
        assert self._most is not None
        lacking = max(0, self._owed[number] - self._most[number])
        self._owed[number] -= lacking
        return np.pad(made, ((0, 0), (lacking, 0))) if lacking else made

    def process(self, block: Frames) -> Frames:
        """float32 (BLOCK, 2) to float32 (n, 2), sound. Raises ValueError for another latency."""
        made = np.array(self._through(block.T).T, np.float32, order="C")
        # NB: numpy's way, and not dsp.clean: this process loads no compiler
        sound = bool((np.abs(made) <= LOUDEST).all())
        self._unsound = max(0, self._unsound - 1) if sound else self._unsound + HEALS
        if self._unsound >= HOPELESS * HEALS:
            raise ValueError("it gives samples that are no sound, again and again")
        if not sound:
            made[:] = 0
            self.resets += 1
            self._reset()
        if self._now_reported() != self._reported:
            raise ValueError(f"its latency is {sum(self._now_reported())} frames and no longer {sum(self._reported)}")
        return made


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Load what is asked for, and process until no block comes any more."""
    _end_within(LOADING_S)
    try:
        wanted = json.loads(requests.readline())
        chain = Chain(_loaded([Effect(**effect) for effect in wanted["effects"]]), wanted["samplerate"])
        block_s = chain.warm()
    except Exception as error:  # a plugin's own too
        answers.write(_line({"wrong": _text(error)}))
        return
    answers.write(_line({"latency": chain.latency, "block_s": block_s}))
    answers.flush()
    _end_within(0)
    gc.collect()
    gc.freeze()
    while len(given := requests.read(BLOCK * 8)) == BLOCK * 8:
        _end_within(PATIENCE_S)
        try:
            made = chain.process(np.frombuffer(given, np.float32).reshape(BLOCK, 2))
        except Exception as error:  # a plugin's own: it is told, and this is the end
            answers.write(ANSWER.pack(WRONG, 0) + f"{_text(error)}\n".encode())
            return
        answers.write(ANSWER.pack(len(made), chain.resets) + made.tobytes())
        answers.flush()
        _end_within(0)


def _end_within(seconds: float) -> None:
    """Have the system end this process if it hangs for so long, whoever started it having died; 0 takes that back."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _loaded(effects: Sequence[Effect]) -> Sequence[Processor]:
    """All of them; a ValueError says which one cannot be, where there are several."""
    loaded = []
    for effect in effects:
        try:
            loaded.append(load(effect))
        except ValueError as error:
            raise ValueError(f"{effect.what}: {error}" if len(effects) > 1 else str(error)) from error
    return loaded


def _text(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _line(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode() + b"\n"


def main() -> None:
    """Keep stdout to ourselves, and serve."""
    interrupt.unblocked(deaf=True)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # `_end_within` sends it
    with os.fdopen(os.dup(1), "wb") as answers:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for printed in (1, 2):
            os.dup2(nowhere, printed)
        serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
