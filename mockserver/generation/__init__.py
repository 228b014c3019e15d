"""Answers made up from the seed and the request."""
