"""The hub's endpoints: thin handlers, one module for each kind of caller."""
