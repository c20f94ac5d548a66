"""A device that does not start: a failure, unless the run was to end anyway."""

import pytest

from stream.common.errors import Failure
from stream.live.clock import run_device


class Refusing:
    """Calls nobody, as a server whose answer a signal has cut off. wanted: whether the run is to go on after that"""

    feeder, ended = None, False

    def __init__(self, wanted: bool) -> None:
        self.then, self.wanted = wanted, True

    def start(self) -> None:
        self.wanted = self.then
        raise Failure("jack does not start: 'mix_left': port registration failed")

    def close(self) -> None: ...


def test_a_device_that_does_not_start_is_a_failure() -> None:
    device = Refusing(wanted=True)
    with pytest.raises(Failure, match="does not start"):
        run_device(device, device, [lambda: False], lambda: device.wanted)


def test_a_run_that_is_to_end_while_its_device_starts_has_not_failed() -> None:
    device = Refusing(wanted=False)
    run_device(device, device, [lambda: False], lambda: device.wanted)
    assert not device.wanted
