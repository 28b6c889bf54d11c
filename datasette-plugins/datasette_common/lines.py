"""What Datasette 0.65 and 1.0 do differently: metadata, and who may see what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette


async def metadata(
    datasette: Datasette, database: str = "", table: str = ""
) -> Mapping[str, object]:
    """Return what is said of the instance, a database or a table.

    As each line's own pages show it: in 0.65 a table inherits licence and source from its
    database and the instance, in 1.0 it does not.
    """
    if hasattr(datasette, "get_instance_metadata"):
        if table:
            return dict(await datasette.get_resource_metadata(database, table))
        if database:
            return dict(await datasette.get_database_metadata(database))
        return dict(await datasette.get_instance_metadata())
    found = dict(
        datasette.metadata(database=database or None, table=table or None, fallback=False) or {}
    )
    if table:
        for key in ("license", "license_url", "source", "source_url"):
            inherited = datasette.metadata(key, database=database, table=table)
            if inherited:
                found.setdefault(key, inherited)
    return found


async def public_tables(datasette: Datasette) -> dict[str, set[str]]:
    """Return the tables (and views) that everybody may see, by database."""
    if hasattr(datasette, "allowed_resources"):
        return await _allowed(datasette)
    found: dict[str, set[str]] = {}
    for name, database in datasette.databases.items():
        if name == "_internal":
            continue
        for table in await database.table_names():
            visible, _ = await datasette.check_visibility(
                None,
                permissions=[
                    ("view-table", (name, table)),
                    ("view-database", name),
                    "view-instance",
                ],
            )
            if visible:
                found.setdefault(name, set()).add(table)
    return found


async def may_enter(datasette: Datasette, actor: object) -> bool:
    """Tell whether ``actor`` may see the instance at all."""
    if hasattr(datasette, "allowed"):
        return bool(await datasette.allowed(action="view-instance", actor=actor))
    visible, _ = await datasette.check_visibility(actor, "view-instance")
    return bool(visible)


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


async def column_title(datasette: Datasette, database: str, table: str, column: str) -> str:
    """Return what metadata say of a column."""
    if hasattr(datasette, "get_column_metadata"):
        said = await datasette.get_column_metadata(database, table, column)
        return str(said.get("description", ""))
    columns = datasette.metadata("columns", database=database, table=table, fallback=False) or {}
    return str(columns.get(column, ""))


async def _allowed(datasette: Datasette) -> dict[str, set[str]]:
    if not await datasette.allowed(action="view-instance", actor=None):
        return {}
    databases = {
        one.parent async for one in (await datasette.allowed_resources("view-database")).all()
    }
    found: dict[str, set[str]] = {}
    async for one in (await datasette.allowed_resources("view-table")).all():
        if one.parent in databases and one.parent in datasette.databases:
            found.setdefault(one.parent, set()).add(one.child)
    return found
