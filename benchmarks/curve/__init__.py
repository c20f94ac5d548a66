"""Quality against latency: music with known stems, settings, the engine on a virtual clock, scores, and a figure."""
