"""Other people's tables of buildings: which column is what, and what is wrong in which line."""
