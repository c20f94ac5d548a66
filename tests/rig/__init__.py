"""The rig: a JACK server of its own, a client that plays into a host and records it, MIDI knobs, stolen CPU time."""
