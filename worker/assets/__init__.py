"""LoRAs and textual inversions: looked up, fetched and kept, before a job reaches the engine."""
