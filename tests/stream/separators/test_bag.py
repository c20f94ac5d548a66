"""A model of several networks: stems are averaged by weight, as demucs averages them; one alone costs nothing."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from stream.latency.geometry import Geometry
from stream.separators.bag import Bag
from stream.separators.networks.modelio import SEGMENT
from stream.separators.networks.network import Network
from stream.separators.windowed import Windowed
from tests.rig.models import BINS, model

COLUMNS = 24
SOURCES = ("drums", "bass", "other", "vocals")
GAINS = ((1.0, 2.0, 3.0, 4.0), (0.1, 0.2, 0.3, 0.4), (-1.0, 0.5, 7.0, 0.0))
SPECIALISTS = tuple({stem: 1.0} for stem in SOURCES[:3])
MIXED = ({"drums": 1.0, "bass": 3.0, "other": 1.0, "vocals": 2.0}, {"bass": 1.0, "vocals": 2.0},
         {"drums": 0.5, "vocals": 0.0})


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    folder = tmp_path_factory.mktemp("bag")
    return tuple(model(folder / f"{i}.onnx", gains=gains) for i, gains in enumerate(GAINS))


@pytest.fixture(scope="module")
def window() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return (rng.standard_normal((2, COLUMNS * 1024), np.float32),
            rng.standard_normal((4, BINS, COLUMNS), np.float32))


HOW = partial(Network, columns=COLUMNS, threads=1)


def wanted_gains(weights, stems=SOURCES):
    """By demucs.apply.apply_model's own sum."""
    total = {stem: sum(weight.get(stem, 0) for weight in weights) for stem in stems}
    summed = {stem: sum(weight.get(stem, 0) * GAINS[i][SOURCES.index(stem)] for i, weight in enumerate(weights))
              for stem in stems}
    return {stem: summed[stem] / total[stem] for stem in stems}


@pytest.mark.parametrize("weights", [MIXED, tuple(dict.fromkeys(SOURCES, 1.0) for _ in GAINS)], ids=["mixed", "equal"])
def test_stems_are_averaged_by_weight(files, window, weights):
    mix, spec = window
    bag = Bag.open(files, HOW, weights)
    assert bag.sources == SOURCES
    spec_out, wave_out = bag.infer(mix, spec)
    bag.mix[:], bag.spec[:] = mix, spec
    bag.run()
    for row, gain in enumerate(wanted_gains(weights).values()):
        np.testing.assert_allclose(wave_out[row], gain * mix, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(spec_out[row], gain * spec, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(bag.wave_out, wave_out)
    np.testing.assert_array_equal(bag.spec_out, spec_out)


def test_no_weights_are_equal_weights(files, window):
    _, wave_out = Bag.open(files, HOW).infer(*window)
    np.testing.assert_allclose(wave_out[0], np.mean([gains[0] for gains in GAINS]) * window[0], rtol=1e-5, atol=1e-6)


def test_a_second_run_is_not_added_to_the_first(files, window):
    bag = Bag.open(files, HOW, MIXED)
    bag.mix[:], bag.spec[:] = window
    bag.run()
    first = bag.wave_out.copy()
    bag.run()
    np.testing.assert_array_equal(bag.wave_out, first)


def test_only_files_with_a_say_in_a_wanted_stem_are_opened(files, window):
    opened = []

    def how(file):
        opened.append(file)
        return HOW(file)

    bag = Bag.open(files, how, SPECIALISTS, stems=("other", "drums"))
    assert opened == [files[0], files[2]]
    assert bag.sources == ("drums", "other")  # the model's order
    spec_out, wave_out = bag.infer(*window)
    np.testing.assert_array_equal(wave_out, [GAINS[0][0] * window[0], GAINS[2][2] * window[0]])
    np.testing.assert_array_equal(spec_out, [GAINS[0][0] * window[1], GAINS[2][2] * window[1]])


@pytest.mark.parametrize("stems", [None, ("bass",), ("bass", "other"), ("drums", "vocals")], ids=str)
def test_a_network_alone_gives_what_it_gives(files, window, stems):
    network = HOW(files[0])
    bag = Bag([network], stems=stems)
    assert bag.mix is network.mix
    assert bag.spec is network.spec
    bag.mix[:], bag.spec[:] = window
    bag.run()
    rows = [SOURCES.index(stem) for stem in bag.sources]
    np.testing.assert_array_equal(bag.wave_out, network.wave_out[rows])
    np.testing.assert_array_equal(bag.infer(*window)[0], network.infer(*window)[0][rows])
    neighbours = stems != ("drums", "vocals")
    assert np.shares_memory(bag.spec_out, network.spec_out) is neighbours  # nothing is copied


@pytest.mark.parametrize(("weights", "stems", "says"), [
    ((), ("voice",), "the model has no stem voice; it has drums, bass, other, vocals"),
    (SPECIALISTS, ("vocals",), "no network of the model makes vocals"),
    (SPECIALISTS, None, "no network of the bag has a weight for vocals"),
    (SPECIALISTS[:2], None, "a bag of 3 networks has weights for 2"),
    (({"voice": 1.0},) * 3, None, "the bag has a weight for voice, but its networks give drums"),
], ids=["no such stem", "a stem nobody knows", "a stem without weight", "too few", "another stem"])
def test_what_does_not_go_together_is_refused(files, weights, stems, says):
    with pytest.raises(ValueError, match=says):
        Bag.open(files, HOW, weights, stems)


def test_networks_of_other_stems_are_refused(files, tmp_path):
    other = model(tmp_path / "two.onnx", {"sources": '["a", "b"]'}, spec_out=[1, 2, 4, BINS, "T"],
                  wave_out=[1, 2, 2, "N"])
    with pytest.raises(ValueError, match="must have the same sources"):
        Bag.open((files[0], other), HOW)


@pytest.mark.parametrize(("metadata", "segment_s", "wanted"), [
    ({}, None, SEGMENT), ({"segment": "100000"}, None, 100_000), ({"max_window": "45056"}, None, 45_056),
    ({"max_window": "344064"}, None, SEGMENT), ({}, 2.0, 88_200), ({"segment": "50000"}, 2.0, 50_000)],
    ids=["nothing said", "segment", "a short window", "whole columns", "the bag's", "never longer"])
def test_the_segment_is_what_the_file_or_the_bag_says(tmp_path, metadata, segment_s, wanted):
    network = HOW(model(tmp_path / "one.onnx", metadata))
    assert Bag([network], segment_s=segment_s).segment == wanted


def test_a_bag_separates_live_as_its_mean_does(files):
    """Two networks averaged by ear: their stems, weighed and summed, are the bag's, hop for hop."""
    geometry, hops = Geometry(COLUMNS * 1024, 4096, 1024, 1024), 5
    mix = np.random.default_rng(1).standard_normal((hops, 2, 4096), np.float32)

    def process(separator):
        out = np.zeros((hops, 4, 2, 4096), np.float32)
        for hop, stems in zip(mix, out, strict=True):
            separator.process(hop, stems)
        return out

    alone = [process(Windowed(HOW(file), geometry)) for file in files[:2]]
    together = process(Windowed(Bag.open(files[:2], HOW), geometry))
    np.testing.assert_allclose(together, (alone[0] + alone[1]) / 2, rtol=0, atol=2e-5)
