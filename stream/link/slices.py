"""What engines and screens agree on of waveforms.

[any-thread]
"""

SLICES_PER_S = 30
HISTORY_SLICES = 1024  # that a screen remembers of a run: those that it was told last
COLUMNS_PER_S = 150  # of a song on a deck
CHUNK = 60  # columns that are made and told together
FULL = 255  # full scale; half of it is a quarter of full scale, for levels are told by their roots
