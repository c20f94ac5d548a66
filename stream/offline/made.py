"""What made a file, kept in it: how, and of which song. So it is known whether a song is done, and what is a stem.

    demucs-stream model=htdemucs segment=343980 overlap=0.25 shifts=0 as=wav32 stem=vocals song=FULL/QUICK;

A comment in WAV (LIST INFO), FLAC and MP3, a box of its own in a stem file: always within a few kilobytes of an end.
"""

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from stream.offline.writing import Output, StemFile
from stream.separators.opening import Opening

NEAR = 4096  # bytes from either end
SAMPLES = 16  # places of a song that are looked at
LEAF = 4096  # bytes of each
FILES = (".safetensors", ".th", ".onnx", ".ort", ".yaml")  # models that are not known by their name alone
_PATTERN = re.compile(rb"demucs-stream (model=[!-~]+(?: [a-z]+=[!-~]*)*) song=([0-9a-f]+|-)/([0-9a-f]+|-);")


@dataclass(frozen=True)
class Provenance:
    """What a file says of itself.

    how: model, options, format and stem      full, quick: sums of the song
    """

    how: str
    full: str
    quick: str

    def __str__(self) -> str:
        return f"demucs-stream {self.how} song={self.full}/{self.quick};"


def read_provenance(path: Path) -> Provenance | None:
    """What a file says made it; None where it says nothing, as those of older versions and other programs."""
    try:
        with path.open("rb") as file:
            head = file.read(NEAR)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(len(head), size - NEAR))
            tail = file.read()
    except OSError:
        return None
    # the first at its head; at its end ours is the last: what ffmpeg took over from the song comes before it
    found = next(_PATTERN.finditer(head), None) or next(iter([*_PATTERN.finditer(tail)][-1:]), None)
    return Provenance(*(part.decode("ascii") for part in found.groups())) if found else None


def how(target: StemFile, options: str) -> str:
    """How a file is made; options: of `options`."""
    return f"{options} stem={'+'.join(quote(part.name) for part in target.parts)}"


def options(chosen: Opening, segment: int, lay: tuple[float, int], output: Output) -> str:
    """Model, options and format. Raises OSError for a model that is gone.

    segment: frames; 0 where there are none      lay: overlap and shifts
    """
    words = [f"model={_model(chosen)}"]
    if segment:
        words += [f"segment={segment}", f"overlap={lay[0]:g}", f"shifts={lay[1]}"]
    kind = output.kind
    form = output.codec or f"{kind.format}{kind.bitrate if kind.format == 'mp3' else kind.bits}"
    words.append(f"as={form}")
    if output.codec or kind.clips:
        words.append(f"clip={output.clip}")
    return " ".join(words)


def _model(chosen: Opening) -> str:
    name = Path(chosen.model)
    if name.suffix.lower() not in FILES:
        return quote(os.fsencode(chosen.model))[:80]
    digest = hashlib.blake2b(repr((chosen.weights, chosen.segment_s)).encode(), digest_size=4)
    for file in chosen.files:
        digest.update(_looked_at(file))
    return f"{quote(os.fsencode(name.name))[:80]}:{digest.hexdigest()}"


def of_song(path: Path) -> tuple[str, str]:
    """A song's sums: of all its bytes, and what `quick` gives. `-` for what can be read only once, or not at all."""
    with suppress(OSError):
        if path.is_file():
            with path.open("rb") as file:
                full = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=8))
            return full.hexdigest(), quick(path)
    return "-", "-"


def quick(path: Path) -> str:
    """A sum of a file's length, time and some of its bytes, however long it is: 0.1 ms. Raises OSError."""
    changed = int(path.stat().st_mtime) // 2  # s: what the coarsest disk keeps when it is copied
    return hashlib.blake2b(_looked_at(path) + str(changed).encode(), digest_size=4).hexdigest()


def same_song(found: Provenance, path: Path) -> bool:
    """Whether a file was made of this song as it is now. Its bytes count, and not its time."""
    if not path.is_file():
        return False
    return found.quick == quick(path) or found.full == of_song(path)[0]


def _looked_at(path: Path) -> bytes:
    with path.open("rb", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        digest = hashlib.blake2b(str(size).encode())
        for step in range(SAMPLES):
            file.seek(max(0, size - LEAF) * step // (SAMPLES - 1))
            digest.update(file.read(LEAF))
    return digest.digest()
