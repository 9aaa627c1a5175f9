"""CivitAI's public catalogue of LoRAs and textual inversions: client, memory on disk, facts."""
