"""Files are read for the tests that are asked for, and no file is left out that has one."""

import pytest

from tests.rig.selection import marks, unnamed, wanted

KNOWN = ("weights", "device", "realtime", "alone", "torch", "long")
DEVICE = "import pytest\n\npytestmark = pytest.mark.device\n"
LIST = "pytestmark = [pytest.mark.realtime,\n  pytest.mark.skipif(OLD)]\n\n@pytest.mark.weights\ndef test(): ...\n"
ONE = "@pytest.mark.torch\ndef test_a(): ...\n\ndef test_b(): ...\n"
PARAMETER = "@pytest.mark.parametrize('minutes', [10, pytest.param(60, marks=pytest.mark.long)])\ndef test(): ...\n"
NONE = "def test(): ...\n"


@pytest.mark.parametrize(("text", "expression", "read"), [
    (DEVICE, "device", True), (DEVICE, "not device", False), (DEVICE, "device and not alone", True),
    (DEVICE, "device and alone", False), (DEVICE, "(not device and not realtime) and (not torch)", False),
    (LIST, "realtime and not weights", True), (LIST, "realtime and weights", True), (LIST, "not realtime", False),
    (ONE, "torch", True), (ONE, "not torch", True), (ONE, "device", False),
    (PARAMETER, "long", True), (PARAMETER, "not long", True), (PARAMETER, "not long and torch", False),
    (NONE, "not device", True), (NONE, "device or realtime", False), (NONE, "weights", True),  # by a fixture
])
def test_a_file_is_read_where_it_may_have_what_is_asked_for(text: str, expression: str, read: bool) -> None:
    assert wanted(text, expression, KNOWN) is read


def test_what_all_have_is_told_from_what_some_have() -> None:
    assert marks(LIST) == ({"realtime"}, {"skipif", "weights"})


def test_a_mark_that_the_file_does_not_name_is_found(request: pytest.FixtureRequest) -> None:
    hidden = "lo" + "ng"
    assert unnamed(request.node, KNOWN) == set()
    request.node.add_marker(hidden)
    text = request.path.read_text(encoding="utf-8")
    assert ("mark." + hidden in text) is (unnamed(request.node, KNOWN) == set())
