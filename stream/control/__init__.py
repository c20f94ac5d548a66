"""Hands on the mixer: keyboard, MIDI and OSC."""
