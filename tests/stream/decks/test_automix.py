"""With automix a song follows another that ends by itself, and none that a person has stopped; a run ends likewise."""

from pathlib import Path

import pytest

from tests.stream.decks.rig import BLOCK, RATE, Rig, noise, track

Pressed = tuple[str, ...] | tuple[str, float]
STOPS: list[Pressed] = [("pause",), ("play_pause",), ("cue_press",), ("brake", 0.02)]


class Evening(Rig):
    """Songs of so many seconds; the first two are on the decks, and the first one plays."""

    def __init__(self, folder: Path, seconds: float = 6, count: int = 2, automix: bool = True) -> None:
        super().__init__(songs=[folder / f"{number}.wav" for number in range(count)])
        made = {folder / f"{number}.wav": track(folder / f"{number}.made.wav", noise(seconds, number))
                for number in range(count)}
        self.booth._load = made.__getitem__
        self.booth.automix = automix
        for deck in "ab":
            self.booth.next_song(deck)
        self.hear(2)
        self.booth.press("a", "play")
        self.pass_by(0.2)

    def pass_by(self, seconds: float) -> set[str]:
        """The decks that moved meanwhile."""
        moved = set()
        for _ in range(int(seconds * RATE / BLOCK) + 1):
            self.hear()
            self.booth.look()
            moved |= {name for name, deck in self.booth.decks.items() if deck.state.moving}
        return moved

    def stop(self, deck: str, *pressed: str | float) -> None:
        self.booth.press(deck, str(pressed[0]), *pressed[1:])
        self.pass_by(0.1)


@pytest.mark.parametrize("pressed", STOPS, ids=lambda one: one[0])
@pytest.mark.parametrize("at", [0.2, 4.0], ids=["early", "while it fades"])
def test_what_a_person_has_stopped_stays_until_it_is_played_again(tmp_path: Path, pressed: Pressed, at: float) -> None:
    evening = Evening(tmp_path)
    evening.pass_by(at)
    for deck in [name for name in "ba" if evening.booth.decks[name].state.moving]:
        evening.stop(deck, *pressed)
    assert evening.pass_by(1) == set()
    assert not evening.booth.over
    last = "b" if at > 2 else "a"
    evening.booth.press(last, "play")
    assert evening.pass_by(1) == {last}
    evening.booth.close()


@pytest.mark.parametrize("pressed", [("auto_loop", 0.5), ("reverse",)], ids=lambda one: one[0])
def test_a_song_that_does_not_end_is_followed_by_none(tmp_path: Path, pressed: Pressed) -> None:
    evening = Evening(tmp_path)
    evening.pass_by(1)
    evening.booth.press("a", *pressed)
    if pressed == ("reverse",):
        evening.booth.press("a", "seek", 5.0 * RATE)
    assert evening.pass_by(2) == {"a"}
    evening.booth.press("a", "leave_loop" if pressed[0] == "auto_loop" else "reverse")
    assert evening.pass_by(3) == {"a", "b"}
    evening.booth.close()


def test_a_loop_in_the_last_seconds_keeps_the_next_song_waiting(tmp_path: Path) -> None:
    evening = Evening(tmp_path)
    evening.booth.press("a", "seek", 2.0 * RATE - BLOCK)
    evening.booth.press("a", "auto_loop", 1.0)
    assert evening.pass_by(3) == {"a"}
    evening.booth.press("a", "leave_loop")
    assert evening.pass_by(1) == {"a", "b"}
    evening.booth.close()


def test_songs_follow_each_other_to_the_last_and_it_is_over_then(tmp_path: Path) -> None:
    evening = Evening(tmp_path, seconds=1, count=5)
    songs = set()
    while not evening.booth.over:
        moved = evening.pass_by(0.1)
        songs |= {evening.booth.decks[name].track for name in moved}
    assert [song.path.name for song in evening.booth.loaded] == [f"{number}.made.wav" for number in range(5)]
    assert songs == set(evening.booth.loaded)
    assert evening.booth.waiting == 0
    evening.booth.close()


def test_a_song_that_is_paused_while_it_fades_lets_the_next_one_go_on_alone(tmp_path: Path) -> None:
    evening = Evening(tmp_path)
    evening.pass_by(3)
    evening.stop("a", "pause")
    assert evening.pass_by(0.5) == {"b"}
    assert evening.booth.master.crossfader == 1
    evening.booth.close()


def test_the_list_goes_on_where_a_deck_was_ejected(tmp_path: Path) -> None:
    evening = Evening(tmp_path, seconds=1, count=3)
    evening.stop("b", "pause")
    while evening.b.state.moving:
        evening.hear()
    evening.stop("b", "eject")
    while not evening.booth.over:
        evening.pass_by(0.1)
    assert len(evening.booth.loaded) == 3
    evening.booth.close()


@pytest.mark.parametrize("pressed", STOPS, ids=lambda one: one[0])
def test_a_run_is_over_when_its_songs_have_ended_and_not_when_they_are_paused(tmp_path: Path, pressed: Pressed) -> None:
    evening = Evening(tmp_path, seconds=2, automix=False)
    evening.stop("a", *pressed)
    assert not evening.booth.over
    evening.booth.press("b", "play")
    evening.pass_by(2.2)
    assert not evening.booth.over
    evening.booth.press("a", "play")
    assert evening.pass_by(2.2) == {"a"}
    assert evening.booth.over
    evening.booth.close()


def test_a_song_that_nobody_begins_keeps_no_run(tmp_path: Path) -> None:
    evening = Evening(tmp_path, seconds=2, automix=False)
    evening.pass_by(2.2)
    assert evening.booth.over
    evening.booth.close()


@pytest.mark.parametrize("by", ["ejecting", "another song"])
def test_a_paused_song_that_leaves_its_deck_has_not_ended(tmp_path: Path, by: str) -> None:
    evening = Evening(tmp_path, seconds=2, count=3, automix=False)
    evening.stop("a", "pause")
    if by == "ejecting":
        evening.stop("a", "eject")
    else:
        evening.booth.next_song("a")
    evening.pass_by(0.5)
    assert not evening.booth.over
    evening.booth.press("b", "play")
    evening.pass_by(2.2)
    assert evening.booth.over
    evening.booth.close()
