"""One file, one question, asked in its first line; `python -m benchmarks.NAME [--quick] [--json FILE]`."""

from stream.common.account import settle

settle()  # before anything imports onnxruntime, numba or the hub's client
