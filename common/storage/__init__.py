"""What the database stands on: SQLite, PostgreSQL, and the history of the tables."""
