"""What the hub answers when it is asked how things are: reads, and no change."""
