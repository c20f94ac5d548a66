"""Each library is read from files that are built to its published description, and damaged ones are one line."""

import base64
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dsp.musicalkey import MusicalKey
from stream.audiofiles.boxes import box
from stream.library.librarysong import LibraryContent, LibraryCue, LibraryFailure, LibrarySong, TempoMark
from stream.library.mixxx import read_mixxx
from stream.library.readers import is_library, read_library
from stream.library.rekordbox import read_rekordbox
from stream.library.serato import read_serato, with_serato_tags
from stream.library.traktor import read_traktor

REKORDBOX = """<?xml version="1.0" encoding="UTF-8"?>
<DJ_PLAYLISTS Version="1.0.0"><PRODUCT Name="rekordbox" Version="6.7.7" Company="AlphaTheta"/>
<COLLECTION Entries="2">
<TRACK TrackID="7" Name="Caf&#233;" Artist="One &amp; Two" Album="First" Genre="House" TotalTime="240"
 AverageBpm="124.00" Tonality="Am" Location="file://localhost/music/Caf%C3%A9%20%231.mp3">
<TEMPO Inizio="0.100" Bpm="124.00" Metro="4/4" Battito="3"/><TEMPO Inizio="60.100" Bpm="62.00" Metro="3/4" Battito="1"/>
<POSITION_MARK Name="" Type="0" Start="0.100" Num="-1"/>
<POSITION_MARK Name="Drop" Type="0" Start="64.025" Num="1" Red="40" Green="226" Blue="20"/>
<POSITION_MARK Name="Loop" Type="4" Start="80.0" End="84.0" Num="2"/>
<POSITION_MARK Name="nowhere" Type="0" Start="-5" Num="3"/><POSITION_MARK Name="no number" Start="x" Num="4"/>
</TRACK>
<TRACK TrackID="8" Name="Other" Location="file://localhost/C:/Music/b.wav"/>
</COLLECTION>
<PLAYLISTS><NODE Type="0" Name="ROOT" Count="2">
<NODE Type="0" Name="Clubs" Count="1">
<NODE Name="Warm-up" Type="1" KeyType="0" Entries="3"><TRACK Key="8"/><TRACK Key="7"/><TRACK Key="99"/></NODE></NODE>
<NODE Name="By place" Type="1" KeyType="1" Entries="1"><TRACK Key="file://localhost/music/Caf%C3%A9%20%231.mp3"/></NODE>
</NODE></PLAYLISTS></DJ_PLAYLISTS>"""

TRAKTOR = """<?xml version="1.0" encoding="UTF-8" standalone="no" ?>
<NML VERSION="19"><HEAD COMPANY="www.native-instruments.com" PROGRAM="Traktor"></HEAD>
<COLLECTION ENTRIES="2">
<ENTRY TITLE="Song" ARTIST="Somebody"><LOCATION DIR="/:Users/:me/:A//B/:" FILE="song.mp3" VOLUME="Macintosh HD">
</LOCATION><ALBUM TITLE="Album"></ALBUM><INFO GENRE="Techno" KEY="1m" PLAYTIME="200" PLAYTIME_FLOAT="199.5"></INFO>
<TEMPO BPM="128.000000" BPM_QUALITY="100.000000"></TEMPO><MUSICAL_KEY VALUE="21"></MUSICAL_KEY>
<CUE_V2 NAME="AutoGrid" DISPL_ORDER="0" TYPE="4" START="250.0" LEN="0.0" REPEATS="-1" HOTCUE="0">
<GRID BPM="128.5"></GRID></CUE_V2>
<CUE_V2 NAME="n.n." TYPE="0" START="16000.5" LEN="0.0" REPEATS="-1" HOTCUE="1" COLOR="#FF8000"></CUE_V2>
<CUE_V2 NAME="Round" TYPE="5" START="30000.0" LEN="4000.0" REPEATS="-1" HOTCUE="-1"></CUE_V2></ENTRY>
<ENTRY TITLE="Win"><LOCATION DIR="/:Music/:" FILE="w.mp3" VOLUME="C:"></LOCATION></ENTRY>
</COLLECTION>
<PLAYLISTS><NODE TYPE="FOLDER" NAME="$ROOT"><SUBNODES COUNT="1"><NODE TYPE="FOLDER" NAME="Sets"><SUBNODES COUNT="1">
<NODE TYPE="PLAYLIST" NAME="One"><PLAYLIST ENTRIES="2" TYPE="LIST">
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="C:/:Music/:w.mp3"></PRIMARYKEY></ENTRY>
<ENTRY><PRIMARYKEY TYPE="TRACK" KEY="Macintosh HD/:Users/:me/:A//B/:song.mp3"></PRIMARYKEY></ENTRY>
</PLAYLIST></NODE></SUBNODES></NODE></SUBNODES></NODE></PLAYLISTS></NML>"""

MIXXX = """
CREATE TABLE settings (name TEXT UNIQUE NOT NULL, value TEXT, locked INTEGER DEFAULT 0, hidden INTEGER DEFAULT 0);
INSERT INTO settings (name, value) VALUES ('mixxx.schema.version', '39'), ('mixxx.schema.min_compatible_version', '3');
CREATE TABLE track_locations (id INTEGER PRIMARY KEY AUTOINCREMENT, location varchar(512) UNIQUE);
CREATE TABLE library (id INTEGER PRIMARY KEY AUTOINCREMENT, artist varchar(64), title varchar(64), album varchar(64),
  genre varchar(64), location integer, duration float, samplerate integer, bpm float, mixxx_deleted integer,
  key varchar(8) DEFAULT '', beats BLOB, beats_version TEXT);
CREATE TABLE cues (id integer PRIMARY KEY AUTOINCREMENT, track_id integer NOT NULL, type integer DEFAULT 0 NOT NULL,
  position integer DEFAULT -1 NOT NULL, length integer DEFAULT 0 NOT NULL, hotcue integer DEFAULT -1 NOT NULL,
  label text DEFAULT '' NOT NULL, color INTEGER DEFAULT 4294901760 NOT NULL);
CREATE TABLE Playlists (id INTEGER PRIMARY KEY, name varchar(48), position INTEGER, hidden INTEGER DEFAULT 0 NOT NULL);
CREATE TABLE PlaylistTracks (id INTEGER PRIMARY KEY, playlist_id INTEGER, track_id INTEGER, position INTEGER);
CREATE TABLE crates (id integer PRIMARY KEY AUTOINCREMENT, name varchar(48) UNIQUE NOT NULL);
CREATE TABLE crate_tracks (crate_id integer NOT NULL, track_id integer NOT NULL, UNIQUE (crate_id, track_id));
INSERT INTO track_locations (location) VALUES ('/m/a.flac'), ('/m/b.mp3'), ('/m/gone.mp3');
INSERT INTO library (artist, title, album, genre, location, duration, samplerate, bpm, mixxx_deleted, key) VALUES
  ('A', 'Grid', 'X', 'House', 1, 200.5, 48000, 120.0, 0, 'Am'), ('B', 'Map', '', '', 2, 10, 44100, 0, NULL, ''),
  ('C', 'Gone', '', '', 3, 10, 44100, 0, 1, '');
INSERT INTO cues (track_id, type, position, length, hotcue, label, color) VALUES
  (1, 1, 96000, 0, 0, 'Drop', 4278255360), (1, 4, 192000, 96000, 3, 'Round', 4294901760), (1, 2, 4800, 0, -1, '', 0),
  (1, 1, -1, 0, 5, 'nowhere', 0), (1, 6, 9600, 9600, -1, 'intro', 0);
INSERT INTO Playlists VALUES (1, 'Set', 0, 0), (2, 'history', 1, 2);
INSERT INTO PlaylistTracks (playlist_id, track_id, position) VALUES (1, 2, 1), (1, 1, 2), (1, 3, 3), (2, 1, 1);
INSERT INTO crates (name) VALUES ('Crate'); INSERT INTO crate_tracks VALUES (1, 1);
"""


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def message(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def beat(frame: int) -> bytes:
    return varint(1 << 3) + varint(frame % (1 << 64))


def mixxx(path: Path, *more: str) -> Path:
    grid = message(1, varint(1 << 3 | 1) + struct.pack("<d", 120.5)) + message(2, beat(-2400))
    frames = [*range(0, 8 * 22_050, 22_050), *range(8 * 22_050, 8 * 22_050 + 4 * 33_075, 33_075)]
    database = sqlite3.connect(path)
    database.executescript(MIXXX + "".join(more))
    database.execute("UPDATE library SET beats = ?, beats_version = 'BeatGrid-2.0' WHERE id = 1", (grid,))
    database.execute("UPDATE library SET beats = ?, beats_version = 'BeatMap-1.0' WHERE id = 2",
                     (b"".join(message(1, beat(frame)) for frame in frames),))
    database.commit()
    database.close()
    return path


def test_rekordbox(tmp_path: Path) -> None:
    (tmp_path / "rekordbox.xml").write_text(REKORDBOX, "utf-8")
    found = read_library(tmp_path / "rekordbox.xml")
    one, other = found.songs
    assert one == LibrarySong(
        Path("/music/Café #1.mp3"), "Café", "One & Two", "First", "House", 240.0, 124.0, MusicalKey(9, minor=True),
        (TempoMark(0.1, 124.0, 2, 4), TempoMark(60.1, 62.0, 0, 3)),
        (LibraryCue(0.1), LibraryCue(64.025, 0.0, 1, "Drop", 0x28E214), LibraryCue(80.0, 4.0, 2, "Loop")))
    assert other == LibrarySong(Path("C:/Music/b.wav"), "Other")
    assert [(one.name, one.songs) for one in found.playlists] == [
        (("Clubs", "Warm-up"), (other.path, one.path)), (("By place",), (one.path,))]


def test_traktor(tmp_path: Path) -> None:
    (tmp_path / "collection.nml").write_text(TRAKTOR, "utf-8")
    found = read_library(tmp_path / "collection.nml")
    one, other = found.songs
    assert one == LibrarySong(
        Path("/Users/me/A:B/song.mp3"), "Song",
        "Somebody", "Album", "Techno", 199.5, 128.0, MusicalKey(9, minor=True), (TempoMark(0.25, 128.5),),
        (LibraryCue(0.25, 0.0, 0), LibraryCue(16.0005, 0.0, 1, "", 0xFF8000), LibraryCue(30.0, 4.0, None, "Round")))
    assert other == LibrarySong(Path("C:/Music/w.mp3"), "Win")
    assert [(one.name, one.songs) for one in found.playlists] == [(("Sets", "One"), (other.path, one.path))]


def test_mixxx(tmp_path: Path) -> None:
    found = read_library(mixxx(tmp_path / "mixxxdb.sqlite"))
    one, other = found.songs
    assert one == LibrarySong(
        Path("/m/a.flac"), "Grid", "A", "X", "House", 200.5, 120.0, MusicalKey(9, minor=True),
        (TempoMark(-0.05, 120.5),),
        (LibraryCue(1.0, 0.0, 0, "Drop", 0x00FF00), LibraryCue(2.0, 1.0, 3, "Round", 0xFF0000),
         LibraryCue(0.05, 0.0, None, "", 0)))
    assert other.tempo == (TempoMark(0.0, 120.0), TempoMark(4.0, 80.0))
    assert [(one.name, one.songs) for one in found.playlists] == [
        (("Set",), (other.path, one.path)), (("Crate",), (one.path,))]


def test_mixxx_is_read_while_another_connection_holds_it_and_nothing_is_written(tmp_path: Path) -> None:
    path = mixxx(tmp_path / "mixxxdb.sqlite")
    before, names = path.read_bytes(), sorted(tmp_path.iterdir())
    mixxx_itself = sqlite3.connect(path, isolation_level=None)
    mixxx_itself.execute("BEGIN EXCLUSIVE")
    assert len(read_mixxx(path).songs) == 2
    mixxx_itself.close()
    assert path.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == names


def test_mixxx_in_the_middle_of_a_change_is_one_line(tmp_path: Path) -> None:
    path = mixxx(tmp_path / "mixxxdb.sqlite")
    path.with_name("mixxxdb.sqlite-journal").write_bytes(b"pages")
    with pytest.raises(LibraryFailure, match="is being written just now"):
        read_mixxx(path)


def record(name: str, content: bytes | str) -> bytes:
    data = content.encode("utf-16-be") if isinstance(content, str) else content
    return name.encode() + struct.pack(">I", len(data)) + data


def serato(root: Path, crate: str = "1.0/Serato ScratchLive Crate") -> Path:
    """A library as on a disk whose root it is."""
    folder = root / "_Serato_"
    (folder / "Subcrates").mkdir(parents=True)
    (root / "Music").mkdir()
    (root / "Music" / "a.mp3").write_bytes(tag(geob("Serato Autotags", b"\x01\x01115.00\0-3.257\0000.000\0")))
    song = record("pfil", "Music/a.mp3") + record("tsng", "Song") + record("tart", "Ann") + record("tbpm", "115.00") + (
        record("tkey", "Cm") + record("uadd", b"\0\0\0\1"))
    (folder / "database V2").write_bytes(record("vrsn", "2.0/Serato Scratch LIVE Database") + record("otrk", song))
    (folder / "Subcrates" / "Clubs%%Late.crate").write_bytes(
        record("vrsn", crate) + record("osrt", record("tvcn", "song")) + record("otrk", record("ptrk", "Music/a.mp3")))
    return folder


def geob(name: str, content: bytes) -> bytes:
    body = b"\0application/octet-stream\0\0" + name.encode() + b"\0" + content
    return b"GEOB" + struct.pack(">IH", len(body), 0) + body


def tag(*frames: bytes, version: int = 3) -> bytes:
    content = b"".join(frames) + bytes(32)
    size = bytes(len(content) >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3" + bytes([version, 0, 0]) + size + content


def entry(name: str, content: bytes) -> bytes:
    return name.encode() + b"\0" + struct.pack(">I", len(content)) + content


def markers() -> bytes:
    cue = struct.pack(">xBIx3Bxx", 2, 1500, 0xCC, 0x44, 0x00) + "Drøp\0".encode()
    loop = struct.pack(">xBIIIBBBBxB", 0, 4000, 6000, 0xFFFFFFFF, 0, 0x27, 0xAA, 0xE1, 0) + b"Round\0"
    content = b"\x01\x01" + entry("COLOR", b"\0\xff\xff\xff") + entry("CUE", cue) + entry("LOOP", loop) + (
        entry("BPMLOCK", b"\0") + b"\0")
    text = base64.b64encode(content).rstrip(b"=")
    return (b"\x01\x01" + b"\n".join(text[at : at + 72] for at in range(0, len(text), 72))).ljust(470, b"\0")


BEATS = b"\x01\x00" + struct.pack(">IfIff", 2, 0.5, 8, 4.5, 90.0) + b"\x37"


def test_serato_has_its_songs_and_crates(tmp_path: Path) -> None:
    found = read_library(serato(tmp_path))
    path = tmp_path / "Music" / "a.mp3"
    assert found.songs == (LibrarySong(path, "Song", "Ann", bpm=115.0, key=MusicalKey(0, minor=True)),)
    assert [(one.name, one.songs) for one in found.playlists] == [(("Clubs", "Late"), (path,))]


def mp3(path: Path, *frames: bytes) -> None:
    path.write_bytes(tag(*frames) + b"\xff\xfb\x90\x00" + bytes(400))


def aiff(path: Path, *frames: bytes) -> None:
    chunk = tag(*frames)
    content = b"AIFFCOMM" + struct.pack(">I", 3) + b"abc\0" + b"ID3 " + struct.pack(">I", len(chunk)) + chunk
    path.write_bytes(b"FORM" + struct.pack(">I", len(content)) + content)


def wav(path: Path, *frames: bytes) -> None:
    chunk = tag(*frames)
    content = b"WAVEfmt " + struct.pack("<I", 4) + bytes(4) + b"id3 " + struct.pack("<I", len(chunk)) + chunk
    path.write_bytes(b"RIFF" + struct.pack("<I", len(content)) + content)


def enveloped(name: str, content: bytes) -> bytes:
    """An object as FLAC and MP4 have it: base64 without padding, in lines."""
    text = base64.b64encode(b"application/octet-stream\0\0" + name.encode() + b"\0" + content).rstrip(b"=")
    return b"\n".join(text[at : at + 72] for at in range(0, len(text), 72))


def flac(path: Path, *objects: tuple[str, bytes]) -> None:
    names = {"Serato Markers2": b"SERATO_MARKERS_V2", "Serato BeatGrid": b"serato_beatgrid",
             "Serato Autotags": b"SERATO_AUTOGAIN"}
    comments = [b"TITLE=Song", b"odd", *(names[name] + b"=" + enveloped(name, content) for name, content in objects)]
    block = struct.pack("<I", 3) + b"abc" + struct.pack("<I", len(comments)) + b"".join(
        struct.pack("<I", len(each)) + each for each in comments)
    path.write_bytes(b"fLaC" + b"\0\0\0\x22" + bytes(34) + b"\x04" + struct.pack(">I", len(block))[1:] + block
                     + b"\x81\0\0\x02\0\0" + b"\xff\xf8" + bytes(100))


def mp4(path: Path, *objects: tuple[str, bytes]) -> None:
    names = {"Serato Markers2": b"markersv2", "Serato BeatGrid": b"beatgrid", "Serato Autotags": b"autgain"}

    def freeform(owner: bytes, name: bytes, content: bytes) -> bytes:
        return box(b"----", box(b"mean", bytes(4) + owner) + box(b"name", bytes(4) + name)
                   + box(b"data", bytes([0, 0, 0, 1, 0, 0, 0, 0]) + content))

    items = [freeform(b"com.serato.dj", names[name], enveloped(name, content)) for name, content in objects]
    ilst = box(b"ilst", box(b"\xa9nam", b"x") + freeform(b"com.apple.iTunes", b"markersv2", b"!") + b"".join(items))
    path.write_bytes(box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", box(b"mvhd", bytes(8)) + box(
        b"udta", box(b"meta", bytes(4) + box(b"hdlr", bytes(20)) + ilst))) + box(b"mdat", bytes(20)))


@pytest.mark.parametrize("write", [flac, mp4])
def test_serato_tags_of_a_song_in_flac_and_mp4(tmp_path: Path, write: Callable[..., None]) -> None:
    path = tmp_path / "song"
    write(path, ("Serato Markers2", markers()), ("Serato BeatGrid", BEATS),
          ("Serato Autotags", b"\x01\x01115.00\0-3.257\0000.000\0"))
    found = with_serato_tags(LibrarySong(path, "Song"))
    assert found == LibrarySong(path, "Song", bpm=115.0, tempo=(TempoMark(0.5, 120.0), TempoMark(4.5, 90.0)), cues=(
        LibraryCue(1.5, 0.0, 2, "Drøp", 0xCC4400), LibraryCue(4.0, 2.0, None, "Round")))
    write(path)
    assert with_serato_tags(LibrarySong(path)) == LibrarySong(path)


@pytest.mark.parametrize("write", [flac, mp4])
@pytest.mark.parametrize("content", [b"", b"\x09\x09newer", b"\x01\x01!!!!"], ids=["nothing", "newer", "no base64"])
def test_damaged_serato_tags_in_flac_and_mp4_are_one_line(
        tmp_path: Path, write: Callable[..., None], content: bytes) -> None:
    write(tmp_path / "song", ("Serato Markers2", content))
    with pytest.raises(LibraryFailure, match=r"Serato's tags of .*song are damaged: "):
        with_serato_tags(LibrarySong(tmp_path / "song"))


@pytest.mark.parametrize("write", [flac, mp4])
def test_a_file_that_is_cut_off_or_changed_anywhere_is_one_line_or_none(
        tmp_path: Path, write: Callable[..., None]) -> None:
    path, rng, said = tmp_path / "song", np.random.default_rng(5), list[str]()
    write(path, ("Serato Markers2", markers()), ("Serato BeatGrid", BEATS))
    whole = path.read_bytes()
    for _ in range(300):
        damaged = bytearray(whole[: rng.integers(4, len(whole))] if rng.integers(2) else whole)
        for at in rng.integers(0, len(damaged), rng.integers(0, 4)):
            damaged[at] = rng.integers(0, 256)
        path.write_bytes(damaged)
        try:
            with_serato_tags(LibrarySong(path))
        except LibraryFailure as failed:
            said.append(str(failed))
    assert said
    assert all(len(text.splitlines()) == 1 for text in said)


@pytest.mark.parametrize("write", [mp3, aiff, wav])
def test_serato_tags_of_a_song(tmp_path: Path, write: Callable[..., None]) -> None:
    path = tmp_path / "song"
    write(path, geob("Serato Markers2", markers()), geob("Serato BeatGrid", BEATS),
          geob("Serato Autotags", b"\x01\x01115.00\0-3.257\0000.000\0"))
    found = with_serato_tags(LibrarySong(path, "Song"))
    assert found == LibrarySong(path, "Song", bpm=115.0, tempo=(TempoMark(0.5, 120.0), TempoMark(4.5, 90.0)), cues=(
        LibraryCue(1.5, 0.0, 2, "Drøp", 0xCC4400), LibraryCue(4.0, 2.0, None, "Round")))


def test_a_song_without_serato_tags_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "song").write_bytes(b"fLaC" + bytes(100))
    song = LibrarySong(tmp_path / "song", bpm=99.0, cues=(LibraryCue(1.0),))
    assert with_serato_tags(song) == song


@pytest.mark.parametrize("name", ["Serato Markers2", "Serato BeatGrid", "Serato Autotags"])
@pytest.mark.parametrize("content", [b"", b"\x01", b"\x09\x09newer", b"\x01\x01!!!!", b"\x01\x00\x00\x00\xff\xff"])
def test_damaged_serato_tags_are_one_line(tmp_path: Path, name: str, content: bytes) -> None:
    mp3(tmp_path / "song", geob(name, content))
    with pytest.raises(LibraryFailure) as failed:
        with_serato_tags(LibrarySong(tmp_path / "song"))
    assert len(str(failed.value).splitlines()) == 1


def test_a_serato_tag_that_is_cut_off_is_one_line(tmp_path: Path) -> None:
    whole = tag(geob("Serato Markers2", markers()))
    (tmp_path / "song").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LibraryFailure, match="damaged: the tag is cut off"):
        with_serato_tags(LibrarySong(tmp_path / "song"))


def write_bytes(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


DAMAGED: dict[str, Callable[[Path], Path]] = {
    "rekordbox, cut off": lambda at: write_bytes(at / "a.xml", REKORDBOX.encode()[:900]),
    "rekordbox, empty": lambda at: write_bytes(at / "a.xml", b""),
    "rekordbox, newer": lambda at: write_bytes(at / "a.xml", REKORDBOX.replace('"1.0.0"', '"2.0.0"').encode()),
    "rekordbox, no version": lambda at: write_bytes(at / "a.xml", REKORDBOX.replace('"1.0.0"', '""').encode()),
    "rekordbox, something else": lambda at: write_bytes(at / "a.xml", b"<html><body/></html>"),
    "rekordbox, not there": lambda at: at / "a.xml",
    "traktor, cut off": lambda at: write_bytes(at / "a.nml", TRAKTOR.encode()[:700]),
    "traktor, newer": lambda at: write_bytes(at / "a.nml", TRAKTOR.replace('"19"', '"99"').encode()),
    "traktor, something else": lambda at: write_bytes(at / "a.nml", b"<DJ_PLAYLISTS/>"),
    "mixxx, no database": lambda at: write_bytes(at / "a.sqlite", b"SQLite format 3" + bytes(4000)),
    "mixxx, cut off": lambda at: write_bytes(at / "a.sqlite", mixxx(at / "b.sqlite").read_bytes()[:5000]),
    "mixxx, another program's": lambda at: mixxx(at / "a.sqlite", "DROP TABLE settings;"),
    "mixxx, newer": lambda at: mixxx(at / "a.sqlite", "UPDATE settings SET value = '400';"),
    "mixxx, no cues": lambda at: mixxx(at / "a.sqlite", "DROP TABLE cues;"),
    "mixxx, not there": lambda at: at / "a.sqlite",
    "serato, not there": lambda at: at / "_Serato_",
    "serato, newer": lambda at: serato(at, "9.0/Serato ScratchLive Crate"),
}


@pytest.mark.parametrize("build", DAMAGED.values(), ids=list(DAMAGED))
def test_a_damaged_or_newer_library_is_one_line(tmp_path: Path, build: Callable[[Path], Path]) -> None:
    path = build(tmp_path)
    with pytest.raises(LibraryFailure) as failed:
        read_library(path)
    assert str(path) in str(failed.value)
    assert len(str(failed.value).splitlines()) == 1


def test_a_record_of_serato_that_is_cut_off_is_one_line(tmp_path: Path) -> None:
    folder = serato(tmp_path)
    database = folder / "database V2"
    database.write_bytes(database.read_bytes()[:-3])
    with pytest.raises(LibraryFailure, match="is damaged"):
        read_serato(folder)


@pytest.mark.parametrize("blob", [b"\xff", b"\x0a\xff", bytes(9), b"\x08\x01\x10\x01"])
def test_damaged_beats_of_mixxx_leave_the_song(tmp_path: Path, blob: bytes) -> None:
    path = mixxx(tmp_path / "mixxxdb.sqlite", "DELETE FROM cues;")
    database = sqlite3.connect(path)
    database.execute("UPDATE library SET beats = ?", (blob,))
    database.commit()
    database.close()
    assert [(song.title, song.tempo) for song in read_mixxx(path).songs] == [("Grid", ()), ("Map", ())]


def test_what_is_called_otherwise_is_no_library(tmp_path: Path) -> None:
    assert not is_library(tmp_path / "song.mp3")
    with pytest.raises(ValueError, match=r"is no library: \.xml \(rekordbox\)"):
        read_library(tmp_path / "song.mp3")


@pytest.mark.parametrize(("read", "text", "suffix"), [(read_rekordbox, REKORDBOX, "xml"),
                                                      (read_traktor, TRAKTOR, "nml")])
def test_reading_writes_nothing(tmp_path: Path, read: Callable[[Path], LibraryContent], text: str, suffix: str) -> None:
    path = tmp_path / f"library.{suffix}"
    path.write_text(text, "utf-8")
    path.chmod(0o400)
    read(path)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_text("utf-8") == text
