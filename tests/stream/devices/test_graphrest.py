"""A graph is read once for each change, when two looks have found it at rest."""

import pytest

from stream.devices.graphrest import GraphRest


@pytest.mark.parametrize(("counts", "rests", "reads"), [
    ([0, 0], [True, True], 0), ([1, 1, 1], [False, True, True], 1), ([1, 2, 3, 3], [False, False, False, True], 1),
    ([1, 1, 2, 2], [False, True, False, True], 2)], ids=["untouched", "one change", "still changing", "changes twice"])
def test_it_is_read_once_when_it_rests_again(counts: list[int], rests: list[bool], reads: int) -> None:
    graph, found, read = GraphRest(), [], 0
    for count in counts:
        found.append(graph.look(count))
        if found[-1] and graph.unread:
            graph.read()
            read += 1
    assert (found, read) == (rests, reads)


def test_what_nobody_has_read_stays_unread() -> None:
    graph = GraphRest()
    assert [graph.look(2), graph.look(2), graph.look(2)] == [False, True, True]
    assert graph.unread
    graph.read()
    assert not graph.unread


def test_two_who_look_know_nothing_of_each_other() -> None:
    one, other = GraphRest(), GraphRest()
    assert [one.look(1), one.look(1), other.look(1)] == [False, True, False]
