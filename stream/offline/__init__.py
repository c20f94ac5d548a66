"""Whole songs: cut into segments, separated, put together, written. Memory is set by the segment, not the song."""
