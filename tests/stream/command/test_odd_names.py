"""Names that other programs give themselves: bytes, escapes, markup, whatever an encoding lacks."""

import ctypes
import json
import os
import subprocess
from collections.abc import Iterator

import pytest

from tests.rig.jackd import Jackd
from tests.rig.live import COMMAND

pytestmark = pytest.mark.device
NAMES = [b"caf\xe9", "Жук🎵 [bold]:cd:".encode(), b"\x1b[31mred"]
AUDIO = b"32 bit float mono audio"
OUTPUT = 2  # JackPortIsOutput


@pytest.fixture(scope="module")
def clients() -> Iterator[None]:
    """Clients of a JACK server, made by libjack itself: JACK-Client gives no such names."""
    with Jackd():
        lib = ctypes.CDLL("libjack.so.0")
        lib.jack_client_open.restype = ctypes.c_void_p
        lib.jack_port_register.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong,
                                           ctypes.c_ulong]
        lib.jack_client_close.argtypes = lib.jack_activate.argtypes = [ctypes.c_void_p]
        made = [lib.jack_client_open(name, 1, None) for name in NAMES]
        for one in made:
            lib.jack_port_register(one, b"out\xe9", AUDIO, OUTPUT, 0)
            lib.jack_activate(one)
        yield
        for one in made:
            lib.jack_client_close(one)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
@pytest.mark.parametrize(("words", "code"), [
    (["devices"], 0), (["devices", "--json"], 0), (["ports"], 0),
    (["run", "--model", "center", "--device", "jack:nobody"], 2),
    (["run", "--model", "center", "--device", "nobody"], 2)], ids=["devices", "JSON", "ports", "jack", "PortAudio"])
def test_a_listing_goes_on_whatever_it_lists(clients: None, words: list[str], code: int, encoding: str) -> None:
    done = subprocess.run([COMMAND, *words], capture_output=True, check=False,
                          env=os.environ | {"PYTHONIOENCODING": encoding})
    said = (done.stdout + done.stderr).decode(encoding)
    assert done.returncode == code, said
    assert not any(character in said for character in ("\x1b", "Traceback", "codec"))
    if words[-1] == "--json":
        assert json.loads(done.stdout)["jack"]["name"] == "jack"
    if words[-1] == "jack:nobody":
        assert len(done.stderr.splitlines()) == 1 + len(NAMES) + 2  # and the sound card's two
        assert "caf\\udce9:out\\udce9" in said
        assert "\\x1b[31mred:out" in said
