"""Pictures: received and checked, kept for a while, handed out at signed addresses."""
