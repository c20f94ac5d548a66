"""The command line's words."""

import argparse
import math
import os
from importlib.metadata import version
from pathlib import Path

from stream.command import config
from stream.mixer.route import Route, route
from stream.terminal.answers import Parser

COMMANDS = ("run", "play", "devices", "ports", "models", "separate", "demo", "export", "doctor", "render", "screen",
            "serve", "midi", "cache", "prepare")
CONFIGURED = {"run": "Separate live what the computer plays, or a file.",
              "serve": "Separate live, with the mixer screen in a browser or on a phone.",
              "play": "Play songs on two decks, by their stems.",
              "cache": "List the stems that are kept of songs that were played, or remove them."}
CACHE_GB = 20.0


def song(text: str) -> Path:
    """As `path_argument`; `-` is standard input."""
    return Path("/dev/stdin") if text == "-" else path_argument(text)


def path_argument(text: str) -> Path:
    """A path; a leading ~ is the home folder, where a shell has not seen to it."""
    return Path(home(text))


def home(text: str) -> str:
    """A text that may be a path, with the home folder for a leading ~; that of nobody here is a name like any other."""
    if not text.startswith("~"):
        return text
    nameless = text == "~" or text[1] in (os.sep, "/")
    found = text if nameless and os.environ.get("HOME") == "" else os.path.expanduser(text)  # noqa: PTH111
    if nameless and found == text:
        raise argparse.ArgumentTypeError(f"{text}: this account has no home folder; write the path in full")
    return found


def insert(text: str) -> str:
    """`vocals=~/Reverb.vst3` with the home folder for its ~."""
    stem, equals, effect = text.partition("=")
    return stem + equals + home(effect)


def stem_gain(text: str) -> tuple[str, float]:
    """`vocals=-6` as a stem and its dB."""
    stem, equals, db = text.partition("=")
    try:
        if not (stem and equals):
            raise ValueError
        return stem, float(db.removesuffix("dB"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not STEM=DB, such as vocals=-6") from None


def output_route(text: str) -> Route:
    """`vocals=3-4` as a route."""
    try:
        return route(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def fraction(text: str) -> float:
    """A number from 0 to below 1."""
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 0 to below 1")
    return value


def seconds(text: str) -> float:
    """A time from 0 on."""
    value = float(text)
    if not 0 <= value <= 3600:
        raise argparse.ArgumentTypeError(f"{text} is not 0 to 3600 s")
    return value


def length(text: str) -> float:
    """A length of time; whoever takes it knows how long it may be."""
    value = float(text)
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text[:20]} is no number of seconds")
    return value


def gigabytes(text: str) -> float:
    """A size from 0 on."""
    value = float(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not 0 GB or more")
    return value


def positive(text: str) -> int:
    """A whole number from 1 on."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


def samplerate(text: str) -> int:
    """A samplerate that songs are played at, in Hz."""
    value = int(text)
    if not 8000 <= value <= 384_000:
        raise argparse.ArgumentTypeError(f"{text} is not 8000 to 384000 Hz")
    return value


def natural(text: str) -> int:
    """A whole number from 0 on."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is not 0 or more")
    return value


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print what was done and measured as one JSON object")


def _model(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("model (docs/guide/models.md)")
    group.add_argument("--model", default="htdemucs", type=home, metavar="NAME",
                       help="a name from `demucs-stream models`, a file (.safetensors, .th, .yaml, .onnx, .ort), or a "
                            "separator such as center (default: htdemucs)")
    group.add_argument("--provider", default="auto", help="what computes the model: auto (the fastest on this computer "
                       "that gives the right stems), cpu, openvino, openvino-f32, webgpu, cuda, tensorrt, coreml or "
                       "dml (default: auto)")
    group.add_argument("--threads", type=positive, default=None,
                       help="threads that compute the model (default: as timed with auto, or one for each core)")
    _json(parser)


def _live(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("mixer")
    group.add_argument("--mute", action="append", default=[], metavar="STEM",
                       help="mute this stem at the start; may be repeated")
    group.add_argument("--solo", action="append", default=[], metavar="STEM",
                       help="solo this stem at the start; may be repeated")
    group.add_argument("--gain", action="append", default=[], metavar="STEM=DB", type=stem_gain,
                       help="set a stem's gain at the start, for example vocals=-12 to turn the singer down; may be "
                            "repeated")
    _controllers(group)
    _insert(group, "send a stem")
    _separation(parser.add_argument_group("live"))


def _insert(group: argparse._ArgumentGroup, says: str) -> None:
    group.add_argument("--insert", action="append", default=[], type=insert, metavar="STEM=EFFECT[:NAME=VALUE,...]",
                       help=f"{says} through an effect: the file of a VST3 or AU plugin, or one of pedalboard's "
                            "(docs/guide/inserts.md); may be repeated, and effects are heard in that order")


def _separation(group: argparse._ArgumentGroup) -> None:
    """What is said of a live separator, by whichever command has one."""
    group.add_argument("--latency", metavar="SECONDS|NAME",
                       help="how much later the music leaves than it came in: fast, balanced, quality, auto (the best "
                            "that this computer can hold), or a number of seconds; effects come on top (default: "
                            "balanced)")
    group.add_argument("--on-late", choices=("dry", "mute"), default="dry",
                       help="what you hear when stems come too late: the original (dry), or only what all stems share "
                            "(mute) (default: dry)")
    group.add_argument("--window", type=length, metavar="SECONDS",
                       help="separate a whole window of this length at each hop, with no memory of the past (default: "
                            "with a memory)")


def _controllers(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--midi", action="append", default=[], metavar="PORT",
                       help="use a MIDI controller (docs/guide/midi.md): the number of its port, a part of the name, "
                            "auto, or virtual; may be repeated")
    group.add_argument("--midi-map", action="append", default=[], type=home, metavar="NAME|FILE",
                       help="what the controller's messages do (default: auto, the map for that port; `demucs-stream "
                            "midi maps` lists the ready ones)")
    group.add_argument("--midi-out", action="append", default=[], metavar="PORT",
                       help="where the controller's lights are (default: auto, the output of the same device)")
    group.add_argument("--osc", metavar="[HOST:]PORT",
                       help="listen to OSC on this port (docs/guide/osc.md), from this computer only unless HOST is "
                            "0.0.0.0 or another of its addresses")
    group.add_argument("--osc-to", action="append", default=[], metavar="[HOST:]PORT",
                       help="send every change to the OSC program at this address; may be repeated")


def _surface(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("screen (docs/guide/screen.md)")
    group.add_argument("--ui", choices=("screen", "plain", "none"),
                       help="show the mixer screen (the default in a terminal), one line of text, or nothing")
    group.add_argument("--attachable", action="store_true",
                       help="print a command that opens another screen of this run")


def _serve(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("page")
    group.add_argument("--host", default="127.0.0.1", help="address of the page: 0.0.0.0 serves the whole network, and "
                       "asks for a token (default: 127.0.0.1, for this computer only)")
    group.add_argument("--port", type=natural, default=8000, help="port of the page (default: 8000; 0: any free port)")
    group.add_argument("--token", metavar="TEXT", help="what a browser has to know (default: a new one for each run, "
                       "which is printed; none for this computer only)")
    _run(parser)


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=path_argument, metavar="FILE", help="file with settings and scenes, see "
                        f"docs/guide/config.md (default: {str(config.usual()).replace('%', '%%')}, if it is there)")
    group = parser.add_argument_group(
        "devices: a number, a part of the name, jack, the path of a sound file, or - for what is piped in "
        "(docs/guide/routing.md)")
    group.add_argument("--device", type=home, help="input and output together (default: the system's usual ones)")
    group.add_argument("--input-device", type=home, metavar="DEVICE", help="where the music comes from")
    group.add_argument("--output-device", type=home, metavar="DEVICE", help="where the mix goes; a file is a .wav")
    group.add_argument("--out", nargs="+", action="extend", default=[], type=output_route, metavar="BUS=CHANNELS",
                       help="which outputs get what: mix=1-2 vocals=3-4 cue=5-6; a single output gets left and right "
                            "together; cue=1-2@DEVICE uses another device, vocals=CLIENT:PORT,CLIENT:PORT uses ports "
                            "of JACK (default: mix=1-2)")
    _clocks(group)
    group.add_argument("--samplerate", type=positive, help="samplerate of the device, in Hz (default: its own)")
    group.add_argument("--block", type=positive, default=512, metavar="FRAMES",
                       help="samples that the device is asked to hand over at once; with JACK the server decides "
                            "(default: 512)")
    group.add_argument("--clock", choices=("device", "wall", "virtual"),
                       help="speed of a run from file to file: the song's own (wall), or as fast as the computer can "
                            "(virtual, the default there)")
    _takes(group, "the input, the mix, each stem, and what you do to the mixer", 60.0)
    _live(parser)
    _surface(parser)
    _model(parser)


def _takes(group: argparse._ArgumentGroup, whole: str, keep_s: float) -> None:
    """What is recorded; whole: of a whole run      keep_s: that can be kept, where nobody says otherwise"""
    group.add_argument("--record", type=path_argument, metavar="DIR",
                       help=f"record the whole run: {whole} (docs/guide/recording.md)")
    group.add_argument("--record-format", choices=("wav", "flac"), default="wav",
                       help="float WAV, which `render` makes again bit for bit, or FLAC with 24 bits (default: wav)")
    group.add_argument("--takes", type=path_argument, default=Path("takes"), metavar="DIR",
                       help="folder for what is recorded by key, MIDI or OSC while it plays (default: takes)")
    group.add_argument("--keep", type=seconds, default=keep_s, metavar="SECONDS",
                       help=f"how many seconds `keep` keeps; each takes up to 3 MB of memory (default: {keep_s:g})")


def _clocks(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--clocks", choices=("auto", "one", "two"), default="auto",
                       help="whether input and output share one clock, or have two that must be kept in step (default: "
                            "auto)")


def _play(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("songs", nargs="*", type=path_argument, metavar="SONG|FOLDER|PLAYLIST",
                        help="what is played: sound files, stem files, folders of songs or of one song's stems, and "
                             "playlists (.m3u); the first two are loaded, the others wait")
    _library(parser, "take cues and beats from")
    parser.add_argument("--config", type=path_argument, metavar="FILE", help="file with settings, see "
                        "docs/guide/config.md")
    group = parser.add_argument_group("device (docs/guide/routing.md)")
    group.add_argument("--device", type=home, help="a number, a part of the name, or jack (default: the usual output)")
    group.add_argument("--out", nargs="+", action="extend", default=[], type=output_route, metavar="BUS=CHANNELS",
                       help="which outputs get what: mix=1-2 cue=3-4 a/vocals=5-6 (default: mix=1-2)")
    group.add_argument("--samplerate", type=positive, help="samplerate of the device, in Hz (default: its own)")
    group.add_argument("--block", type=positive, default=512, metavar="FRAMES",
                       help="samples that the device is asked to hand over at once (default: 512)")
    _insert(group, "send a stem of a player (a/vocals, live/drums)")
    group.add_argument("--paused", action="store_true", help="load the songs and wait (default: the first one plays)")
    group.add_argument("--automix", action="store_true",
                       help="begin the next song by itself, with a fade of 4 seconds, and end after the last one")
    group.add_argument("--level", choices=("on", "off"), default="on",
                       help="whether a song that is put on a deck sets its trim so that songs are equally loud; off "
                            "leaves trims, and songs are heard as they are (default: on)")
    _surface(parser)
    live = parser.add_argument_group("an input beside the decks (docs/guide/play.md)")
    live.add_argument("--input-device", type=home, metavar="DEVICE",
                      help="music that is separated live and mixed with the songs, as the player `live`; only the "
                           "command line says this (default: none)")
    _clocks(live)
    _separation(live)
    controllers = parser.add_argument_group("controllers")
    _controllers(controllers)
    for side, says in (("out", "send MIDI clock of the deck that leads"),
                       ("in", "have decks with sync follow MIDI clock")):
        controllers.add_argument(f"--midi-clock-{side}", metavar="PORT", help=f"{says}: jack, jack:CLIENT:PORT, the "
                                 "number or a part of the name of a MIDI port, or virtual (default: none)")
    _takes(parser.add_argument_group("recording"), "the mix, each deck as it is heard in it, and a cue sheet", 0.0)
    stem_cache(parser)
    _model(parser)


def _separate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("songs", nargs="+", type=song, metavar="SONG",
                        help="sound files, and folders of them (docs/guide/separate.md); some formats need ffmpeg; - "
                             "is standard input")
    _model(parser)
    parser.add_argument("-n", "--name", dest="model", default=argparse.SUPPRESS, type=home, metavar="NAME",
                        help="the same as --model")
    group = parser.add_argument_group("how songs are separated")
    group.add_argument("--overlap", type=fraction, default=0.25, help="how much neighbouring segments share (default: "
                       "0.25)")
    group.add_argument("--segment", type=float, metavar="SECONDS",
                       help="length of a segment; a shorter one takes less memory (default, and most: what the model "
                            "was trained on)")
    group.add_argument("--shifts", type=natural, default=0, metavar="N",
                       help="separate N times, shifted by up to half a second, and average (default: 0)")
    group.add_argument("-j", "--jobs", type=positive, default=1, metavar="N",
                       help="how many songs are separated at the same time (default: 1)")
    _separate_files(parser)


def _separate_files(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is written")
    group.add_argument("-o", "--output", "--out", type=path_argument, default=Path("separated"), metavar="DIR",
                       help="folder for the stems, which are DIR/<song>/<stem>.wav (default: separated)")
    group.add_argument("--filename", metavar="TEMPLATE", help="names of the files below DIR (default: "
                       "{track}/{stem}.{ext}; {trackext} is the song's own extension)")
    group.add_argument("--force", action="store_true", help="separate songs again whose stems are there already")
    group.add_argument("--two-stems", metavar="STEM", help="write STEM, and everything else together")
    group.add_argument("--other-method", choices=("add", "minus", "none"), default="add",
                       help="with --two-stems, everything else is the sum of the other stems (no_STEM), the song minus "
                            "STEM (minus_STEM), or not written (default: add)")
    group.add_argument("--stems", action="append", metavar="STEM,...", help="write only these stems")
    depth = group.add_mutually_exclusive_group()
    depth.add_argument("--int16", action="store_true", help="write 16 bits (FLAC's default)")
    depth.add_argument("--int24", action="store_true", help="write 24 bits")
    depth.add_argument("--float32", action="store_true", help="write floats (WAV's default): nothing is cut off")
    form = group.add_mutually_exclusive_group()
    form.add_argument("--flac", action="store_true", help="write FLAC instead of WAV")
    form.add_argument("--mp3", action="store_true", help="write MP3 instead of WAV")
    form.add_argument("--stem-mp4", action="store_true",
                      help="write one stem file, DIR/<song>.stem.mp4, for Mixxx and Traktor (needs ffmpeg)")
    group.add_argument("--mp3-bitrate", type=positive, default=320, metavar="KBPS",
                       help="bitrate of MP3, 32 to 320 (default: 320)")
    group.add_argument("--stem-codec", choices=("aac", "alac"), default="aac",
                       help="codec of a stem file (default: aac)")
    group.add_argument("--clip-mode", choices=("rescale", "clamp", "none"), default="rescale",
                       help="what happens to samples beyond full scale, except in floats: the whole file becomes "
                            "quieter (rescale), they are cut off at 0.99 (clamp), or at 1 (none) (default: rescale)")


def _render(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("log", type=path_argument, metavar="LOG", help="the folder of a take, or its gestures.jsonl")
    parser.add_argument("-o", "--output", type=path_argument, metavar="FILE",
                        help="a WAV file (default: mix-again.wav beside the log)")
    parser.add_argument("--separate", action="store_true", help="separate the input again instead of using the "
                        "recorded stems, so that no stem is late")
    _json(parser)


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("song", nargs="?", type=path_argument, metavar="SONG",
                        help="a song of yours (default: one that the program makes)")
    parser.add_argument("-o", "--output", type=path_argument, default=Path("demo-out"), metavar="DIR",
                        help="folder for what you would hear (default: demo-out)")
    _live(parser)
    _surface(parser)
    _model(parser)


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", type=home, help="a name from `demucs-stream models`, a checkpoint of "
                        "HTDemucs (.th, .safetensors), or a bag's .yaml beside its checkpoints")
    parser.add_argument("-o", "--output", type=path_argument, required=True, metavar="DIR",
                        help="folder for the files, DIR/<name>.onnx (docs/guide/export.md)")
    parser.add_argument("--length", metavar="COLUMNS|SECONDS", help="make a file for windows of one length: 88, 2.04 "
                        "or 2s (default: any length)")
    parser.add_argument("--weights", choices=("fp32", "fp16", "int8", "int8-dynamic"), default="fp32",
                        help="how weights are stored; docs/guide/export.md has sizes, speed, quality (default: fp32)")
    parser.add_argument("--ort", action="store_true",
                        help="also write ORT format, and the list of operators for a reduced build of ONNX Runtime")
    parser.add_argument("--stateful", action="store_true", help="also write DIR/<name>-stateful.onnx, which carries "
                        "its past from hop to hop: what live separation runs")
    parser.add_argument("--song", nargs="+", type=path_argument, default=[], metavar="FILE",
                        help="music to check the files with; several files are summed (default: the demo's own song)")
    _json(parser)


def _midi(parser: argparse.ArgumentParser) -> None:
    tasks = parser.add_subparsers(dest="task", metavar="TASK", required=True)
    maps = tasks.add_parser("maps", help="list the ready maps, or what a map does")
    maps.add_argument("maps", nargs="*", type=home, metavar="NAME|FILE", help="a map; each of its controls is a line")
    learn = tasks.add_parser("learn", help="make a map by pressing and moving the controls of a controller")
    learn.add_argument("--midi", default="auto", metavar="PORT",
                       help="number of the controller's port, or a part of its name (default: auto)")
    learn.add_argument("-o", "--output", type=path_argument, required=True, metavar="FILE", help="file for the map")
    learn.add_argument("--map", type=home, metavar="NAME|FILE", help="a map to start from")
    learn.add_argument("--stems", type=lambda text: text.split(","), default=["drums", "bass", "other", "vocals"],
                       metavar="STEM,...", help="stems that the program asks for, in the model's order (default: "
                       "drums,bass,other,vocals)")
    learn.add_argument("--decks", action="store_true", help="ask for the controls of two decks")
    learn.add_argument("--force", action="store_true", help="replace a file that is there already")
    for task in (maps, learn):
        task.add_argument("--json", action="store_true", help="print as JSON")


def stem_cache(parser: argparse.ArgumentParser) -> None:
    """What is said of the stems that are kept, by whichever command plays or lists them."""
    parser.add_argument("--cache-gb", type=gigabytes, default=CACHE_GB, metavar="GB",
                        help="how much stems may take that were separated for a deck and are kept for the next time; "
                             f"those that were not played for longest go first (default: {CACHE_GB:g})")


def _cache(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("songs", nargs="*", metavar="SONG",
                        help="only these: a part of a title, an artist or a file's name")
    parser.add_argument("--clear", action="store_true",
                        help="remove the stems, of all songs or of those that are named; beat grids and cues stay")
    parser.add_argument("--config", type=path_argument, metavar="FILE", help="file with settings, see "
                        "docs/guide/config.md")
    stem_cache(parser)
    parser.add_argument("--json", action="store_true", help="print as JSON")


def _library(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--library", action="append", default=[], type=path_argument, metavar="FILE",
                        help=f"{what} another program's library: rekordbox' XML, Mixxx' .sqlite, Traktor's .nml or the "
                             "folder _Serato_ (docs/guide/library.md); may be said several times")


def _prepare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("songs", nargs="*", type=path_argument, metavar="SONG|FOLDER|PLAYLIST",
                        help="as `play` takes them (docs/guide/library.md)")
    _library(parser, "prepare playlists of")
    parser.add_argument("--playlist", action="append", default=[], metavar="NAME",
                        help="a playlist or crate of the library, such as Friday, or Clubs/Warm-up with its folder; "
                             "may be said several times")
    parser.add_argument("--samplerate", type=samplerate, default=44_100,
                        help="of the device that will play them, in Hz: kept stems are of one rate (default: 44100)")
    stem_cache(parser)
    _model(parser)


def parser() -> argparse.ArgumentParser:
    """The whole of it."""
    main = Parser(
        "demucs-stream", description="Split whatever your computer is playing into drums, bass, vocals and everything "
        "else, live, and give each its own fader.")
    main.add_argument("--version", action="version", version=f"demucs-stream {version('demucs-stream')}")
    commands = main.add_subparsers(dest="command", metavar="COMMAND")
    _run(commands.add_parser("run", help="separate live (also what happens without a command)"))
    for name, says in (("devices", "list sound devices"), ("ports", "list MIDI ports"), ("models", "list models")):
        listing = commands.add_parser(name, help=says)
        listing.add_argument("--json", action="store_true", help="print as JSON")
    _serve(commands.add_parser("serve", help="separate live, with the mixer screen in a browser or on a phone (needs "
                               "the extra `serve`)"))
    _play(commands.add_parser("play", help="play songs on two decks, by their stems"))
    attach = commands.add_parser("screen", help="open the mixer screen of a run that another terminal has started")
    attach.add_argument("--attach", metavar="PLACE", help="what `demucs-stream run --attachable` has printed")
    _separate(commands.add_parser("separate", help="separate whole files"))
    _prepare(commands.add_parser("prepare", help="separate songs for decks beforehand, and find their beats and keys"))
    _render(commands.add_parser("render", help="make the mix of a take again"))
    _demo(commands.add_parser("demo", help="try it with no sound card: write what you would hear to a folder"))
    _model(commands.add_parser("doctor", help="check audio devices, compute backends and the latencies this machine "
                               "sustains"))
    _midi(commands.add_parser("midi", help="list maps for MIDI controllers, or make one"))
    _cache(commands.add_parser("cache", help="list the stems that are kept of songs that were played, or remove them"))
    _export(commands.add_parser("export", help="make model files from a checkpoint (needs the extra `export`)"))
    return main


def parse(words: list[str]) -> argparse.Namespace:
    """Parse; without a command it is `run`, which takes the configuration too, as `serve`, `play` and `cache` do.

    Raises ValueError on wrong use.
    """
    spoken = bool(words) and words[0] in (*COMMANDS, "-h", "--help", "--version")
    command, rest = (words[0], words[1:]) if spoken else ("run", words)
    if command not in CONFIGURED:
        return parser().parse_args(words)
    alone = Parser(f"demucs-stream {command}", description=CONFIGURED[command])
    _SAID[command](alone)
    arguments = config.merged(alone, rest, _said_elsewhere(command))
    arguments.command = command
    if command == "play" and "input_device" in arguments.configured:  # what `run` listens to; most mixes have no input
        arguments.input_device = None
    return arguments


_SAID = {"run": _run, "play": _play, "serve": _serve, "cache": _cache}


def _said_elsewhere(command: str) -> dict[str, bool]:
    """What a configuration may say of other commands than this one."""
    found: dict[str, bool] = {}
    for name in ("run", "play", "cache"):  # what `serve` has beside `run` only the command line says
        if name != command:
            other = Parser(name)
            _SAID[name](other)
            found |= config.words(other)
    return found
