"""The collector: the one process that owns the serial ports and the radio."""
