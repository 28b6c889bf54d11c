"""The learning pages: what lies on the shelf, shown to everybody."""
