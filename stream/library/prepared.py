"""Which songs have their stems kept already. [any-thread]"""

from contextlib import suppress
from pathlib import Path

from stream.tracks.store import StemStore


def prepared_songs(store: StemStore) -> frozenset[Path]:
    """The files whose stems are in the store, and that were not changed since they were used there.

    A file that was moved is found when it is loaded, by its content; here it is not.
    """
    found = set[Path]()
    for one in store.entries():
        path = Path(one.index.path)
        with suppress(OSError):
            if path.is_absolute() and path.stat().st_mtime <= one.used:
                found.add(path)
    return frozenset(found)
