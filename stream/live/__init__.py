"""Live separation: the engine, the separator thread, inserts, and who paces a run."""
