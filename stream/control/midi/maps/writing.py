"""A map as the text of a file. [any-thread]"""

import json
from collections.abc import Iterator
from pathlib import Path

from stream.common.claim import write_atomically
from stream.control.midi.binding import Binding, Source, Target
from stream.control.midi.maps.mapfile import Map


def text(map_: Map) -> str:
    """TOML that `mapfile.parsed` makes the same map of."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in
             (("about", map_.about), ("source", map_.source), ("ports", map_.ports), ("start", map_.start),
              ("end", map_.end), ("alive", map_.alive)) if value]
    for binding in map_.bindings:
        lines += ["", "[[binding]]", *_entry(binding)]
    for meter in map_.meters:
        lines += ["", "[[meter]]", *_source(meter.source), f'bus = {json.dumps(meter.bus, ensure_ascii=False)}',
                  f"floor = {meter.floor!r}", f"most = {meter.most}"]
    return "\n".join(lines) + "\n"


def write(map_: Map, path: Path) -> None:
    """Write a whole file or none. Raises OSError."""
    write_atomically(path, lambda part: part.write_text(text(map_), encoding="utf-8"))


def _entry(binding: Binding) -> Iterator[str]:
    yield from _source(binding.source)
    target = binding.target
    aim, value = _aim(target)
    yield f"{aim} = {json.dumps(value, ensure_ascii=False)}"
    if target.back:
        yield f"back = {json.dumps(target.back, ensure_ascii=False)}"
    if binding.within:
        yield f"within = {json.dumps(binding.within, ensure_ascii=False)}"
    yield f'mode = "{binding.mode}"'
    if target.parameter == "gain" and binding.top:
        yield f"top = {binding.top!r}"
    if binding.mode in ("encoder", "wheel", "steps"):
        yield f'encoding = "{binding.encoding}"'
    if binding.mode in ("encoder", "wheel"):
        yield f"clicks = {binding.clicks}"
    if not binding.pickup:
        yield "pickup = false"
    yield from _light(binding)


def _aim(target: Target) -> tuple[str, str | int]:
    if target.parameter:
        return "target", str(target)
    if target.act or target.layer:
        return ("act", target.act) if target.act else ("layer", target.layer)
    return "scene", target.scene


def _source(source: Source) -> Iterator[str]:
    yield "bend = true" if source.kind == "bend" else f"{source.kind} = {source.number}"
    if source.channel is not None:
        yield f"channel = {source.channel}"
    if source.fine:
        yield "fine = true"


def _light(binding: Binding) -> Iterator[str]:
    light = binding.light
    if light is None:
        yield "light = false"
        return
    if (light.source.kind, light.source.number) != (binding.source.kind, binding.source.number):
        yield f"light = {{ {', '.join(_source(light.source))} }}"
    elif light.source != binding.source:
        yield f"light = {{ channel = {light.source.channel} }}"
    if (light.on, light.off) != (127, 0):
        yield f"on = {light.on}\noff = {light.off}"
