"""How loud anything can be that is sound."""

LOUDEST = 1000.0  # 60 dB over full scale
LOUDEST_IN_FILES = float(1 << 31)  # the largest integer sample, for those who wrote integers as floats
