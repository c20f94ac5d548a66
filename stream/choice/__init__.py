"""What computes a model best on this machine: tried, compared with the CPU provider, timed, and kept."""
