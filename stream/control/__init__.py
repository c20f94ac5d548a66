"""Wishes: what keyboard, MIDI and command line want of the mixer."""
