"""What one API is like, as data: the built-in profiles and those that users write."""
