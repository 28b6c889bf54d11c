"""The hook by which other plugins add forms of a table to the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pluggy import HookspecMarker

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette

hookspec = HookspecMarker("datasette")


@hookspec
def dcat_distributions(datasette: Datasette, database: str, table: str) -> object:
    """Return further forms of a table: a list of dictionaries, or an awaitable of one.

    Keys: `mark` (unique for the table, letters, digits, `-`), `title`, `path` (from the
    instance's root, or a whole address), and if known `description`, `format` (code of the EU's
    file types, such as `CSV`), `media_type`, `compress` (media type of the packing), `size`
    (bytes), `sha256` (hex digits), `modified` (ISO 8601), `access` (a page about it).
    """
