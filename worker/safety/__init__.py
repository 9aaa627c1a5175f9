"""No picture leaves the machine before it was looked at, and some words are not drawn at all."""
