"""What people are told: outcomes in words, recipes, and posts that are made exactly once."""
