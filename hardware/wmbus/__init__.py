"""Wireless M-Bus: what a receiver heard, from the radio's frame to the records."""
