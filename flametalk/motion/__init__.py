"""Motion as numbers that a generator can learn: spaces, differences from a reference frame, statistics."""
