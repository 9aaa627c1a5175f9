"""How long what is asked for is kept and how often it is tried: pictures and alchemy alike."""

REQUEST_SECONDS = 20 * 60
"""From submission, and from each time something came of it."""
SLOW_REQUEST_SECONDS = 60 * 60
"""The same for a worker that says it is slow."""
MOST_FAULTS = 3
MOST_LOSSES = 10
"""A job that was running each time its worker died is given up after so many deaths."""
