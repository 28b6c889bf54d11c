"""GSM modems: short messages over a serial port; sans-IO, `session` is given its line."""
