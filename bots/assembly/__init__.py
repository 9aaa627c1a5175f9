"""What the program is put together from: accounts, Hordes, what is known, the core; each once."""
