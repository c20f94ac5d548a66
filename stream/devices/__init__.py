"""Blocks: where they come from, where they go, and who paces them."""
