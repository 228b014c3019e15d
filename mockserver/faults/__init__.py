"""Trouble on purpose: what can go wrong with a reply, and when it does."""
