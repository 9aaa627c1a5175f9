"""From words and pictures to what is wanted."""
