"""A process with a stem's effects in it, from our side: a plugin that crashes or hangs there takes nobody with it."""

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any, BinaryIO, Self, cast

import numpy as np

from stream.common import interrupt
from stream.inserts.child import ANSWER, WRONG
from stream.inserts.effects import Frames
from stream.inserts.naming import Effect

LOADING_S = 30.0  # plugins may ask a server for their licence
PATIENCE_S = 2.0  # for a block
WATCH_S = 0.25


class Broken(Exception):
    """The process answers no more; says why."""


class Process:
    """Effects in a process of their own. A context manager.

    latency: frames from a frame's going in to its coming out      block_s: seconds that they take for a block
    resets: how often they gave what cannot be sound, and were made to forget what they had heard
    """

    def __init__(self, effects: Sequence[Effect], samplerate: int) -> None:
        """Begin to load them; `loaded` waits for it."""
        self.name = " + ".join(effect.what for effect in effects)
        self.latency, self.block_s, self.resets = 0, 0.0, 0
        self._due = time.monotonic() + LOADING_S
        self._hung = False
        with interrupt.blocked():  # a Ctrl-C is ours, not its; nor is a signal to all that a service has started
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "stream.inserts.child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True)
        self._given, self._taken = cast(BinaryIO, self._process.stdin), cast(BinaryIO, self._process.stdout)
        self._over = threading.Event()
        threading.Thread(target=self._watch, name="insert watch", daemon=True).start()
        request = {"effects": [asdict(effect) for effect in effects], "samplerate": samplerate}
        with suppress(Broken):  # `loaded` finds that out too, and says it
            self._give(json.dumps(request).encode() + b"\n")

    def loaded(self) -> Self:
        """Wait until they are. Raises ValueError for effects that cannot be."""
        answer = self._taken.readline()
        found: dict[str, Any] = json.loads(answer) if answer else {"wrong": f"it {self._broken()}"}
        self._due = math.inf
        if "wrong" in found:
            raise ValueError(f"insert {self.name}: {found['wrong']}")
        self.latency, self.block_s = found["latency"], found["block_s"]
        return self

    def process(self, block: Frames) -> Frames:
        """float32 (BLOCK, 2) to float32 (n, 2). Raises Broken."""
        self._due = time.monotonic() + PATIENCE_S
        self._give(block.tobytes())
        count, self.resets = ANSWER.unpack(self._take(ANSWER.size))
        if count == WRONG:
            raise Broken(f"has failed: {self._taken.readline().decode().strip()}")
        # a copy: for what cannot be written to the rings would be compiled once more, while audio runs
        made = np.frombuffer(self._take(8 * count), np.float32).reshape(count, 2).copy()
        self._due = math.inf
        return made

    def _give(self, data: bytes) -> None:
        try:
            self._given.write(data)
            self._given.flush()
        except OSError:
            raise self._broken() from None

    def _take(self, size: int) -> bytes:
        data = self._taken.read(size)
        if len(data) < size:
            raise self._broken()
        return data

    def _broken(self) -> Broken:
        code = self._process.wait()  # its pipes are closed: it ends
        if self._hung:
            return Broken("has hung, and was ended")
        return Broken(f"has crashed ({signal.Signals(-code).name})" if code < 0 else f"has ended with code {code}")

    def _watch(self) -> None:
        while not self._over.wait(WATCH_S):
            if time.monotonic() > self._due:
                self._hung = True
                self._process.kill()  # whoever reads from it reads its end
                self._due = math.inf

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._process.kill()
        self._process.wait()
        self._taken.close()
        with suppress(OSError):  # what it was not given is not missed
            self._given.close()
