"""A remote for demucs-stream over OSC: it says what is to change, and prints how everything is then.

    demucs-stream --device 3 --osc 9000                              # the run that it is for
    python examples/osc_remote.py 9000 vocals.mute=1 bass.gain=-6    # change two things
    python examples/osc_remote.py 9000 --watch                       # and go on printing what changes
    python examples/osc_remote.py 9000 /record                       # any address of docs/guide/osc.md
    python examples/osc_remote.py 9000 /quit

Exit code 1: nobody answers there.
"""

import argparse
import sys
from collections.abc import Iterator

from pythonosc.udp_client import SimpleUDPClient

LAST = "/xruns"  # of what the run answers to /state


def sent(word: str) -> tuple[str, float | None]:
    """The message for a word: `STEM.PARAMETER=VALUE`, or an address that takes no value."""
    if word.startswith("/"):
        return word, None
    name, equals, value = word.partition("=")
    stem, dot, parameter = name.partition(".")
    if not (equals and dot):
        raise argparse.ArgumentTypeError(f"{word!r} is neither STEM.PARAMETER=VALUE nor an address such as /record")
    try:
        return f"/stem/{stem}/{parameter}", float(value)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{value!r} in {word!r} is no number") from None


def told(client: SimpleUDPClient, wait_s: float) -> Iterator[tuple[str, float]]:
    """What the run tells, one after the other, until nothing has come for so long."""
    for message in client.get_messages(wait_s):
        yield message.address, message.params[0]


def shown(address: str, value: float) -> str:
    """A line for a person: `vocals.mute 1`."""
    return f"{address.removeprefix('/stem/').lstrip('/').replace('/', '.')} {value:g}"


def main() -> int:
    """Send, ask, print; the exit code."""
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("port", type=int)
    words.add_argument("changes", nargs="*", type=sent, metavar="STEM.PARAMETER=VALUE|/ADDRESS")
    words.add_argument("--host", default="127.0.0.1")
    words.add_argument("--wait", type=float, default=5.0, metavar="SECONDS", help="for an answer")
    words.add_argument("--watch", action="store_true", help="go on until Ctrl-C")
    chosen = words.parse_args()
    client = SimpleUDPClient(chosen.host, chosen.port)
    for address, value in chosen.changes:
        client.send_message(address, value)
    if "/quit" in dict(chosen.changes):
        return 0
    client.send_message("/state", None)
    answered = False
    try:
        for address, value in told(client, chosen.wait):
            print(shown(address, value), flush=True)
            answered = answered or address == LAST
            if answered and not chosen.watch:
                return 0
        while chosen.watch and answered:
            for address, value in told(client, chosen.wait):
                print(shown(address, value), flush=True)
    except KeyboardInterrupt:
        return 0
    print(f"nobody answers at {chosen.host}:{chosen.port}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
