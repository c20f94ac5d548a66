"""What engines and screens agree on of waveforms.

[any-thread]
"""

SLICES_PER_S = 30
HISTORY_SLICES = 1024  # that a screen remembers: those that it was told last
FULL = 255  # full scale; half of it is a quarter of full scale, for levels are told by their roots
