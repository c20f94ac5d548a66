"""The page server's process, and the address of its page."""

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from importlib.util import find_spec
from urllib.parse import quote

from stream.common import interrupt
from stream.common.closing import Closing
from stream.link.endpoint import ENVIRONMENT, Endpoint
from stream.screen.guard import TOKEN, local
from stream.session.request import Say

PATIENCE_S = 3.0
# addresses that are all of this machine's: their family, a place far away that nobody has, and this machine's own
EVERYWHERE = {"0.0.0.0": (socket.AF_INET, "192.0.2.1", "127.0.0.1"), "::": (socket.AF_INET6, "2001:db8::1", "::1")}


class PageProcess(Closing):
    """url: where the mixer is, with the token that it takes, if it takes one"""

    def __init__(self, door: Endpoint, host: str, port: int, token: str | None, say: Say) -> None:
        """Serve screens that attach to an engine.

        say: is told when it has failed; the run goes on
        token: what a browser must know; None is none for this machine's own browsers, else one that nobody can guess
        Raises ValueError, in a line, where the extra is not installed or the port is taken.
        """
        if find_spec("textual_serve") is None:
            raise ValueError("serve takes textual-serve, which is not installed: install this program with its extra "
                             "`serve`, for example `pip install '.[serve]'` in its folder")
        self._closing = False
        if token is None:
            token = "" if local(host) else secrets.token_urlsafe(16)
        with interrupt.blocked():
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "stream.screen.page", host, str(port)], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, env=os.environ | {ENVIRONMENT: str(door), TOKEN: token})
        try:
            assert self._process.stdout is not None
            answer = json.loads(self._process.stdout.readline() or b'{"error": "the page server has failed"}')
            if "error" in answer:
                raise ValueError(f"a page at {host}:{port}: {answer['error']}")
        except BaseException:
            self.close()
            raise
        self._say = say
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        self.url = f"http://{_named(host)}:{answer['port']}/{f'?token={quote(token)}' if token else ''}"

    def _watch(self) -> None:
        self._process.wait()
        if not self._closing:
            self._say("the page server has failed: going on without")

    def close(self) -> None:
        """Serve no longer; pages that are open are closed."""
        self._closing = True
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _named(host: str) -> str:
    """How others reach a host that this machine is."""
    if host in EVERYWHERE:
        family, far, own = EVERYWHERE[host]
        host = own
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, 9))  # nothing is sent: it only chooses the address of ours that others see
            host = str(probe.getsockname()[0])
    return f"[{host}]" if ":" in host else host
