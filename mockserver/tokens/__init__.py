"""Tokens, counted exactly and offline."""
