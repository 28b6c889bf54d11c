"""The officials' pages of the county hub."""
