"""Decks, measured: their callback, a run of them over JACK from outside, songs that are loaded, and hands."""
