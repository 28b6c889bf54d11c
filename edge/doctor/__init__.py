"""What works, what does not, and what a person should do about it."""
