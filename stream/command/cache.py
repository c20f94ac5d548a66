"""The command `cache`: the stems that are kept of songs that a deck has played."""

import time
from argparse import Namespace
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from stream.common.errors import Failure
from stream.terminal.answers import shown, tell
from stream.tracks.entry import remove
from stream.tracks.store import GB, StemStore, StoredSong

DAY_S = 86_400


def cache(arguments: Namespace) -> dict[str, Any]:
    """List the songs, or remove them; as `--json` prints it.

    Raises Failure for a name that no song has, and for stems that cannot be removed.
    """
    store = StemStore(arguments.cache_gb * GB)
    entries = store.entries()
    chosen = named(entries, arguments.songs) if arguments.songs else entries
    if arguments.clear:
        _clear(store, chosen, everything=not arguments.songs)
    if not arguments.json:
        if arguments.clear:
            tell(f"removed the stems of {_counted(chosen)}, {_megabytes(chosen):,.0f} MB")
        else:
            tell(*_table(chosen), _summary(store, entries))
    return {"folder": str(store.folder), "limit_gb": arguments.cache_gb, "cleared": arguments.clear,
            "mb": round(_megabytes(chosen), 1), "songs": [_described(one) for one in chosen]}


def named(entries: Sequence[StoredSong], names: Sequence[str]) -> list[StoredSong]:
    """Those of which a title, an artist or a file is called so. Raises Failure for a name that none has."""
    found: list[StoredSong] = []
    for name in names:
        some = [one for one in entries if name.casefold() in _called(one).casefold() or name == one.index.path]
        if not some:
            raise Failure(f"no song called {name} is kept; `demucs-stream cache` lists those that are")
        found += [one for one in some if one not in found]
    return found


def _called(one: StoredSong) -> str:
    index = one.index
    return "\n".join((index.title, index.artist, f"{index.artist} - {index.title}", Path(index.path).name))


def _clear(store: StemStore, chosen: Sequence[StoredSong], everything: bool) -> None:
    left = []
    for one in chosen:
        try:
            if not remove(one.folder):
                left.append(f"{_title(one)} is just being written")
        except OSError as error:
            left.append(f"{_title(one)}: {error.strerror or error}")
    if everything:
        store.limit = 0
        store.make_room()  # what is half or damaged, too, which is in no list
    if left:
        raise Failure(f"some stems are still there: {'; '.join(left)}")


def _table(entries: Sequence[StoredSong]) -> list[str]:
    rows = [(_title(one), one.index.model, f"{_minutes(one):.1f} min", f"{one.size / 1e6:,.0f} MB", _ago(one.used))
            for one in entries]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [f"{title:{widths[0]}}  {model:{widths[1]}}  {minutes:>{widths[2]}}  {size:>{widths[3]}}  {used}"
            for title, model, minutes, size, used in rows]


def _summary(store: StemStore, entries: Sequence[StoredSong]) -> str:
    limit = f"{store.limit / GB:g} GB at the most"
    if not entries:
        return f"no stems are kept yet in {shown(store.folder)} ({limit})"
    return f"{_counted(entries)}, {_megabytes(entries):,.0f} MB in {shown(store.folder)} ({limit})"


def _counted(entries: Sequence[StoredSong]) -> str:
    return "1 song" if len(entries) == 1 else f"{len(entries)} songs"


def _title(one: StoredSong) -> str:
    index = one.index
    return shown(Path(f"{index.artist} - {index.title}" if index.artist else index.title))


def _minutes(one: StoredSong) -> float:
    return one.index.frames / one.index.samplerate / 60


def _megabytes(entries: Sequence[StoredSong]) -> float:
    return sum(one.size for one in entries) / 1e6


def _ago(used: float) -> str:
    """When something was used, for a person."""
    days = int((time.time() - used) // DAY_S)
    return "today" if days < 1 else "yesterday" if days == 1 else f"{days} days ago"


def _described(one: StoredSong) -> dict[str, Any]:
    index = one.index
    return {"title": index.title, "artist": index.artist, "path": index.path, "model": index.model,
            "samplerate": index.samplerate, "minutes": round(_minutes(one), 3), "mb": round(one.size / 1e6, 1),
            "used": datetime.fromtimestamp(one.used).astimezone().isoformat(timespec="seconds"),
            "folder": str(one.folder)}
