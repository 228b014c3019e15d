"""Stored completions: what was kept with ``store: true``, listed, read, marked and deleted (FACTS G)."""
