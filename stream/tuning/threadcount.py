"""How many threads: timed beside one per core."""

from collections.abc import Sequence

from stream.tuning.cache import cores
from stream.tuning.candidates import Asked
from stream.tuning.comparison import compare

ON_CORES = ("cpu", "openvino", "openvino-f32")  # providers that compute with our threads
WORTH = 0.9  # of the time: what takes more cores must save a tenth, for audio needs one of them


def candidates(count: int) -> list[int]:
    """Threads, from what takes least of the machine to what takes most; one less than all leaves a core to audio."""
    return sorted({1, count // 2, count - 1, count} - {0})


def tuned(asked: Asked, provider: str) -> int:
    """Threads for a provider; the user's own are left as they are."""
    if asked.opening.threads or provider not in ON_CORES:
        return asked.opening.threads
    count = cores()
    asked.say(f"timing threads for provider {provider} (once) ...")
    usual, music = asked.opened(provider=provider, threads=count), asked.music()
    ratios = {count: 1.0}
    for threads in candidates(count)[:-1]:
        ratios[threads] = compare(asked.opened(provider=provider, threads=threads), usual, music, asked.hops).ratio
    return gentlest(ratios, candidates(count))


def gentlest(ratios: dict[int, float], order: Sequence[int]) -> int:
    """The first in the order that no later one beats by what is `WORTH` it."""
    return next(threads for at, threads in enumerate(order)
                if all(ratios[later] >= WORTH * ratios[threads] for later in order[at + 1 :]))
