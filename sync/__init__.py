"""Floor 3: what leaves the village, and the county hub that pulls it."""
