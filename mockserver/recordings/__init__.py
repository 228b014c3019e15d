"""Recorded exchanges as a source of answers."""
