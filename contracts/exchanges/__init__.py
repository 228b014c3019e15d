"""A reply held against the request it answers."""
