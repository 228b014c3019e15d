"""When the pieces of a reply fall due: made up from a few numbers, or as it was recorded."""
