"""Voting: ballots, how they are counted, and the file by which anybody can count them again."""
