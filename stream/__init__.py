"""The live path: blocks from a device, hops through a separator, stems under their faders, blocks to a device."""
