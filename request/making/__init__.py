"""Making pictures: planned, priced, submitted, watched, fetched."""
