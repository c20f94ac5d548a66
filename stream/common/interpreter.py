"""What Python itself is asked for while music plays."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_S = 0.001  # the separator thread asks for the GIL ten times a hop; beside a busy thread each costs this much


@contextmanager
def undisturbed() -> Iterator[None]:
    """Have threads wait for each other as little as can be."""
    gc.collect()
    gc.freeze()  # what was imported and compiled is never collected: a full pass holds the GIL for 0.1 s
    switch_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(switch_s)
        gc.unfreeze()
