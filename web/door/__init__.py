"""What stands between the network and the pages: who asks, what is genuine, what is refused."""
