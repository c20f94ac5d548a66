"""The command `models`: what can be said after --model."""

from collections.abc import Sequence
from typing import Any

from stream.terminal.answers import tell


def list_models(known: list[dict[str, Any]], separators: Sequence[str], quiet: bool) -> dict[str, Any]:
    """Every name, on stdout unless quiet, and as `--json` prints it.

    known: models with weights: name, sources, runs, cached, origin, licence
    separators: plugins, which have none
    """
    if not quiet:
        wide = max(len(model["name"]) for model in known)
        for model in known:
            runs = "1 network" if model["runs"] == 1 else f"{model['runs']} networks"
            here = "in the cache" if model["cached"] else "not in the cache"
            tell(f"{model['name']:{wide}}  {' '.join(model['sources'])}; {runs}; {here}; {model['origin']}")
        tell(*dict.fromkeys(model["licence"] for model in known))
        tell(f"without weights: {', '.join(separators)}")
        tell("or a file: .safetensors or .th (a checkpoint), .onnx or .ort (a model), .yaml (a bag of checkpoints)")
    return {"models": known, "separators": list(separators)}
