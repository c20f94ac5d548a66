"""What sound files and stems are called."""

# sound by its name, in folders; a file that is named itself may be called anything
SOUND = (".3g2", ".3gp", ".aac", ".ac3", ".aif", ".aifc", ".aiff", ".amr", ".ape", ".asf", ".au", ".avi", ".bwf",
         ".caf", ".dff", ".dsf", ".dts", ".eac3", ".f4v", ".flac", ".flv", ".m2ts", ".m4a", ".m4b", ".m4r", ".m4v",
         ".mka", ".mkv", ".mov", ".mp1", ".mp2", ".mp3", ".mp4", ".mpc", ".mpeg", ".mpg", ".mts", ".oga", ".ogg",
         ".ogv", ".opus", ".ra", ".rf64", ".rm", ".snd", ".spx", ".tak", ".tta", ".vob", ".voc", ".w64", ".wav",
         ".wave", ".webm", ".wma", ".wmv", ".wv")
STEM_FILES = (".stem.mp4", ".stem.m4a")  # what we make ourselves
STEMS = {"drums", "bass", "other", "vocals", "guitar", "piano"}  # what programs like this one call their files
BESIDE = ("no_", "minus_")


def stem_name(name: str) -> bool:
    """Whether a file is called as a stem is; name: without folder and extension, in small letters."""
    return name in STEMS or name.startswith(BESIDE)
