"""What a deck's own strip can be set to beside its fader: a table as stream.mixer.strip has one for stems.

[any-thread]
"""

from collections.abc import Mapping

from stream.mixer.strip import Parameter

HOT_CUES = 8
TEMPO_RANGES = (6.0, 10.0, 16.0, 50.0)  # percent
_SWITCH, _BUTTON = Parameter(0, 1, switch=True), Parameter(0, 1, switch=True, held=True)
_MOTOR = Parameter(0, 60, unit="s")
DECK_PARAMETERS: Mapping[str, Parameter] = {
    "play": _SWITCH,
    "cue": _BUTTON,  # while it is held the song is heard from the cue; on while it is held
    **{f"hotcue/{number}": _BUTTON for number in range(1, HOT_CUES + 1)},  # on if it is set
    "reverse": _SWITCH, "censor": _BUTTON,
    "touch": _BUTTON,  # a hand on the jog wheel
    "tempo": Parameter(-1, 1),  # of its range
    "bend": Parameter(-0.5, 0.5),
    "key_lock": _SWITCH, "slip": _SWITCH, "quantize": _SWITCH, "sync": _SWITCH,
    "brake_time": _MOTOR, "spin_time": _MOTOR,
}
