"""How long a model file's window is: any length, or one that is fixed when it is exported."""

import math
from dataclasses import dataclass

import onnx

LEAST = 16  # columns, of the traced graph
FFT_HOP = 1024  # frames of a column


@dataclass(frozen=True)
class Length:
    """What was asked for: columns or seconds."""

    columns: int | None = None
    seconds: float | None = None

    def within(self, most: int, columns_per_s: float) -> int:
        """In columns; a started one counts. Raises ValueError outside LEAST to `most`."""
        columns = self.columns if self.seconds is None else math.ceil(self.seconds * columns_per_s - 1e-6)
        if columns is None or not LEAST <= columns <= most:
            limits = f"{LEAST} to {most} columns ({LEAST / columns_per_s:.2f} to {most / columns_per_s:.2f} s)"
            raise ValueError(f"length must be {limits}, not {self}; a number with a point or an s is seconds")
        return columns

    def __str__(self) -> str:
        return f"{self.columns} columns" if self.seconds is None else f"{self.seconds:g} s"


def length(text: str) -> Length:
    """`88` is columns, `2.04` and `2s` are seconds. Raises ValueError."""
    try:
        if text.isdecimal():
            return Length(columns=int(text))
        seconds = float(text.removesuffix("s"))
        if not math.isfinite(seconds):
            raise ValueError
        return Length(seconds=seconds)
    except ValueError:
        raise ValueError(f"length must be columns, such as 88, or seconds, such as 2.04 or 2s, not {text!r}") from None


def fix(model: onnx.ModelProto, columns: int) -> None:
    """Give the window one length, in place: in inputs and outputs, and in what the file says of itself.

    As many columns as the segment has are the segment itself, to the frame, where the wave branch takes that.
    """
    said = {prop.key: prop.value for prop in model.metadata_props}
    frames = frames_of(columns, int(said["segment"])) if "frames" in said else FFT_HOP * columns
    sizes = {"T": columns, "N": frames}
    for value in (*model.graph.input, *model.graph.output):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param in sizes:
                dim.dim_value = sizes[dim.dim_param]
    most = {key: str(min(int(said[key]), FFT_HOP * columns)) for key in ("max_window", "segment")}
    onnx.helper.set_model_props(model, said | most | ({"frames": str(frames)} if "frames" in said else {}))


def frames_of(columns: int, segment: int) -> int:
    """The frames of a window of so many columns: the segment's, if it ends in the last of them."""
    return segment if -(-segment // FFT_HOP) == columns else FFT_HOP * columns
