"""Meters' keys: the files that suppliers send, and what to ask a supplier for. Pure."""
