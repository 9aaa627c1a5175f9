"""Which accounts are one person's: browsers bound by one-time codes, and names to be paid under."""
