"""Floor 2: the village. Stores, collector, domain rules, publishing and the terminal's pages."""
