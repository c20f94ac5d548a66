"""What a player goes through before its fader, and the master's buses behind all of them: gains that are ramped.

    player ─▶ trim ─▶ isolator ─▶ the strip of a mixer (dsp.mix): filter, cue, fader

The state is float32 (3, players + 1, CHANNEL_WIDTH), by dsp.console's GOAL, CURRENT and STEP: a row of each player,
the last one is the master's.
"""

from dsp.isolator import ISOLATOR_WIDTH

CHANNEL_PARTS = 3
TRIM = ISOLATOR_WIDTH  # of a player's row, behind what its isolator has
LEVEL, BOOTH, CUE_MIX, SPLIT = range(4)  # of the master's
CHANNEL_WIDTH = ISOLATOR_WIDTH + 1
