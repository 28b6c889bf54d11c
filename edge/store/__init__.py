"""The village databases: journal, village.db, personal.db."""
