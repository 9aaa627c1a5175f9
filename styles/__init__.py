"""The stylelist and its resolver."""
