"""A cue sheet: what was played in a recording, and from when on. Players show it as the recording's tracks.

    FILE "mix.wav" WAVE
      TRACK 01 AUDIO
        TITLE "A song"
        PERFORMER "Somebody"
        INDEX 01 03:25:71        minutes, seconds, and 75ths of a second, from the beginning of the file

[any-thread]
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

INDEX_RATE = 75  # of compact discs
_KINDS = {".mp3": "MP3", ".aif": "AIFF", ".aiff": "AIFF"}  # all others are called WAVE, as every writer does
_INSTEAD = {"Cc": " ", "Zl": " ", "Zp": " ", "Cs": "\N{REPLACEMENT CHARACTER}"}  # by their Unicode category


@dataclass(frozen=True)
class PlayedSong:
    """A song that was heard in a recording.

    title, artist: empty where nobody knows      path: of its file      start: frame of the recording
    """

    title: str
    artist: str
    path: Path
    start: int


def cue_sheet(recording: Path, songs: Sequence[PlayedSong], samplerate: float, title: str = "") -> str:
    """The text of a cue sheet, to be written as UTF-8 beside the recording. Songs are put in their order.

    recording: whose name it has, without its folder      samplerate: of the recording, Hz
    ValueError: no cue sheet can have the recording's name, or a song begins before it
    """
    if recording.name != _plain(recording.name):
        raise ValueError(f"no cue sheet can name {_line(recording.name)}: it has quotes or control characters")
    lines = [f'TITLE "{_line(title)}"'] if title else []
    lines.append(f'FILE "{recording.name}" {_KINDS.get(recording.suffix.lower(), "WAVE")}')
    for number, song in enumerate(sorted(songs, key=lambda song: song.start), 1):
        if song.start < 0:
            raise ValueError(f"start must be 0 or more, not {song.start}")
        lines += [f"  TRACK {number:02d} AUDIO", f'    TITLE "{_line(song.title) or _line(song.path.stem)}"']
        if artist := _line(song.artist):
            lines.append(f'    PERFORMER "{artist}"')
        lines.append(f'    REM FILE "{_line(song.path.name)}"')
        begin, zero = _time(song.start, samplerate), _time(0, samplerate)
        if number == 1 and begin != zero:
            lines.append(f"    INDEX 00 {zero}")  # or players leave out what is before the first song
        lines.append(f"    INDEX 01 {begin}")
    return "\n".join(lines) + "\n"


def _time(frame: int, samplerate: float) -> str:
    parts = int(frame * INDEX_RATE // samplerate)
    return f"{parts // (60 * INDEX_RATE):02d}:{parts // INDEX_RATE % 60:02d}:{parts % INDEX_RATE:02d}"


def _line(text: str) -> str:
    return _plain(text).strip()


def _plain(text: str) -> str:
    """As it can stand between quotes: these cannot be escaped, and whatever would end the line is a blank."""
    return "".join(_INSTEAD.get(unicodedata.category(character), character) for character in text.replace('"', "'"))
