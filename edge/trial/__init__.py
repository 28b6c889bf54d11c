"""A simulated ward: people whose true state is known, to measure what rules of care do. Pure."""
