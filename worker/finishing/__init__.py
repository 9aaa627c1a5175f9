"""What is done to finished pictures: enlarging them, taking the background away."""
