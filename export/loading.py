"""The weights of a named checkpoint: from the cache, or from where they are published.

What weights are held against: htdemucs, whose content's sha256 is written down in export.published, against that. The
others nobody has seen where this was written, so theirs is not made up: the transfer is held against the sha256 that
the hub itself states, arguments and shapes against the published network's, and the content's sha256 is noted in the
cache when it is first seen. From then on it must stay the same. The user is told so.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from export.bind import check
from export.cache import note, noted
from export.published import Checkpoint
from export.source import Progress
from export.weights import Weights, read
from stream.common.errors import Failure
from stream.common.places import cache
from stream.common.scratch import scratch

Say = Callable[[str], None]


class StoreError(Failure):
    """No source had the weights; the text has a line for each, with what failed and why."""


def loaded(checkpoint: Checkpoint, say: Say, progress: Progress) -> Weights:
    """The weights, kept in the cache from now on.

    Raises StoreError when every source failed, OSError when the cache cannot be written.
    """
    weights = _cached(checkpoint, say)
    if weights is None:
        weights = _fetched(checkpoint, say, progress)
        weights.write(weights_path(checkpoint))
        if pin(checkpoint) is None:
            note(_content(checkpoint), weights.sha256)
            say(f"{checkpoint.name}: no sha256 of these weights is known to this program. The file is what the hub "
                f"states, its shapes are the network's; from now on it must stay the same (noted in {cache()})")
    return replace(weights, licence=checkpoint.licence)


def weights_path(checkpoint: Checkpoint) -> Path:
    """Where the cache has the weights."""
    return cache() / f"{checkpoint.name}.safetensors"


def pin(checkpoint: Checkpoint) -> str | None:
    """The sha256 that the weights must have: written down, or noted when they were first seen; None before that."""
    return checkpoint.sha256 or noted(_content(checkpoint))


def _content(checkpoint: Checkpoint) -> Path:
    """What the noted sha256 is of: not a file, but what is in one."""
    return cache() / f"{checkpoint.name}.content"


def _cached(checkpoint: Checkpoint, say: Say) -> Weights | None:
    path = weights_path(checkpoint)
    if not path.is_file() or pin(checkpoint) is None:
        return None
    try:
        return _checked(read(path), checkpoint)
    except ValueError:
        say(f"{path} is damaged and is loaded again")
        path.unlink()
        return None


def _fetched(checkpoint: Checkpoint, say: Say, progress: Progress) -> Weights:
    say(f"{checkpoint.name}: {checkpoint.licence}")
    cache().mkdir(parents=True, exist_ok=True)
    failures = []
    for source in checkpoint.sources:
        # removed whatever comes: a refused download too
        with scratch(".loading-", cache()) as staging:
            try:
                return _checked(source.fetch(staging, progress), checkpoint)
            except (OSError, ValueError) as error:
                failures.append(f"{source}: {error}")
                say(failures[-1])
    raise StoreError("\n".join([f"no weights for {checkpoint.name} can be had:", *failures]))


def _checked(weights: Weights, checkpoint: Checkpoint) -> Weights:
    wanted_sha256 = pin(checkpoint)
    if wanted_sha256 is not None and weights.sha256 != wanted_sha256:
        raise ValueError(f"refused: the weights' sha256 is {weights.sha256}, {wanted_sha256} wanted")
    found, wanted = list(weights.kwargs.get("sources", ())), list(checkpoint.kwargs["sources"])
    if found != wanted:
        raise ValueError(f"refused: the weights are for {', '.join(map(str, found))}, not {', '.join(wanted)}")
    check(weights)
    return weights
