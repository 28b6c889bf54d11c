"""Virtual devices that speak the real wire."""
