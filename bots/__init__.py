"""The chat platforms, one adapter each, and the program that starts them."""
