"""What suits this machine: provider, threads, and the latencies that it can hold; timed once and kept."""
