"""Rules of the village's board: notices, opening hours, calls for help, the market; pure."""
