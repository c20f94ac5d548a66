"""ORT format of a model file, and the operators and types that a build of ONNX Runtime for it must have.

See export/reduced_build.md for that build.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import onnxruntime
from onnxruntime.tools.ort_format_model import create_config_from_models

CONFIG = "required_operators_and_types.config"
Fuse = Callable[[Path], bytes]  # a model file with a provider's own operators in it (stream.separators.fusion)


def write_ort(model: Path, to: Path, fuse: Fuse | None) -> None:
    """Write a model file in ORT format, optimised as far as holds on any CPU. Raises OSError.

    Weights come out as fp32, whatever they were stored as: what an optimised file holds is what is computed with.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.optimized_model_filepath = str(to)
    options.add_session_config_entry("session.save_model_format", "ORT")
    source = str(model) if fuse is None else fuse(model)
    try:
        # NchwcTransformer lays convolutions out for the vector registers of the machine that it runs on
        onnxruntime.InferenceSession(
            source, options, ["CPUExecutionProvider"], disabled_optimizers=["NchwcTransformer"])
    except Exception as error:  # onnxruntime raises a class of its own for each kind of failure
        raise OSError(f"{to.name} cannot be written: {str(error).splitlines()[0]}") from error


def write_config(models: Sequence[Path], to: Path) -> None:
    """Write what `--include_ops_by_config` of ONNX Runtime's build takes, for these ORT files."""
    create_config_from_models(models, to, enable_type_reduction=True)
    lines = to.read_text().splitlines()
    kept = [line for line in lines if not line.startswith("#")]  # its head names the folder they were made in
    head = [f"# {', '.join(model.name for model in models)}; onnxruntime {onnxruntime.__version__}"]
    to.write_text("\n".join([*head, *kept]) + "\n")
