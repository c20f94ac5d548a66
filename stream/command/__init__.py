"""Words in, exit codes out: what each command does, and what a person sees of it."""
