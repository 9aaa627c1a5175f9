"""What the owner of a card says: to which Hordes it belongs, and what they are told of it."""
