"""What the hub is sent: checked field by field, and by the rules of the public server."""
