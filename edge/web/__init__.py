"""The terminal's pages: what a villager sees."""
