"""What stays when an event is over: archives, and the styles that won."""
