"""`python -m tests.rig.player NAME FILE`: a JACK client that plays a file, and says so, until it is ended.

It has two inputs as well, so that a host can play to it.
"""

import sys
import threading

import jack
import soundfile as sf


def main() -> None:
    name, file = sys.argv[1:]
    song, at = sf.read(file, dtype="float32", always_2d=True)[0], 0
    client = jack.Client(name, no_start_server=True)
    outs = [client.outports.register(f"out_{channel}") for channel in range(song.shape[1])]
    for channel in range(2):
        client.inports.register(f"in_{channel}")

    @client.set_process_callback  # type: ignore[untyped-decorator]
    def process(frames: int) -> None:
        nonlocal at
        block = song[at : at + frames]
        for channel, port in enumerate(outs):
            port.get_array()[:] = 0
            port.get_array()[: len(block)] = block[:, channel]
        at += frames

    with client:
        print("playing", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
