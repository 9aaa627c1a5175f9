"""The course of an event: steps, the clock that takes them, and what comes again."""
