"""Songs that play while they are being separated: decoded, stems in order of need, and kept for the next time."""
