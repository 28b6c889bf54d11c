"""What the village's heat may be in 2030 to 2045 if somebody decides this or that. Pure."""
