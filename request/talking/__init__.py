"""Commands and questions: what may be said to the bot beside asking for pictures."""
