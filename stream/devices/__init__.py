"""Sound devices: PortAudio and JACK, by number or by name."""
