"""Requests for pictures: what waits, who may take it on which terms, and what becomes of it."""
