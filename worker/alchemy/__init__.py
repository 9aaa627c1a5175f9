"""The alchemist: looks at pictures that exist and works on them, beside the making of new ones."""
