"""The lists: read, checked, merged, kept for a bad day, and what their styles look like."""
