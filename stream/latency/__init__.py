"""Sizes and times: what the model sees, what it delivers, and how late that is."""
