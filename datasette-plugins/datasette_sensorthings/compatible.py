"""What Datasette 0.65 and 1.0 say in different words: who may see which tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette


async def may_see(datasette: Datasette, actor: Any, database: str, tables: Iterable[str]) -> bool:
    """Return whether ``actor`` may see all of the tables."""
    for table in tables:
        if hasattr(datasette, "allowed"):
            from datasette.resources import TableResource  # noqa: PLC0415 - new in 1.0

            resource = TableResource(database, table)
            seen = await datasette.allowed(action="view-table", resource=resource, actor=actor)
        else:
            seen = await datasette.permission_allowed(
                actor, "view-table", resource=(database, table), default=True
            )
            for action, what in (("view-database", database), ("view-instance", None)):
                seen = seen and await datasette.permission_allowed(
                    actor, action, resource=what, default=True
                )
        if not seen:
            return False
    return True
