"""What the configuration is made of: sections, secrets, hours of the day, what holds now."""
