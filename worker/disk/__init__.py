"""Files on the disk: which models lie there, and how large files come there."""
