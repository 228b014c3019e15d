"""What a request must be, in the order in which the API finds fault."""
