"""What every room may use and that uses none: errors, files that are whole or not there, threads, interruptions."""
