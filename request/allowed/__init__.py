"""What is allowed to whom, where: settings of places, limits, and the check that always stands."""
