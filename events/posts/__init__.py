"""What is posted of events: put into words, and posted slowly and once."""
