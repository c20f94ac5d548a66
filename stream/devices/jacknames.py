"""A name of our own on JACK and PipeWire, where other runs are too."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count

from stream.common.claim import Claim
from stream.common.errors import Failure
from stream.common.places import cache
from stream.devices.jackports import CLIENT_NAME, client, library

TRIES = 250  # 20 ms apart: PortAudio looks for all devices while it opens its client


@contextmanager
def free_name() -> Iterator[str]:
    """`demucs-stream`, or with a number where the server has a client of that name; other runs wait meanwhile.

    JACK numbers what has the same name; PipeWire 0.3.65 leaves both as they are, and connects either.
    """
    with ExitStack() as stack:
        with suppress(OSError, RuntimeError):  # a folder that cannot be written: then nobody waits
            stack.callback(Claim(cache() / "jackname.json", tries=TRIES).drop)
        yield _free()


def _free() -> str:
    try:
        ours = client(f"{CLIENT_NAME} looks")
    except Failure:  # no server
        return CLIENT_NAME
    try:
        for number in count(1):
            name = CLIENT_NAME if number == 1 else f"{CLIENT_NAME}-{number}"
            try:
                ours.get_uuid_for_client_name(name)
            except library().JackError:
                return name
    finally:
        ours.close()
    raise AssertionError
