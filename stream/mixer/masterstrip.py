"""What a player's strip, and the master's, can be set to: tables as stream.mixer.strip has one for stems.
[any-thread]
"""

import math
from collections.abc import Mapping

from dsp.crossfader import CrossfaderCurve, CrossfaderSide
from stream.mixer.strip import PARAMETERS, Parameter

MASTER = "master"  # the strip that the players' come together in
SIDES = CrossfaderSide.A, CrossfaderSide.THRU, CrossfaderSide.B  # as switches of mixers have them
CURVES = tuple(CrossfaderCurve)
_LEVEL = Parameter(-math.inf, 0, unit="dB")
# a player's `low`, `mid` and `high` are an isolator's: at their lowest a band is off
PLAYER_PARAMETERS: Mapping[str, Parameter] = {
    "trim": Parameter(-24, 12, unit="dB"),  # before equalizer, meter and fader
    **{name: parameter for name, parameter in PARAMETERS.items() if name != "insert"},
    "side": Parameter(0, len(SIDES) - 1, rest=1, words=tuple(side.value for side in SIDES)),  # of the crossfader
}
MASTER_PARAMETERS: Mapping[str, Parameter] = {
    "crossfader": Parameter(0, 1, rest=0.5),  # 0 is all of A
    "curve": Parameter(0, len(CURVES) - 1, rest=CURVES.index(CrossfaderCurve.WHOLE),
                       words=tuple(curve.value for curve in CURVES)),
    "hamster": Parameter(0, 1, switch=True),  # the crossfader the other way round
    "level": _LEVEL,  # of the bus `mix`
    "booth": _LEVEL,  # of the bus `booth`, whatever `level` is
    "cue_mix": Parameter(0, 1),  # of the bus `cue`: what is cued to what leaves by the mix, before `level`
    "split": Parameter(0, 1, switch=True),  # what is cued on its left, the mix on its right
}
