"""Hop in, hop out: what tells stems apart, behind one protocol."""
