"""The screen in browsers: `python -m stream.screen.page`, the only file that imports textual_serve and aiohttp.

Every page that is opened runs a screen of its own, attached to the engine that the environment names. The first line
on stdout is the port, or why there is none; it ends when its stdin does.
"""

import argparse
import asyncio
import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress

from aiohttp import web
from textual_serve.server import Server

from stream.common import interrupt
from stream.screen.guard import TOKEN, foreign, own_name, same

COOKIE = "demucs_stream"
GOODBYE_S = 1.0  # for pages that are open when the run ends
SCREEN = [sys.executable, "-P", "-m", "stream.screen"]
HTML = """<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>demucs-stream</title>
<link rel="stylesheet" href="static/css/xterm.css">
<style>
@font-face { font-family: "Roboto Mono"; src: url("static/fonts/RobotoMono-VariableFont_wght.ttf"); }
html, body, #terminal { margin: 0; height: 100%; background: #14171a; overflow: hidden; }
#ended { display: none; position: absolute; inset: 0; margin: auto; height: 3em; text-align: center; color: #c8d0d6;
         font: 16px sans-serif; z-index: 9; }
body.-closed #ended { display: block; }
body.-closed #terminal { opacity: 0.3; }
</style>
<script src="static/js/textual.js"></script>
</head>
<body>
<div id="ended">This screen is closed. <a href="" style="color: inherit">Open it again</a></div>
<div id="terminal" class="textual-terminal" data-session-websocket-url="SOCKET" data-font-size="SIZE"></div>
</body>
</html>
"""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Page(Server):
    """Serves the screen to whoever has the token, if there is one, and from its own pages only."""

    def __init__(self, host: str, token: str) -> None:
        """Nothing is served yet.

        token: empty is none, which is for this machine's own browsers
        """
        command = subprocess.list2cmdline(SCREEN) if os.name == "nt" else shlex.join(SCREEN)
        super().__init__(command, host, title="demucs-stream")
        self._token = token

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._guard)
        return app

    async def on_startup(self, app: web.Application) -> None:
        """Say nothing; whoever started this does."""

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Nothing is served, the websocket neither, to strangers, and to pages of somebody else's."""
        if not self._known(request) or foreign(request.headers.get("Origin"), request.host):
            raise web.HTTPForbidden(text="403: this takes the address that demucs-stream printed, with its token\n")
        return await handler(request)

    def _known(self, request: web.Request) -> bool:
        if not self._token:  # a stranger's page can have its own name mean this machine
            return own_name(request.host)
        given = request.query.get("token") or request.cookies.get(COOKIE) or ""
        return same(given, self._token)

    async def handle_index(self, request: web.Request) -> web.Response:
        """The page, which needs nothing from elsewhere."""
        scheme = "wss" if request.scheme == "https" else "ws"
        size = request.query.get("fontsize", "")
        html = HTML.replace("SOCKET", f"{scheme}://{request.host}/ws").replace("SIZE", size if size.isdigit() else "14")
        response = web.Response(text=html, content_type="text/html", headers={"Referrer-Policy": "no-referrer"})
        if self._token:  # what the page asks for next cannot carry the token in its address
            response.set_cookie(COOKIE, self._token, httponly=True, samesite="Strict")
        return response


async def serve(host: str, port: int) -> None:
    """Serve until stdin ends."""
    runner = web.AppRunner(await Page(host, os.environ.get(TOKEN, ""))._make_app(), access_log=None,
                           shutdown_timeout=GOODBYE_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except (OSError, OverflowError) as error:
        print(json.dumps({"error": getattr(error, "strerror", None) or str(error)}), flush=True)
        return
    print(json.dumps({"port": runner.addresses[0][1]}), flush=True)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):  # nobody reads on, and a screen may be on the terminal
        os.dup2(nowhere, number)
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def wait() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait, daemon=True).start()
    await ended.wait()
    await runner.cleanup()


def main() -> None:
    """Take the words and serve."""
    words = argparse.ArgumentParser()
    words.add_argument("host")
    words.add_argument("port", type=int)
    chosen = words.parse_args()
    interrupt.unblocked(deaf=True)
    with suppress(BrokenPipeError):  # whoever started this is gone already
        asyncio.run(serve(chosen.host, chosen.port))


if __name__ == "__main__":
    main()
