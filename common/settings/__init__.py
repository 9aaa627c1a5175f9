"""What the configuration is made of: its sections, its secrets, hours of the day."""
