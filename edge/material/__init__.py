"""Materials of the learning point: what a file is, and what of it may be shown offline."""
