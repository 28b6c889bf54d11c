"""Wired M-Bus: frames, telegrams, the master side of a poll."""
