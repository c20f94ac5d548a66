"""The MIDI map of examples/, read as `--midi-map` reads it, and played control by control."""

from pathlib import Path

import pytest

from stream.control.midi.maps.mapfile import chosen
from stream.control.midi.surface import MidiSurface
from stream.mixer.desk import Desk
from stream.mixer.mixer import Mixer

MAP = Path(__file__).parents[2] / "examples" / "midi-map.toml"
STEMS = ("drums", "bass", "other", "vocals")
PAD, UP, CONTROL, RING = 0x99, 0x89, 0xB0, 0xB1


class Bench:
    """A desk with the map's surface at it, and a clock that is moved by hand."""

    def __init__(self) -> None:
        self.desk, self.said, self.now_s = Desk(Mixer(STEMS)), list[str](), 100.0
        self.desk.add("karaoke", {"vocals": {"gain": -20.0}})
        self.surface = MidiSurface(chosen(str(MAP), "My Controller"), self.desk, self.said.append)
        self.shown: dict[tuple[int, int], int] = {}

    def send(self, *messages: tuple[int, int, int]) -> None:
        for message in messages:
            self.surface.receive(message, self.now_s)
        self.now_s += 1
        self.shown |= {(status, number): value for status, number, value in self.surface.tell(self.now_s)}

    def get(self, stem: str, name: str) -> float:
        return self.desk.mixer.get(stem, name)


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.send()
    return made


def test_the_fader_moves_the_singer_up_to_6_db_with_14_bits(bench: Bench) -> None:
    bench.send((CONTROL, 7, 0), (CONTROL, 39, 0), (CONTROL, 7, 127), (CONTROL, 39, 127))
    assert bench.get("vocals", "gain") == 6
    bench.send((CONTROL, 39, 126))
    assert 5.9 < bench.get("vocals", "gain") < 6


def test_the_encoder_turns_the_filter_both_ways_and_its_ring_shows_it(bench: Bench) -> None:
    before = bench.shown[RING, 20]
    bench.send(*[(CONTROL, 20, 65)] * 5)
    assert bench.get("drums", "filter") == pytest.approx(5 * 2 / 50)
    assert bench.shown[RING, 20] > before
    bench.send(*[(CONTROL, 20, 63)] * 10)
    assert bench.get("drums", "filter") == pytest.approx(-5 * 2 / 50)


@pytest.mark.parametrize(("pad", "stem"), [*zip(range(36, 40), STEMS, strict=True)])
def test_a_pad_mutes_its_stem_and_has_its_colour(pad: int, stem: str, bench: Bench) -> None:
    assert bench.shown[PAD, pad] == 21
    for muted, colour in ((True, 5), (False, 21)):
        bench.send((PAD, pad, 100), (UP, pad, 0))
        assert [bench.desk.mixer.on(one, "mute") for one in STEMS] == [muted and one == stem for one in STEMS]
        assert bench.shown[PAD, pad] == colour


def test_a_pad_solos_the_singer_for_as_long_as_it_is_held(bench: Bench) -> None:
    bench.send((PAD, 40, 1))
    assert bench.desk.mixer.on("vocals", "solo")
    bench.send((UP, 40, 0))
    assert not bench.desk.mixer.on("vocals", "solo")


def test_a_pad_recalls_the_scene_and_is_lit_while_it_is_as_it_was_stored(bench: Bench) -> None:
    assert bench.shown[PAD, 41] == 0
    bench.send((PAD, 41, 100), (UP, 41, 0))
    assert bench.get("vocals", "gain") == -20
    assert bench.shown[PAD, 41] == 127
    assert not bench.said
