"""Bluetooth adapters behind one interface."""
