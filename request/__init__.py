"""The life of one request: grammar, policy, store, service and runner."""
