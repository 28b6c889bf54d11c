"""Making the files of each snapshot once, in a process of its own, when somebody first asks."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from datasette.utils import tilde_decode, tilde_encode
from datasette_common import child
from datasette_common.lines import column_title, metadata, public_tables

from datasette_downloads import store
from datasette_downloads.store import Build

if TYPE_CHECKING:  # Datasette loads its plugins while it is being imported itself
    from datasette.app import Datasette
    from datasette.database import Database

PLUGIN = "datasette-downloads"
PROGRAM = Path(__file__).with_name("make.py")
VERSION = 2  # of the files: another one makes them anew
ORDER_S = 1.0
AGAIN_S = 60.0  # after a failure, a full card perhaps
TIMEOUT_S = 1800.0  # ten million rows on a slow card

_log = logging.getLogger("datasette_downloads")


class MakeError(Exception):
    """The files could not be made; the message says why, to the operator: it may name folders."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made of one snapshot; ``digest`` names it and all that is said of it."""

    name: str
    digest: str
    database: str
    said: Mapping[str, object]


class Downloads:
    """The builds of one Datasette below ``folder``. All methods run in its event loop."""

    def __init__(self, datasette: Datasette, folder: Path, grace_s: float) -> None:
        self._datasette = datasette
        self._folder = folder
        self._grace_s = grace_s
        self._running: dict[str, asyncio.Task[Build]] = {}
        self._in_vain: set[str] = set()  # running, and waited for once already
        self._failed: dict[str, tuple[float, str]] = {}
        self._lock = asyncio.Lock()
        self._orders: dict[str, tuple[float, Order | None]] = {}
        self.runs = 0  # how many processes were started

    async def order(self, name: str) -> Order | None:
        """Return what is to be made of a database now, None if it is none for everybody.

        Only of an immutable file: of any other nobody could say what a sum belongs to. It is asked
        once for a catalogue's tables, and then kept for a moment.
        """
        if name not in self._datasette.databases:
            return None
        asked_s, order = self._orders.get(name, (-ORDER_S, None))
        if time.monotonic() - asked_s >= ORDER_S:
            order = await self._order(name)
            self._orders[name] = (time.monotonic(), order)
        return order

    async def _order(self, name: str) -> Order | None:
        database = self._datasette.databases.get(name)
        if database is None or database.is_mutable or not database.path:
            return None
        visible = (await public_tables(self._datasette)).get(name, set())
        hidden = set(await database.hidden_table_names())
        tables = sorted(set(await database.table_names()) & visible - hidden)
        if not tables:
            return None
        said = {
            "about": await self._about(name),
            "tables": [await self._table(database, table) for table in tables],
        }
        content = await asyncio.to_thread(lambda: database.hash)
        text = json.dumps([VERSION, content, said], sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:32]
        return Order(name, digest, str(database.path), said)

    def ready(self, order: Order) -> Build | None:
        """Return the build if it is there; it is looked at, not made."""
        return store.read(self._place(order), order.digest)

    async def build(self, order: Order, wait_s: float) -> Build | None:
        """Return the build, None if it is not made within ``wait_s``; it goes on meanwhile.

        :raises MakeError: if it cannot be made.
        """
        if found := self.ready(order):
            return found
        failed_s, why = self._failed.get(order.digest, (-AGAIN_S, ""))
        if time.monotonic() - failed_s < AGAIN_S:
            raise MakeError(why)
        task = self._running.get(order.digest)
        if task is None:
            task = asyncio.create_task(self._make(order))
            self._running[order.digest] = task
            task.add_done_callback(lambda _: self._ended(order.digest))
        done, _ = await asyncio.wait({task}, timeout=wait_s)
        return task.result() if done else None

    async def build_once(self, order: Order, wait_s: float) -> Build | None:
        """Return what :meth:`build` does, but wait no more while what was waited for goes on.

        For a catalogue, which asks for every table of the same build.

        :raises MakeError: if it cannot be made.
        """
        found = await self.build(order, 0.0 if order.digest in self._in_vain else wait_s)
        if found is None:
            self._in_vain.add(order.digest)
        return found

    def _ended(self, digest: str) -> None:
        self._running.pop(digest, None)
        self._in_vain.discard(digest)

    async def refresh(self) -> None:
        """Make what is not there yet of every database."""
        for name in list(self._datasette.databases):
            order = await self.order(name)
            if order is None:
                continue
            with contextlib.suppress(MakeError):  # the log has it
                await self.build(order, TIMEOUT_S)

    async def tidy(self) -> None:
        """Remove what is served no longer, be it that nobody asks for what is served now."""
        async with self._lock:  # nothing is being made
            places = await asyncio.to_thread(store.places, self._folder)
            for place in places:
                order = await self.order(tilde_decode(place.name))
                keep = order.digest if order else ""
                await asyncio.to_thread(store.clean, place, keep, self._grace_s, time.time())

    def _place(self, order: Order) -> Path:
        return self._folder / str(tilde_encode(order.name))

    async def _make(self, order: Order) -> Build:
        async with self._lock:  # one process at a time
            self.runs += 1
            place = self._place(order)
            try:
                beside = await asyncio.to_thread(store.begin, place, order.digest)
                await _run(order, beside)
                return await asyncio.to_thread(
                    store.finish, place, order.digest, beside, self._grace_s
                )
            except (MakeError, OSError) as error:
                _log.warning("%s: the files could not be made: %s", order.name, error)
                now_s = time.monotonic()
                self._failed = {
                    digest: (failed_s, why)
                    for digest, (failed_s, why) in self._failed.items()
                    if now_s - failed_s < AGAIN_S
                }
                self._failed[order.digest] = (now_s, str(error))
                raise MakeError(str(error)) from error

    async def _about(self, name: str) -> dict[str, object]:
        said = await metadata(self._datasette, name)
        keys = ("title", "description", "license", "license_url", "source", "source_url")
        return {"name": name, **{key: said[key] for key in keys if said.get(key)}}

    async def _table(self, database: Database, table: str) -> dict[str, object]:
        said = await metadata(self._datasette, database.name, table)
        part = self._datasette.plugin_config(
            PLUGIN, database=database.name, table=table, fallback=False
        )
        units = (part or {}).get("units") or {}
        columns = {
            column: {
                "title": await column_title(self._datasette, database.name, table, column),
                "unit": str(units.get(column, "")),
            }
            for column in await database.table_columns(table)
        }
        title = str(said.get("title") or table)
        return {"name": table, "stem": tilde_encode(table), "title": title, "columns": columns}


async def _run(order: Order, beside: Path) -> None:
    said = {"database": order.database, "folder": str(beside), **order.said}
    try:
        await child.run(PROGRAM, given=json.dumps(said).encode(), timeout_s=TIMEOUT_S)
    except TimeoutError:
        raise MakeError(f"not made within {TIMEOUT_S:.0f} s") from None
    except child.ChildError as error:
        raise MakeError(str(error)) from error
