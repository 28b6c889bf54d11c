"""Lines that bring bytes, named by a moniker."""
