"""What is kept of a run: sound as it was heard, and what the user did to it."""
