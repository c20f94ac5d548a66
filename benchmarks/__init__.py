"""One file, one question, asked in its first line; `python -m benchmarks.NAME [--quick] [--json FILE]`."""
