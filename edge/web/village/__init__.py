"""Pages of the village's board: notices and events, opening hours, help, the market."""
