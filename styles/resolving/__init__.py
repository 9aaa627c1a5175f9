"""What becomes of a request: styles drawn, prompts filled, parameters set; jobs for a Horde."""
