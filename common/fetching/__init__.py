"""Files from elsewhere: fetched within bounds, and their last good copies."""
