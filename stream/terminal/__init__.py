"""What a person sees of a run on the terminal: lines, progress, the screen's and the page's processes."""
