"""Where the program starts. Whatever ends it ends it in one line, also while everything else is still being loaded."""

from stream import interrupt


def main() -> int:
    """Load the commands, run one, and be deaf to signals at the end; the exit code of `stream.cli.main`."""
    interrupt.first()
    from stream.cli import main as command

    code = command()
    interrupt.last()
    return code
