"""Lending of devices and rooms: what is free when, and what should be back; pure."""
