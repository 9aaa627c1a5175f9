"""What several platforms need: markup, pictures that fit, an inbox that is looked into, budgets."""
