"""What does it cost to send a stem through effects in a process of their own?

A block of 512 frames there and back, beside the same effect called in this process; the separator's hop is some tens of
blocks. Effects are pedalboard's own, and plugins of Debian's zam-plugins where they are installed.
"""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.report import Report, interleave, parse
from stream.inserts.child import BLOCK
from stream.inserts.effects import Frames, load
from stream.inserts.naming import Effect
from stream.inserts.process import Process
from stream.latency.geometry import SAMPLERATE

QUESTION = (__doc__ or "").partition("\n")[0]
PLUGINS = Path("/usr/lib/vst3")
EFFECTS = ("Gain", "Compressor", "Reverb", *(
    str(PLUGINS / f"{name}.vst3") for name in ("ZamCompX2", "ZaMultiCompX2", "ZaMaximX2")))
TOLERANCE = 1e-6


def ways(effect: Effect, stack: ExitStack) -> dict[str, Callable[[Frames], Frames]]:
    """The effect called here, and in its process: float32 (BLOCK, 2) to float32 (n, 2)."""
    here = load(effect)
    process = stack.enter_context(Process([effect], SAMPLERATE)).loaded()

    def call(block: Frames) -> Frames:
        return here.process(np.ascontiguousarray(block.T), SAMPLERATE, BLOCK, False).T

    return {"process": process.process, "here": call}


def agree(both: dict[str, Callable[[Frames], Frames]], blocks: Frames) -> None:
    """Check that they give the same from where both have begun. Raises ValueError where they do not."""
    made = [np.concatenate([way(block) for block in blocks]) for way in both.values()]
    frames = min(map(len, made)) // 2
    error = float(np.abs(made[0][-frames:] - made[1][-frames:]).max())
    if not (error < TOLERANCE and made[0].any()):
        raise ValueError(f"the effect gives something else in a process of its own: {error:.2g}")


def main() -> None:
    chosen = parse(QUESTION)
    report = Report(QUESTION, 1, ("pedalboard", "numpy"), block=BLOCK, block_ms=round(1e3 * BLOCK / SAMPLERATE, 2))
    blocks = np.random.default_rng(0).uniform(-0.1, 0.1, (200, BLOCK, 2)).astype(np.float32)
    for what in EFFECTS:
        if what[0] == "/" and not Path(what).exists():
            print(f"\n{what} is not installed (Debian: zam-plugins)")
            continue
        with ExitStack() as stack:
            both = ways(Effect(what, {}), stack)
            agree(both, blocks)
            contenders = {name: partial(way, blocks[0]) for name, way in both.items()}
            report.table(Path(what).stem, interleave(contenders, 100 if chosen.quick else 3000), "process")
    report.save(chosen.json)


if __name__ == "__main__":
    main()
