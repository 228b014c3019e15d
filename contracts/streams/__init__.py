"""A stream as a sequence: its framing, its chunks, and the completion they amount to."""
