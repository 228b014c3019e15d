"""Replies in the shapes of other APIs: what each sends is data, the ``reply`` section of its profile."""
