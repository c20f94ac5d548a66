"""Kinds of sound files that are written, and what libsndfile is told of them."""

from dataclasses import dataclass
from typing import Any

_MP3_LEAST, _MP3_MOST = 32, 320  # kbit/s; libsndfile spreads its compression level evenly between them


@dataclass(frozen=True)
class Kind:
    """How sound is written.

    format: `wav`, `flac` or `mp3`
    bits: 16, 24 or, as float, 32; of an MP3 it says nothing
    bitrate: of an MP3, kbit/s, constant
    Raises ValueError for what there is not.
    """

    format: str = "wav"
    bits: int = 32
    bitrate: int = _MP3_MOST

    def __post_init__(self) -> None:
        if self.format not in ("wav", "flac", "mp3") or self.bits not in (16, 24, 32):
            raise ValueError(f"sound is written as wav, flac or mp3 of 16, 24 or 32 bits, not {self.format} of "
                             f"{self.bits}")
        if self.format == "flac" and self.bits == 32:
            raise ValueError("a FLAC file holds 16 or 24 bits, not floats")
        if not _MP3_LEAST <= self.bitrate <= _MP3_MOST:
            raise ValueError(f"an MP3 has {_MP3_LEAST} to {_MP3_MOST} kbit/s, not {self.bitrate}")

    @property
    def clips(self) -> bool:
        """Whether what is beyond full scale is lost."""
        return self.format != "wav" or self.bits != 32

    def options(self, large: bool) -> dict[str, Any]:
        """What soundfile is told."""
        if self.format == "mp3":
            level = (_MP3_MOST - self.bitrate) / (_MP3_MOST - _MP3_LEAST)
            return {"format": "MP3", "subtype": "MPEG_LAYER_III", "compression_level": level,
                    "bitrate_mode": "CONSTANT"}
        subtype = "FLOAT" if self.bits == 32 else f"PCM_{self.bits}"
        return {"format": "FLAC" if self.format == "flac" else "RF64" if large else "WAV", "subtype": subtype}


FLOAT = Kind()
