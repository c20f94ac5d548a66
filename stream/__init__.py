"""The live path: blocks from a device, hops through a separator, stems under their faders, blocks to a device."""

from stream.common.account import settle

settle()  # before anything imports onnxruntime, numba or the hub's client
