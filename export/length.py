"""How long a model file's window is: any length, or one that is fixed when it is exported."""

import math
from dataclasses import dataclass

import onnx

LEAST = 16  # columns, of the traced graph
FRAMES = {"T": 1, "N": 1024}  # symbolic dimensions, in columns' worth


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
    """Give the window one length, in place: in inputs and outputs, and in what the file says of itself."""
    for value in (*model.graph.input, *model.graph.output):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param in FRAMES:
                dim.dim_value = FRAMES[dim.dim_param] * columns
    for prop in model.metadata_props:
        if prop.key in ("max_window", "segment"):
            prop.value = str(min(int(prop.value), FRAMES["N"] * columns))
