"""The audio thread, compiled: rings, the header, the input, mix and output stages, and bridges between clocks."""
