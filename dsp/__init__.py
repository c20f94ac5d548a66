"""Arrays in, arrays out: the transforms between a waveform and what the model sees. No threads, devices, files or clocks."""
