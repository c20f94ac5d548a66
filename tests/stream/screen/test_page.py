"""The page in a browser: who gets it, and that a click on it is heard."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import soundfile as sf

from stream.link.endpoint import Endpoint
from stream.screen.guard import local
from stream.screen.layout import SWITCHES, Layout
from stream.terminal.pageprocess import PageProcess
from tests.rig.attached import until
from tests.rig.jackd import Jackd
from tests.rig.live import Live, command, connected, noise
from tests.rig.loopback import Loopback

pytestmark = pytest.mark.realtime

pytest.importorskip("textual_serve", reason="the extra `serve` is not installed")

RATE = 44_100
NOWHERE = Endpoint("/nowhere", b"\x00")
EVERYTHING = ["/", "/ws", "/static/js/textual.js", "/static/", "/download/key", "/nothing"]
UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
           "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}

SPY = """window.sockets = []; window.WebSocket = class extends WebSocket {
    constructor(...words) { super(...words); window.sockets.push(words[0]); } }"""


@pytest.fixture(scope="module")
def guarded() -> Iterator[PageProcess]:
    with PageProcess(NOWHERE, "127.0.0.1", 0, "sécret", print) as made:
        yield made


@pytest.fixture(scope="module")
def unguarded() -> Iterator[PageProcess]:
    with PageProcess(NOWHERE, "127.0.0.1", 0, None, print) as made:
        yield made


def ask(served: PageProcess, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=30)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return connection.getresponse()


@pytest.mark.parametrize("path", EVERYTHING)
@pytest.mark.parametrize("known", [{}, {"Cookie": "demucs_stream=guess"}, {"Authorization": "Bearer x"}], ids=str)
def test_without_the_token_there_is_nothing(guarded: PageProcess, path: str, known: dict[str, str]) -> None:
    assert ask(guarded, path, **known).status == 403
    assert ask(guarded, path, **known, **UPGRADE).status == 403


@pytest.mark.parametrize("guess", ["", "s", "secret", "s%C3%A9cre", "s%C3%A9cret%20", "%FF", "s%C3%A9cret&token=x"])
def test_a_guess_is_refused(guarded: PageProcess, guess: str) -> None:
    found = ask(guarded, f"/?token={guess}").status
    assert found == (200 if guess.startswith("s%C3%A9cret&") else 403)  # the first one counts


def test_the_printed_address_opens_the_page_and_what_belongs_to_it(guarded: PageProcess) -> None:
    assert parse_qs(urlsplit(guarded.url).query) == {"token": ["sécret"]}
    answer = ask(guarded, guarded.url.partition("/?")[2] and f"/?{urlsplit(guarded.url).query}")
    cookie = answer.headers["Set-Cookie"]
    page = answer.read().decode()
    assert answer.status == 200
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "https://" not in page  # nothing comes from elsewhere
    known = {"Cookie": cookie.partition(";")[0]}
    assert ask(guarded, "/static/js/textual.js", **known).status == 200
    assert ask(guarded, "/ws", **known, **UPGRADE).status == 101


def test_a_page_of_somebody_else_gets_nothing_even_with_the_token(guarded: PageProcess, unguarded: PageProcess) -> None:
    query = urlsplit(guarded.url).query
    assert ask(guarded, f"/ws?{query}", Origin="http://evil.example", **UPGRADE).status == 403
    assert ask(unguarded, "/ws", Origin="http://evil.example", **UPGRADE).status == 403
    for origin in ("null", "http://[", "http://127.0.0.1"):
        assert ask(unguarded, "/ws", Origin=origin, **UPGRADE).status == 403


def test_this_machines_browsers_need_no_token_under_its_own_name_only(unguarded: PageProcess) -> None:
    assert "token" not in unguarded.url
    assert ask(unguarded, "/").status == 200
    assert ask(unguarded, "/", Host="localhost:8000").status == 200
    for name in ("evil.example", "127.0.0.1.evil.example", "[", ""):
        assert ask(unguarded, "/", Host=name).status in (400, 403)


@pytest.mark.parametrize(("host", "own"), [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True),
                                           ("0.0.0.0", False), ("192.168.1.2", False), ("", False), ("stage", False)])
def test_what_only_this_machine_reaches(host: str, own: bool) -> None:
    assert local(host) == own


def test_for_the_network_a_token_is_made_that_is_never_the_same() -> None:
    tokens = set()
    for _ in range(2):
        with PageProcess(NOWHERE, "0.0.0.0", 0, None, print) as made:
            tokens |= set(parse_qs(urlsplit(made.url).query)["token"])
            assert ask(made, "/").status == 403
    assert len(tokens) == 2
    assert min(map(len, tokens)) >= 20


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    sf.write(tmp_path / "song.wav", noise(RATE), RATE)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = command("serve", "--device", tmp_path / "song.wav", "--output-device", tmp_path / "out.wav",
                       "--model", "center", "--port", taken.getsockname()[1])
    assert done.code == 2
    assert len(done.said) == 1
    assert "address already in use" in done.err.lower()
    assert not (tmp_path / "out.wav").exists()


def test_a_page_server_that_dies_is_said() -> None:
    said: list[str] = []
    with PageProcess(NOWHERE, "127.0.0.1", 0, None, said.append) as made:
        made._process.kill()
        until(lambda: said == ["the page server has failed: going on without"])


@contextmanager
def browser(url: str) -> Iterator[Any]:
    """Chromium on a page, without a window."""
    driver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    paths = [Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")]
    if not all(path.exists() for path in paths):
        pytest.skip("chromium is not installed (Debian: apt-get install chromium chromium-driver)")
    options = driver.ChromeOptions()
    options.binary_location = str(paths[0])
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1100,700"):
        options.add_argument(word)
    service = driver.chrome.service.Service(str(paths[1]))
    with driver.Chrome(options=options, service=service) as opened:
        opened.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SPY})
        opened.get(url)
        yield opened


def drawn(page: Any) -> bool:
    return bool(page.execute_script("return document.body.classList.contains('-first-byte')"))


def click(page: Any, x: int, y: int) -> None:
    """Click a cell of the terminal, which tells its size in the address of its socket."""
    from selenium.webdriver.common.action_chains import ActionChains

    size = parse_qs(urlsplit(page.execute_script("return window.sockets[0]")).query)
    screen = page.find_element("css selector", ".xterm-screen")
    right, down = (whole * ((at + 0.5) / int(size[name][0]) - 0.5) for whole, at, name in
                   ((screen.size["width"], x, "width"), (screen.size["height"], y, "height")))
    ActionChains(page).move_to_element_with_offset(screen, int(right), int(down)).click().perform()


def last(loopback: Loopback, seconds: float) -> Any:
    """Which frames of the last seconds sounded."""
    return loopback.recorded[loopback.done - int(seconds * RATE) : loopback.done].any(1)


@pytest.mark.device
def test_a_click_in_a_browser_silences_a_stem_while_it_plays() -> None:
    with Jackd() as jackd, Loopback(jackd, noise(60 * RATE)) as loopback, Live(
            "serve", "--device", "rig", "--model", "center", "--mute", "other", "--port", 0, "--json") as live:
        live.until(lambda: connected(loopback))
        loopback.start()
        url = next(line for line in live.err.splitlines() if line.startswith("the mixer is at ")).rpartition(" ")[2]
        with browser(url) as page:
            live.until(lambda: drawn(page))
            start = loopback.done
            live.until(lambda: loopback.done > start + 2 * RATE)
            assert last(loopback, 1).mean() > 0.9
            click(page, SWITCHES[0] + 1, Layout(100, 32, ("other", "vocals")).strip(1))
            live.until(lambda: not last(loopback, 0.5).any())
        closed = loopback.done
        live.until(lambda: loopback.done > closed + RATE // 2)
        done = live.interrupt()
    assert done.code == 0
    assert done.report["heard_s"] * RATE > closed - start  # who closes the page does not end the run
