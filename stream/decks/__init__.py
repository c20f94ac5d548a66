"""Decks: songs that are played by their stems."""
