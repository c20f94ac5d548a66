"""The engine's side: screens come in by a key, are told fifteen times a second what has changed, and say what to do.

Each has a thread of its own, which mostly waits: one that is slow, sends nonsense or dies harms nobody.
"""

import os
import secrets
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener, answer_challenge, deliver_challenge
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from stream.common.errors import Failure
from stream.common.scratch import scratch
from stream.link.endpoint import MOST_MESSAGE_BYTES, Endpoint, get, put
from stream.link.snapshot import Looks, changes
from stream.link.verbs import LinkAnswer, Verbs

TICK_S, PROMPT_S, ASKED_S = 1 / 15, 1 / 50, 1 / 200  # to the next look: by itself, after something was done, or asked
FOLDER = "demucs-stream.link-"
MOST_FOLDER_BYTES = 65  # of where that lies: a socket's path has 103 bytes on macOS, 107 on Linux
AT_ONCE = 64  # messages of one screen between two looks; what it has more of waits
MOST_SCREENS = 16
NOTES = 8  # of the last lines for the user, what somebody is told who comes in


class SaidOutcome(NamedTuple):
    """What came of a message: what went wrong, in a line, and what is to be told of whoever asked something by a verb.
    """

    error: str = ""
    verb: str = ""
    answer: LinkAnswer | None = None


class Link:
    """Listens from when it is made; whoever comes in waits until `open` says what there is to see."""

    def __init__(self) -> None:
        """Listen under an address and a key that nobody can guess. [main-thread]"""
        self._open = ExitStack()
        # on Windows a named pipe, which lies in no folder
        address = str(self._open.enter_context(scratch(FOLDER, _within())) / "link") if os.name == "posix" else None
        self._listener = Listener(address, backlog=MOST_SCREENS)
        self.door = Endpoint(str(self._listener.address), secrets.token_bytes(32))
        self._snapshot: Looks | None = None
        self._does: Verbs = {}
        self._notes: list[str] = []
        self._noted = 0
        self._screens: set[Connection] = set()
        self._ended = threading.Event()

    def open(self, snapshot: Looks, does: Verbs) -> None:
        """Let screens in; once.

        does: by its verb, what a screen can have done (stream.link.verbs)
        [main-thread]
        """
        self._snapshot, self._does = snapshot, does
        threading.Thread(target=self._accept, name="link", daemon=True).start()

    def note(self, text: str) -> None:
        """Show a line on all screens. [any-thread]"""
        self._notes = [*self._notes, text][-NOTES:]
        self._noted += 1

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                came: Any = self._listener.accept()
            except OSError:
                if not self._ended.is_set():
                    time.sleep(TICK_S)  # out of file descriptors, or somebody was gone before he was in
                continue
            if len(self._screens) >= MOST_SCREENS or self._ended.is_set():
                came.close()
                continue
            self._screens.add(came)
            threading.Thread(target=self._serve, args=(came,), name="screen", daemon=True).start()

    def _serve(self, screen: Connection) -> None:
        """One screen, from its key to its end. [screen-thread]"""
        with suppress(EOFError, OSError, AuthenticationError, ValueError, RecursionError):
            deliver_challenge(screen, self.door.key)
            answer_challenge(screen, self.door.key)
            assert self._snapshot is not None
            put(screen, self._snapshot.always())
            self._converse(screen, self._snapshot)
        self._screens.discard(screen)
        with suppress(OSError):
            screen.close()

    def _converse(self, screen: Connection, snapshot: Looks) -> None:
        known: dict[str, Any] = {}
        waveform = snapshot.waveform()
        done, noted, due = 0, max(0, self._noted - len(self._notes)), time.monotonic()
        while not self._ended.is_set():
            outcomes = self._obey(screen, due)
            done += len(outcomes)
            now = snapshot.now() | {"done": done}  # by which it knows whether we know yet what it has said
            news = changes(known, now)
            if slices := waveform.new():
                news["slices"] = slices
            if self._noted > noted:
                news["notes"], noted = self._notes[-(self._noted - noted) :], self._noted
            answers, errors = answered(outcomes)
            news |= answers
            if errors:
                news["error"] = errors[-1]
            if news:
                put(screen, news)
            known, due = now, time.monotonic() + TICK_S

    def _obey(self, screen: Connection, due: float) -> list[SaidOutcome]:
        """Do what a screen says until it is time to tell it how things are, soon if it said something."""
        outcomes: list[SaidOutcome] = []
        for _ in range(AT_ONCE):
            if not screen.poll(max(0.0, due - time.monotonic())):
                return outcomes
            outcomes.append(self._outcome(get(screen, MOST_MESSAGE_BYTES)))
            due = min(due, time.monotonic() + (PROMPT_S if outcomes[-1].answer is None else ASKED_S))
        time.sleep(max(0.0, due - time.monotonic()))
        return outcomes

    def obey(self, message: Any) -> str:
        """Do what a message says: `[verb, what ...]`; what went wrong, in a line, or nothing. [any-thread]"""
        return self._outcome(message).error

    def _outcome(self, message: Any) -> SaidOutcome:
        if not (isinstance(message, list) and message and message[0] in [*self._does]):
            return SaidOutcome(f"{message!r:.60} cannot be done")
        try:
            found = self._does[message[0]](*message[1:])
        except (ValueError, OSError, Failure) as error:
            return SaidOutcome(str(error))
        except Exception:  # whatever a stranger sends or an act meets, audio goes on
            return SaidOutcome(f"{message!r:.60} cannot be done")
        return SaidOutcome("", message[0], found) if isinstance(found, LinkAnswer) else SaidOutcome()

    def end(self) -> None:
        """Send everybody home; the second time it does nothing. [main-thread]"""
        if self._ended.is_set():
            return
        self._ended.set()
        if self._snapshot is not None:
            with suppress(OSError, EOFError):
                Client(self.door.address).close()  # wakes up who waits for somebody to come in
        self._listener.close()
        self._open.close()
        end = time.monotonic() + 1
        while self._screens and time.monotonic() < end:
            time.sleep(TICK_S / 4)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.end()


def answered(outcomes: Sequence[SaidOutcome]) -> tuple[dict[str, Any], list[str]]:
    """What is told to whoever asked, by verb, the last question of each; and all that went wrong. [screen-thread]"""
    answers, errors = dict[str, Any](), [outcome.error for outcome in outcomes if outcome.error]
    for verb, answer in {outcome.verb: outcome.answer for outcome in outcomes}.items():
        try:
            if answer is not None:
                answers[verb] = answer.give()
        except Exception as error:  # as above
            errors.append(f"{verb} cannot be answered: {error}")
    return answers, errors


def _within() -> Path:
    """Where temporary files go, unless that has so long a name that no socket can lie there."""
    usual = Path(tempfile.gettempdir())
    return usual if len(os.fsencode(usual)) <= MOST_FOLDER_BYTES else Path("/tmp")
