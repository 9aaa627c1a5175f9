"""What is known of image models, from the package and from the Horde."""
