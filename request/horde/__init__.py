"""The Hordes that may be asked: what each serves, its own styles, and whose turn it is."""
