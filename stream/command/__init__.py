"""The command line: a file for each command, its words, and what it asks of the rooms below."""
