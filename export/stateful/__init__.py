"""HTDemucs hop by hop: the published network's own modules over a few new columns, with everything else in a state."""
