"""Opening personal.db after a reboot with two of three: a key server, a PIN, a stick."""
