"""The command line's words."""

import argparse
import math
import os
from importlib.metadata import version
from pathlib import Path

from stream.command import config
from stream.command.answers import Parser
from stream.control.route import Route, route

COMMANDS = ("run", "devices", "ports", "models", "separate", "demo", "export", "doctor", "render", "screen", "serve",
            "midi")


def song(text: str) -> Path:
    """As `place`; `-` is standard input."""
    return Path("/dev/stdin") if text == "-" else place(text)


def place(text: str) -> Path:
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


def positive(text: str) -> int:
    """A whole number from 1 on."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


def natural(text: str) -> int:
    """A whole number from 0 on."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is not 0 or more")
    return value


def _model(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("model")
    group.add_argument("--model", default="htdemucs", type=home, metavar="NAME",
                       help="a name that `demucs-stream models` lists, a file (.safetensors, .th, .yaml, .onnx, .ort), "
                            "or a separator such as center")
    group.add_argument("--provider", default="auto", help="what ONNX Runtime computes with: auto (the fastest "
                       "here that gives the right stems), cpu, openvino, openvino-f32, webgpu, cuda, tensorrt, coreml "
                       "or dml")
    group.add_argument("--threads", type=positive, default=None,
                       help="of the model (default: as timed with auto, or one per core)")
    parser.add_argument("--json", action="store_true", help="one JSON object of what was done, on stdout")


def _live(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("mixer")
    group.add_argument("--mute", action="append", default=[], metavar="STEM", help="start muted; may be repeated")
    group.add_argument("--solo", action="append", default=[], metavar="STEM", help="start soloed; may be repeated")
    group.add_argument("--gain", action="append", default=[], metavar="STEM=DB", type=stem_gain,
                       help="start at this gain, in dB")
    group.add_argument("--midi", action="append", default=[], metavar="PORT",
                       help="a controller (docs/guide/midi.md): the number or "
                       "part of the name of a MIDI port, auto, or virtual; may be repeated")
    group.add_argument("--midi-map", action="append", default=[], type=home, metavar="NAME|FILE",
                       help="what its messages mean "
                       "(default: auto, the map for that port; `demucs-stream midi maps` lists them)")
    group.add_argument("--midi-out", action="append", default=[], metavar="PORT",
                       help="where its lights are (default: auto, the output of the same device)")
    group.add_argument("--osc", metavar="[HOST:]PORT",
                       help="listen to OSC (docs/guide/osc.md); on this machine only, unless HOST is 0.0.0.0 or "
                       "another of its addresses")
    group.add_argument("--osc-to", action="append", default=[], metavar="[HOST:]PORT",
                       help="tell this OSC program of every change; may be repeated")
    group.add_argument("--insert", action="append", default=[], type=insert, metavar="STEM=EFFECT[:NAME=VALUE,...]",
                       help="send a stem through a VST3 or AU plugin's file, or one of pedalboard's effects "
                            "(docs/guide/inserts.md); may be repeated, in order")
    group = parser.add_argument_group("live")
    group.add_argument("--latency", metavar="SECONDS|NAME",
                       help="in all: seconds, or fast, balanced, quality, auto (default: balanced)")
    group.add_argument("--on-late", choices=("dry", "mute"), default="dry",
                       help="what is heard instead of stems that are late (default: dry)")
    group.add_argument("--window", type=length, metavar="SECONDS",
                       help="run a whole window of this length every hop, remembering nothing (default: remember)")


def _surface(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what you see (docs/guide/screen.md)")
    group.add_argument("--ui", choices=("screen", "plain", "none"),
                       help="the mixer screen (the default at a terminal), one line, or nothing")
    group.add_argument("--attachable", action="store_true", help="say how another screen attaches to this run")


def _serve(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("page")
    group.add_argument("--host", default="127.0.0.1", help="address that the page is served on: 0.0.0.0 is for all of "
                       "the network, and takes a token (default: this machine only)")
    group.add_argument("--port", type=natural, default=8000, help="of the page (default: 8000; 0: any that is free)")
    group.add_argument("--token", metavar="TEXT", help="what a browser must know (default: one that is made and "
                       "printed; none on this machine only)")
    _run(parser)


def _run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=place, metavar="FILE", help="settings and scenes (default: "
                        f"{str(config.usual()).replace('%', '%%')}, if it is there); docs/guide/config.md")
    group = parser.add_argument_group("devices (number, part of a name, jack, path of a sound file, - for what is "
                                      "piped in; docs/guide/routing.md)")
    group.add_argument("--device", type=home, help="input and output")
    group.add_argument("--input-device", type=home, metavar="DEVICE")
    group.add_argument("--output-device", type=home, metavar="DEVICE")
    group.add_argument("--out", nargs="+", action="extend", default=[], type=output_route, metavar="BUS=CHANNELS",
                       help="which channels of the output device get what: mix=1-2 vocals=3-4; one channel alone gets "
                       "both sides together; cue=1-2@DEVICE leaves by another device, vocals=CLIENT:PORT,CLIENT:PORT "
                       "by ports of JACK's (default: mix=1-2)")
    group.add_argument("--clocks", choices=("auto", "one", "two"), default="auto", help="whether input and output have "
                       "a clock each, which are then kept in step (default: auto)")
    group.add_argument("--samplerate", type=positive, help="of the device, in Hz (default: its own)")
    group.add_argument("--block", type=positive, default=512, metavar="FRAMES", help="asked of the device at once; "
                       "JACK has its own")
    group.add_argument("--clock", choices=("device", "wall", "virtual"),
                       help="who paces a run between files: a wall clock, or nothing (virtual, the default there)")
    group.add_argument("--record", type=place, metavar="DIR",
                       help="write input, mix, a file per stem and the gestures, from the first frame of the input on")
    group.add_argument("--record-format", choices=("wav", "flac"), default="wav",
                       help="float WAV, which `render` repeats bit for bit, or FLAC of 24 bits (default: wav)")
    group.add_argument("--takes", type=place, default=Path("takes"), metavar="DIR",
                       help="where the keys r (record) and k (keep the last seconds) put their takes (default: takes)")
    group.add_argument("--keep", type=seconds, default=60.0, metavar="SECONDS",
                       help="how much k keeps: 3 MB of memory for each second (default: 60)")
    _live(parser)
    _surface(parser)
    _model(parser)


def _separate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("songs", nargs="+", type=song, metavar="SONG",
                        help="sound files, and folders of them; what libsndfile cannot read takes ffmpeg")
    _model(parser)
    parser.add_argument("-n", "--name", dest="model", default=argparse.SUPPRESS, type=home, metavar="NAME",
                        help="the same as --model")
    group = parser.add_argument_group("how it is separated")
    group.add_argument("--overlap", type=fraction, default=0.25, help="of neighbouring segments (default: 0.25)")
    group.add_argument("--segment", type=float, metavar="SECONDS",
                       help="at once: less takes less memory (default, and most: what the model was trained on)")
    group.add_argument("--shifts", type=natural, default=0, metavar="N",
                       help="separate N times, shifted by up to half a second, and average (default: 0)")
    group.add_argument("-j", "--jobs", type=positive, default=1, metavar="N", help="songs side by side (default: 1)")
    _separate_files(parser)


def _separate_files(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is written")
    group.add_argument("-o", "--output", "--out", type=place, default=Path("separated"), metavar="DIR",
                       help="stems are DIR/<song>/<stem>.wav (default: separated)")
    group.add_argument("--filename", metavar="TEMPLATE", help="below DIR (default: {track}/{stem}.{ext}; {trackext} is "
                       "the song's own extension)")
    group.add_argument("--force", action="store_true", help="do songs again whose stems are there and newer")
    group.add_argument("--two-stems", metavar="STEM", help="only STEM, and everything else as one")
    group.add_argument("--other-method", choices=("add", "minus", "none"), default="add", help="everything else is the "
                       "other stems (no_STEM), the song minus STEM (minus_STEM), or not written (default: add)")
    group.add_argument("--stems", action="append", metavar="STEM,...", help="only these")
    depth = group.add_mutually_exclusive_group()
    depth.add_argument("--int16", action="store_true", help="16 bits (FLAC's default)")
    depth.add_argument("--int24", action="store_true", help="24 bits")
    depth.add_argument("--float32", action="store_true", help="float (WAV's default): nothing is cut off")
    form = group.add_mutually_exclusive_group()
    form.add_argument("--flac", action="store_true", help="FLAC instead of WAV")
    form.add_argument("--mp3", action="store_true", help="MP3 instead of WAV")
    form.add_argument("--stem-mp4", action="store_true",
                      help="one DIR/<song>.stem.mp4 for Mixxx and Traktor (takes ffmpeg)")
    group.add_argument("--mp3-bitrate", type=positive, default=320, metavar="KBPS", help="(default: 320)")
    group.add_argument("--stem-codec", choices=("aac", "alac"), default="aac", help="of a stem file (default: aac)")
    group.add_argument("--clip-mode", choices=("rescale", "clamp", "none"), default="rescale", help="what is beyond "
                       "full scale, in all but float: make the file quieter, clamp to 0.99, or let the format cut it "
                       "off (default: rescale)")


def _render(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("log", type=place, metavar="LOG", help="a take's folder, or its gestures.jsonl")
    parser.add_argument("-o", "--output", type=place, metavar="FILE", help="a WAV file (default: mix-again.wav beside "
                        "the log)")
    parser.add_argument("--separate", action="store_true", help="separate the input again even where the stems were "
                        "recorded: nothing is late then")
    parser.add_argument("--json", action="store_true", help="one JSON object of what was done, on stdout")


def _demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("song", nargs="?", type=place, metavar="SONG", help="default: one that it makes itself")
    parser.add_argument("-o", "--output", type=place, default=Path("demo-out"), metavar="DIR")
    _live(parser)
    _surface(parser)
    _model(parser)


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", type=home, help="a name, or a checkpoint of HTDemucs (.th, "
                        ".safetensors), or a bag's .yaml beside its checkpoints")
    parser.add_argument("-o", "--output", type=place, required=True, metavar="DIR", help="DIR/<name>.onnx is written")
    parser.add_argument("--length", metavar="COLUMNS|SECONDS", help="of the window, fixed: 88, 2.04 or 2s (default: "
                        "any length)")
    parser.add_argument("--weights", choices=("fp32", "fp16", "int8", "int8-dynamic"), default="fp32",
                        help="how they are stored: what each costs is in docs/guide/export.md (default: fp32)")
    parser.add_argument("--ort", action="store_true",
                        help="ORT format too, and the operators that a reduced build of ONNX Runtime needs for it")
    parser.add_argument("--stateful", action="store_true", help="DIR/<name>-stateful.onnx too, which takes a hop's new "
                        "columns and carries its past in a state: what live separation runs")
    parser.add_argument("--song", nargs="+", type=place, default=[], metavar="FILE", help="music to verify the files "
                        "with; stems given together are summed (default: the demo's own)")
    parser.add_argument("--json", action="store_true", help="one JSON object of what was done, on stdout")


def _midi(parser: argparse.ArgumentParser) -> None:
    tasks = parser.add_subparsers(dest="task", metavar="TASK", required=True)
    maps = tasks.add_parser("maps", help="list the maps that are ready")
    learn = tasks.add_parser("learn", help="make a map by moving what should do something")
    learn.add_argument("--midi", default="auto", metavar="PORT", help="number or part of the name (default: auto)")
    learn.add_argument("-o", "--output", type=place, required=True, metavar="FILE", help="the map that is written")
    learn.add_argument("--map", type=home, metavar="NAME|FILE", help="a map to start from")
    learn.add_argument("--stems", type=lambda text: text.split(","), default=["drums", "bass", "other", "vocals"],
                       metavar="STEM,...", help="what is asked for, in the model's order (default: drums,bass,other,"
                       "vocals)")
    learn.add_argument("--force", action="store_true", help="write over a file that is there")
    for task in (maps, learn):
        task.add_argument("--json", action="store_true", help="as JSON, on stdout")


def parser() -> argparse.ArgumentParser:
    """The whole of it."""
    main = Parser(
        "demucs-stream", description="Drums, bass, other and vocals out of whatever the computer hears, live.")
    main.add_argument("--version", action="version", version=f"demucs-stream {version('demucs-stream')}")
    commands = main.add_subparsers(dest="command", metavar="COMMAND")
    _run(commands.add_parser("run", help="separate live (this is what is done without a command)"))
    for name, says in (("devices", "list sound devices"), ("ports", "list MIDI ports"), ("models", "list models")):
        listing = commands.add_parser(name, help=says)
        listing.add_argument("--json", action="store_true", help="as JSON, on stdout")
    _serve(commands.add_parser("serve", help="run, with the mixer screen in a browser (takes the extra `serve`)"))
    attach = commands.add_parser("screen", help="the mixer screen of a run that another terminal has started")
    attach.add_argument("--attach", metavar="PLACE", help="what `demucs-stream run --attachable` has printed")
    _separate(commands.add_parser("separate", help="separate files"))
    _render(commands.add_parser("render", help="make the mix of a take again from its gestures"))
    _demo(commands.add_parser("demo", help="hear of it with no sound card and no song: writes what you would hear"))
    _model(commands.add_parser("doctor", help="what this machine can hold, with what, and what would help"))
    _midi(commands.add_parser("midi", help="maps of MIDI controllers"))
    _export(commands.add_parser("export", help="make model files of a checkpoint (takes the extra `export`)"))
    return main


def parse(words: list[str]) -> argparse.Namespace:
    """Parse; without a command it is `run`, which takes the configuration too, as `serve` does.

    Raises ValueError on wrong use.
    """
    spoken = bool(words) and words[0] in (*COMMANDS, "-h", "--help", "--version")
    command, rest = (words[0], words[1:]) if spoken else ("run", words)
    if command not in ("run", "serve"):
        return parser().parse_args(words)
    alone = Parser(f"demucs-stream {command}", description="Separate live.")
    _run(alone) if command == "run" else _serve(alone)
    arguments = config.merged(alone, rest)
    arguments.command = command
    return arguments
