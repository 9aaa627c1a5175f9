"""Styles: the lists, their names, and what they make of a request."""
