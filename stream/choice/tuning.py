"""How many threads, and whether they spin while they wait: timed beside one thread per core that sleeps."""

from stream.choice.contest import Asked
from stream.choice.kept import cores
from stream.choice.trial import compare

ON_CORES = ("cpu", "openvino", "openvino-f32")  # providers that compute with our threads
SPINNING = ("cpu",)  # whose threads are ONNX Runtime's own
WORTH = 0.9  # of the time: what takes more cores must save a tenth, for audio needs one of them


def candidates(provider: str, count: int) -> list[tuple[int, bool]]:
    """Threads and spinning, from what takes least of the machine to what takes most.

    count: cores; with one thread less than that, one is left to audio
    """
    threads = sorted({1, count // 2, count - 1, count} - {0})
    calm = [(number, False) for number in threads]
    # a thread alone waits for none, and what spins on every core takes audio's too
    spinning = [(number, True) for number in threads if 1 < number < count]
    return calm + spinning if provider in SPINNING else calm


def tuned(asked: Asked, provider: str) -> tuple[int, bool]:
    """Threads and spinning for a provider; the user's own threads are left as they are. [main-thread]"""
    if asked.opening.threads or provider not in ON_CORES:
        return asked.opening.threads, False
    count = cores()
    asked.say(f"timing threads for provider {provider} (once) ...")
    usual, music = asked.opened(provider=provider, threads=count), asked.music()
    ratios = {(count, False): 1.0}
    for threads, spinning in candidates(provider, count):
        if (threads, spinning) not in ratios:
            other = asked.opened(provider=provider, threads=threads, spinning=spinning)
            ratios[threads, spinning] = compare(other, usual, music, asked.hops).ratio
    return gentlest(ratios, candidates(provider, count))


def gentlest(ratios: dict[tuple[int, bool], float], order: list[tuple[int, bool]]) -> tuple[int, bool]:
    """The first in the order that no later one beats by what is `WORTH` it."""
    return next(settings for at, settings in enumerate(order)
                if all(ratios[later] >= WORTH * ratios[settings] for later in order[at + 1 :]))
