"""Retries, seen from the server: what was advised, and what the client did."""
