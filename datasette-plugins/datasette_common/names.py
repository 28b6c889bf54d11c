"""Names of tables and columns in SQL."""

from __future__ import annotations


def quoted(name: str) -> str:
    """Return a name as SQL; always quoted, where Datasette's own does it only if it must."""
    return '"' + name.replace('"', '""') + '"'
