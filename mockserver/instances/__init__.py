"""Values that satisfy a JSON Schema, drawn by chance."""
