"""Figures over tables that cannot change, drawn once for each language.

A table's page would otherwise read and draw up to 20,000 values each time. A replaced database
takes its figures with it.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from datasette.database import QueryInterrupted

from datasette_charts_offline.view import View

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.database import Database

# Reading that took too long is not tried again at once: each try would take a second of a page.
AGAIN_S = 600.0
MOST = 64  # figures of one database: its configured tables in each language, and some to spare

_kept: WeakKeyDictionary[Database, dict[object, View | float | None]] = WeakKeyDictionary()


async def view_of(
    database: Database,
    key: tuple[Any, ...],
    make: Callable[[], Awaitable[View | None]],
    clock: Callable[[], float] = time.monotonic,
) -> View | None:
    """Return what ``make`` makes, kept under ``key`` as long as the database is served.

    :raises QueryInterrupted: if reading took too long, now or within the last :data:`AGAIN_S`.
    """
    if database.is_mutable:
        return await make()
    figures = _kept.setdefault(database, {})
    known = figures.get(key, 0.0)
    if not isinstance(known, float):
        return known
    if clock() < known:
        raise QueryInterrupted("interrupted", "", None)
    if len(figures) >= MOST:
        figures.clear()
    try:
        made = await make()
    except QueryInterrupted:
        figures[key] = clock() + AGAIN_S
        raise
    figures[key] = made
    return made
