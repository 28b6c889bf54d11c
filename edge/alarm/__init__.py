"""Paths by which an alarm leaves the hub without a network."""
