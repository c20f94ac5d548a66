"""Arrays in, arrays out: from a waveform to what the model sees and back. No threads, devices, files or clocks."""
