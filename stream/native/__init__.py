"""What compiled code needs of the machine: atomic numbers, the processor's clock, the callback's signature."""
