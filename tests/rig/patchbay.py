"""What is connected to what on a JACK server, or a PipeWire that stands for it, as anybody else sees it."""

import subprocess


def connections() -> dict[str, set[str]]:
    """Every port, and those that it is connected to."""
    done = subprocess.run(["jack_lsp", "-c"], capture_output=True, text=True, check=True, timeout=20)
    found: dict[str, set[str]] = {}
    port = ""
    for line in done.stdout.splitlines():
        if line.startswith(" "):
            found[port].add(line.strip())
        else:
            port = line
            found[port] = set()
    return found
