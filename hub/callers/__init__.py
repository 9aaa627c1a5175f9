"""Who calls: users by their keys, how often they may, and their workers."""
