"""From a published checkpoint to a model file. torch and demucs are imported in the files that trace or verify."""

from stream.common.account import settle

settle()  # before anything imports onnxruntime, numba or the hub's client
