"""MIDI on the command line: which ports and maps there are, controllers for a run, and a map that is learnt."""

import queue
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import zip_longest
from typing import Any

from stream.command.miditargets import how, targets
from stream.common.threads import Stepper
from stream.control.midi import ports as midi
from stream.control.midi.binding import Binding, Target
from stream.control.midi.cable import Cable, let_go
from stream.control.midi.controller import IDLE_S, Controller, ControllerRequest
from stream.control.midi.learn import Learner
from stream.control.midi.maps.mapfile import Map, chosen, fit, ready
from stream.control.midi.maps.writing import write
from stream.control.midi.surface import Say
from stream.mixer.desk import Desk
from stream.terminal.answers import tell
from stream.terminal.controllerthread import controller_thread


def ports(arguments: Namespace) -> dict[str, Any]:
    """List ports, both ways."""
    sides = {"input": midi.inputs(), "output": midi.outputs()}
    if not arguments.json:
        for side, found in sides.items():
            tell(f"MIDI {side}s:" + ("".join(f"\n{port}" for port in found) or " none"))
    return {"ports": [{"side": side, "number": port.number, "name": port.name}
                      for side, found in sides.items() for port in found]}


def maps(arguments: Namespace) -> dict[str, Any]:
    """List the maps that are ready, or what each of some maps does. Raises ValueError for one that cannot be used."""
    found = [chosen(choice, "") for choice in arguments.maps] or list(ready().values())
    if not arguments.json:
        for map_ in found:
            tell(f"{map_.name:14} {map_.about}", *(f"  {one}" for one in map_.bindings if arguments.maps))
    return {"maps": [{"name": map_.name, "about": map_.about, "source": map_.source, "ports": map_.ports,
                      "bindings": [{**asdict(one), "text": str(one)} for one in map_.bindings]}
                     for map_ in found]}


def controller_requests(arguments: Namespace) -> list[ControllerRequest]:
    """The controllers that are asked for. Raises ValueError."""
    if max(len(arguments.midi_map), len(arguments.midi_out)) > len(arguments.midi):
        raise ValueError("--midi-map and --midi-out go with a --midi each, in the same order")
    return [ControllerRequest(port, None if out == midi.AUTO else out, None if map_ == midi.AUTO else map_)
            for port, out, map_ in zip_longest(arguments.midi, arguments.midi_out, arguments.midi_map)]


def threads(controllers: list[Controller], desk: Desk, say: Say) -> list[Stepper]:
    """Of controllers, which may be taught."""
    def learn_from_any() -> None:
        for one in controllers:
            one.learn()

    if controllers:
        desk.offer("learn", learn_from_any)
    return [controller_thread(f"MIDI port {one.port}", one.step, say, IDLE_S) for one in controllers]


def learn(arguments: Namespace, say: Say) -> dict[str, Any]:
    """Walk through targets on the terminal, and write the map. Raises ValueError, OSError."""
    path = arguments.output
    if path.exists() and not arguments.force:
        raise ValueError(f"{path} is there already; --force writes over it")
    if not path.parent.is_dir():
        raise ValueError(f"{path.parent} is no folder")
    port = midi.find(arguments.midi, midi.inputs(), fit)
    base = chosen(arguments.map, port.name)
    if arguments.map is None:  # what it has to be told first is the same, whatever it means
        base = replace(base, bindings=())
    with _listening(port, base) as cable:
        say(f"learning from MIDI port {port.name}; enter skips, q ends")
        learnt = list(_walk(targets(arguments.stems, arguments.decks), cable, _lines(), say))
    if not learnt:
        raise ValueError(f"nothing was learnt: {path} is not written")
    write(replace(base.plus(learnt), about=f"learnt from {port.name}", source=""), path)
    say(f"wrote {path}: {len(learnt)} learnt; `--midi {arguments.midi} --midi-map {path}` uses it")
    return {"file": str(path), "port": port.name, "learnt": [str(binding) for binding in learnt]}


@contextmanager
def _listening(port: midi.Port, base: Map) -> Iterator[Cable]:
    """A cable to a port whose controller is as a map wants it."""
    cable, out = Cable(midi.INPUT, port), Cable(midi.OUTPUT, port, base.ports)
    try:
        for side in (cable, out):
            side.look()
        if cable.name is None:
            raise ValueError(f"MIDI port {port.name} cannot be opened; does another program have it?")
        for message in base.start:
            out.send([*message])
        yield cable
    finally:
        for message in base.end:
            out.send([*message])
        let_go(cable, out)


def _walk(wanted: Iterator[tuple[Target, str]], cable: Cable, lines: "queue.Queue[str]",
          say: Say) -> Iterator[Binding]:
    taken: list[Binding] = []
    for target, words in wanted:
        say(f"{how(target)} what should {words}")
        binding, line = _learnt(Learner(target, [old.source for old in taken]), cable, lines)
        if binding is not None:
            say(f"  {binding}" + (f" ({binding.mode})" if binding.mode in ("fader", "encoder", "wheel") else ""))
            taken.append(binding)
            yield binding
        if line.startswith("q"):
            return


def _learnt(learner: Learner, cable: Cable, lines: "queue.Queue[str]") -> tuple[Binding | None, str]:
    """What was learnt, or the line that was typed instead."""
    while True:
        for message in cable.heard():
            learner.hear(message, time.monotonic())
        binding = learner.binding(time.monotonic())
        if binding is not None:
            return binding, ""
        try:
            return None, lines.get(timeout=IDLE_S)
        except queue.Empty:
            continue


def _lines() -> "queue.Queue[str]":
    """Lines as they are typed; the end of input is `q`."""
    found: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            found.put(line.strip().lower())
        found.put("q")

    threading.Thread(target=read, daemon=True).start()
    return found
