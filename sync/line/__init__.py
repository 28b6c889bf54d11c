"""TCP lines: TLS before the pull server, calls from a hub to its county, and who takes them."""
