"""What a song's own tag says of it: in ID3, Vorbis comments, MP4's atoms, WMA's and the chunks of WAV and AIFF.

[any-thread]
"""

from contextlib import suppress
from dataclasses import replace
from math import isfinite
from pathlib import Path

from tinytag import TinyTag, TinyTagException

from dsp.beatgrid import FASTEST_BPM, SLOWEST_BPM
from dsp.musicalkey import MusicalKey
from stream.library.librarysong import LONGEST_S, LibrarySong


def tagged(song: LibrarySong, length: bool = False) -> LibrarySong:
    """The song, with what its file's tag says where nothing is said yet. Pictures are not read.

    length: whether its length is wanted as well, for which more of some files must be read
    A file that is not there, has no tag or a damaged one leaves the song as it is.
    """
    try:
        if not song.path.is_file() or not TinyTag.is_supported(song.path):
            return song
        tag = TinyTag.get(song.path, duration=length)
    except (TinyTagException, OSError, ValueError, LookupError, OverflowError, MemoryError):
        return song
    return replace(song, title=song.title or _text(tag.title), artist=song.artist or _text(tag.artist),
                   album=song.album or _text(tag.album), genre=song.genre or _text(tag.genre),
                   duration_s=song.duration_s or _length_s(tag.duration),
                   bpm=song.bpm or _bpm(_other(tag, "bpm")),
                   key=song.key or MusicalKey.parse(_other(tag, "initial_key")))


def song_of_file(path: Path) -> LibrarySong:
    """A song that no library has, as its file's own tag describes it."""
    return tagged(LibrarySong(path), length=True)


def _other(tag: TinyTag, name: str) -> str:
    found = tag.other.get(name)
    return _text(found[0]) if found else ""


def _text(found: object) -> str:
    return str(found).replace("\0", " ").strip() if found else ""


def _bpm(text: str) -> float | None:
    with suppress(ValueError):
        found = float(text.replace(",", "."))
        return found if SLOWEST_BPM <= found <= FASTEST_BPM else None
    return None


def _length_s(found: float | None) -> float | None:
    return found if found and isfinite(found) and 0 < found < LONGEST_S else None
