"""Bare graphs of small networks, each traced once in a run of all tests: one takes half a minute."""

import hashlib
import json
import os
from pathlib import Path

import onnx

from export.files import atomic_file
from export.graph import trace
from export.stateful.trace import RECOMPUTE, trace_stateful
from export.weights import PUBLISHED, encoded

# arguments of a network that several files trace: as published, but small
SMALL_NETWORK = {**PUBLISHED, "sources": ["voice", "rest"], "channels": 8, "t_layers": 1, "t_heads": 2,
                 "bottom_channels": 64}


def traced(kwargs, recompute=None):
    """The graph of these arguments, the caller's own; with a state if there are columns to recompute.

    The segment shapes no network: networks of any segment share one, and weights bring theirs when they are bound.
    """
    assert recompute in (None, RECOMPUTE)
    shaping = {key: value for key, value in kwargs.items() if key != "segment"}
    key = hashlib.sha256(json.dumps([recompute, shaping], default=encoded, sort_keys=True).encode()).hexdigest()
    path = Path(os.environ["DEMUCS_STREAM_CACHE"], "traced", f"{key}.onnx")
    if not path.exists():
        made = trace(shaping) if recompute is None else trace_stateful(shaping, recompute)
        with atomic_file(path) as file:
            file.write(made.SerializeToString())
    return onnx.load(path)
