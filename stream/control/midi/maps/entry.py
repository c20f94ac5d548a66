"""One `[[binding]]` of a map file, which makes a binding, or several where it has lists (docs/guide/midi.md).

[any-thread]
"""

from dataclasses import replace

from stream.control.midi.binding import ENCODINGS, LSB, MODES, SWITCHES, TURN, Binding, Light, Source, Target
from stream.control.midi.maps import tables
from stream.control.midi.maps.tables import Table
from stream.control.midi.message import KINDS, MOST_7BIT
from stream.control.midi.meterbinding import MeterBinding
from stream.mixer.players import DECKS, LIVE, parameter, player
from stream.mixer.strip import MOST_DB

AIMS = ("target", "scene", "act", "layer")
KEYS = (*KINDS, "channel", "decks", "fine", *AIMS, "back", "within", "mode", "top", "encoding", "clicks", "pickup",
        "light", "on", "off")
FLOOR_DB = -36.0  # of a meter
METER_KEYS = ("note", "control", "channel", "decks", "bus", "floor", "most")
COUNT = "*"  # in a target: 1, 2, 3 ... for each of a list
DECK = "@"  # in a target: the name of each deck
_TURNED = ("encoder", "wheel", "steps")  # modes of what has no end
# by key, the modes it is for
_OWNERS = {"encoding": _TURNED, "clicks": ("encoder", "wheel"), "pickup": ("fader",), "back": ("steps", "press")}
_KINDS = {"fader": ("control", "bend"), "hold": ("note", "control"), **dict.fromkeys(_TURNED, ("control",))}
MOST_CLICKS = 250  # more would not get away from what is held (stream.control.midi.scale)
MOST_A_TURN = 16_384  # of a wheel


def bindings(table: Table) -> list[Binding]:
    """All that a table stands for. Raises ValueError for what it cannot mean."""
    tables.known(table, KEYS)
    if "decks" in table:
        return [binding for own in _of_decks(table) for binding in bindings(own)]
    sources = _sources(table)
    lights = _lights(table, sources)
    for key in (*AIMS, "back"):
        if isinstance(table.get(key), list) and len(table[key]) != len(sources):
            raise ValueError(f"{key} lists {len(table[key])} for {len(sources)} controls")
    return [_binding(table, source, light, _target(table, count))
            for count, (source, light) in enumerate(zip(sources, lights, strict=True), 1)]


def _of_decks(table: Table) -> list[Table]:
    """A table for each deck, on its channel, and with its name in the place of `@`."""
    decks = table["decks"]
    if not isinstance(decks, dict) or not decks or not all(deck in DECKS for deck in decks):
        raise ValueError(f"decks must be a table such as {{ a = 1, b = 2 }}, not {decks!r}")
    if "channel" in table:
        raise ValueError("decks have their channels already; leave channel out")
    return [_of_deck(table, deck, tables.integer(decks, deck, 1, 16)) for deck in decks]


def _of_deck(table: Table, deck: str, channel: int) -> Table:
    own = {key: _named(value, deck) for key, value in table.items() if key != "decks"}
    light = own.get("light")
    if isinstance(light, dict) and "channel" not in light:
        own["light"] = {**light, "channel": channel}
    return {**own, "channel": channel}


def _named(value: object, deck: str) -> object:
    if isinstance(value, list):
        return [_named(one, deck) for one in value]
    return value.replace(DECK, deck) if isinstance(value, str) else value


def _sources(table: Table) -> list[Source]:
    kinds = [kind for kind in KINDS if kind in table]
    if len(kinds) != 1:
        raise ValueError(f"it needs one of {', '.join(KINDS)}, not {' and '.join(kinds) or 'none'}")
    fine = tables.flag(table, "fine", False)
    if fine and kinds[0] != "control":
        raise ValueError(f"fine is for a control, not for a {kinds[0]}")
    return _listed(table, kinds[0], fine)


def _listed(table: Table, kind: str, fine: bool) -> list[Source]:
    if kind == "bend":
        tables.flag(table, "bend", True)
    numbers = [0] if kind == "bend" else tables.integers(table, kind, 0, LSB - 1 if fine else MOST_7BIT)
    channels: list[int | None] = [*tables.integers(table, "channel", 1, 16)] if "channel" in table else [None]
    count = max(len(numbers), len(channels))
    if {len(numbers), len(channels)} - {1, count}:
        raise ValueError(f"{kind} lists {len(numbers)}, but channel lists {len(channels)}")
    return [Source(kind, number, channel, fine) for number, channel in zip(
        numbers * (count // len(numbers)), channels * (count // len(channels)), strict=True)]


def _lights(table: Table, sources: list[Source]) -> list[Light | None]:
    light = table.get("light", True)
    on, off = tables.integer(table, "on", 0, MOST_7BIT, MOST_7BIT), tables.integer(table, "off", 0, MOST_7BIT)
    if light is False:
        return [None] * len(sources)
    lights = sources
    if light is not True:
        if not isinstance(light, dict):
            raise ValueError(f"light must be false or a table such as {{ note = 36 }}, not {light!r}")
        tables.known(light, ("note", "control", "channel"))
        lights = _elsewhere(light, sources)
    return [Light(source, on, off) for source in lights]


def _elsewhere(light: Table, sources: list[Source]) -> list[Source]:
    if "note" in light or "control" in light:
        kind = "note" if "note" in light else "control"
        lights = _listed(light, kind, False)
    else:
        lights = [replace(source, channel=tables.integer(light, "channel", 1, 16, source.channel or 1))
                  for source in sources]
    if len(lights) != len(sources):
        raise ValueError(f"there are {len(lights)} lights for {len(sources)} controls")
    return lights


def _target(table: Table, count: int) -> Target:
    aims = [aim for aim in AIMS if aim in table]
    if len(aims) != 1:
        raise ValueError(f"it needs one of {', '.join(AIMS)}, not {' and '.join(aims) or 'none'}")
    if aims[0] == "scene" and isinstance(table["scene"], int):
        return Target(scene=tables.integer(table, "scene", 1, 10_000))
    text = _counted(table, aims[0], count)
    if not text.strip():
        raise ValueError(f"{aims[0]} is empty")
    if aims[0] == "act":
        return Target(act=_act(text), back=_act(_counted(table, "back", count)) if "back" in table else "")
    if aims[0] == "layer":
        return Target(layer=_layer(text))
    if aims[0] == "scene":
        return Target(scene=int(text) if COUNT in str(table["scene"]) and text.isdecimal() else text)
    return target(text)


def _counted(table: Table, key: str, count: int) -> str:
    """A text, with the number of its control in the place of `*`; or that of a list of them."""
    texts = table[key]
    if not isinstance(texts, list):
        return tables.text(table, key).replace(COUNT, str(count))
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{key} must be a text, or a list of texts, one for each control, not {texts!r}")
    return str(texts[count - 1])


def _layer(text: str) -> str:
    if text != text.strip() or not all(text.split("/")):
        raise ValueError(f"{text!r} is not a layer such as shift or a/pads/loop")
    return text


def _within(table: Table) -> tuple[str, ...]:
    found = table.get("within", [])
    layers = [found] if isinstance(found, str) else found
    if not isinstance(layers, list) or not all(isinstance(layer, str) and layer for layer in layers):
        raise ValueError(f"within must be a layer, or a list of layers, not {found!r}")
    return tuple(layers)


def meters(table: Table) -> list[MeterBinding]:
    """One `[[meter]]`, of each deck perhaps. Raises ValueError for what it cannot mean."""
    tables.known(table, METER_KEYS)
    return [_meter(own) for own in (_of_decks(table) if "decks" in table else [table])]


def _meter(table: Table) -> MeterBinding:
    kinds = [kind for kind in ("note", "control") if kind in table]
    if len(kinds) != 1:
        raise ValueError(f"it needs one of note, control, not {' and '.join(kinds) or 'none'}")
    bus = tables.text(table, "bus")
    if not bus:
        raise ValueError("it needs a bus, such as a or mix")
    source = Source(kinds[0], tables.integer(table, kinds[0], 0, MOST_7BIT), tables.integer(table, "channel", 1, 16, 1))
    floor = tables.number(table, "floor", -90, -1) if "floor" in table else FLOOR_DB
    return MeterBinding(source, bus, floor, tables.integer(table, "most", 1, MOST_7BIT, MOST_7BIT))


def _act(text: str) -> str:
    """`record`, or with values `a/beat_jump -4`. Raises ValueError."""
    name, *values = text.split()
    owner, slash, _ = name.partition("/")
    if slash:
        _known(owner)
    try:
        return " ".join([name, *(f"{float(value):g}" for value in values)])
    except ValueError:
        raise ValueError(f"{text!r} is not an act such as record or a/beat_jump 4") from None


def target(text: str) -> Target:
    """`drums.mute` or `1.mute`. Raises ValueError."""
    stem, _, name = text.rpartition(".")
    if not stem or stem == "0":
        raise ValueError(f"{text!r} is not a target such as 1.mute or drums.gain")
    whose = int(stem) if stem.isdecimal() else stem
    if "/" in stem:
        _known(player(stem))
    parameter(whose, name)
    return Target(stem=whose, parameter=name)


def _known(owner: str) -> None:
    """Raise ValueError for what no run has."""
    if owner not in (LIVE, *DECKS):
        raise ValueError(f"there is no player {owner}; there are {LIVE}, {', '.join(DECKS)}")


def _binding(table: Table, source: Source, light: Light | None, aim: Target) -> Binding:
    moved = parameter(aim.stem, aim.parameter) if aim.parameter else None
    switch = moved is not None and moved.switch
    usual = "toggle" if switch else "fader" if aim.parameter else _usual(aim, source)
    if (moved is not None and moved.held) or (aim.layer and "/" not in aim.layer):
        usual = "hold"
    mode = tables.choice(table, "mode", MODES, usual)
    _fits(mode, source, aim, switch)
    for key, owners in _OWNERS.items():
        if key in table and mode not in owners:
            raise ValueError(f"{key} is for mode {owners[0]}, not {mode}")
    if "back" in table and not aim.act:
        raise ValueError(f"back is for an act, not for {aim}")
    if "top" in table and aim.parameter != "gain":
        raise ValueError(f"top is for a gain, not for {aim}")
    return Binding(source, aim, mode, light, tables.number(table, "top", -MOST_DB, MOST_DB),
                   tables.choice(table, "encoding", ENCODINGS, ENCODINGS[0]),
                   _clicks(table, mode), tables.flag(table, "pickup", True), _within(table))


def _usual(aim: Target, source: Source) -> str:
    """The mode of what is no parameter."""
    return "wheel" if aim.act.endswith(TURN) else "steps" if aim.back and source.kind == "control" else "press"


def _clicks(table: Table, mode: str) -> int:
    if mode != "wheel":
        return tables.integer(table, "clicks", 1, MOST_CLICKS, 100)
    if "clicks" not in table:
        raise ValueError("a wheel needs clicks: how many it has in a turn")
    return tables.integer(table, "clicks", 1, MOST_A_TURN)


def _fits(mode: str, source: Source, aim: Target, switch: bool) -> None:
    modes = SWITCHES if switch else ("fader", "encoder") if aim.parameter else ("press",)
    if aim.act.endswith(TURN):
        modes = ("wheel",)
    elif aim.back:
        modes = ("steps", "press")
    elif aim.layer:
        modes = ("press",) if "/" in aim.layer else ("hold",)
    if mode not in modes:
        raise ValueError(f"mode {mode} does not go with {aim}; its modes are {', '.join(modes)}")
    if mode == "solo" and aim.parameter != "solo":
        raise ValueError(f"mode solo is for solo, not for {aim.parameter}")
    kinds = _KINDS.get(mode, ("note", "control", "program"))
    if source.kind not in kinds or (mode in _TURNED and source.fine):
        raise ValueError(f"a {source} cannot be a {mode} of {aim}; that takes a {' or '.join(kinds)}")
