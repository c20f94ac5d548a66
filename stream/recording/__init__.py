"""What is kept of a run: sound as it was heard, and what hands did to it."""
