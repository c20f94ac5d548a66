"""From a block in to a block out: rings, the callback, the separator thread, and who paces them."""
