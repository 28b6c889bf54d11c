"""Everything that is kept about one person, as plain values: what they may ask for and take along.

The tables are found, not listed: every table that leads to a person by its foreign keys, and every
one that knows them by name alone (sign-ups, loans, accounts). A table that somebody adds is in the
next export without a word.

Source: GDPR Art. 15 and 20.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.care import audit
from edge.care.audit import OFFICE, Look
from edge.care.kinds import KINDS
from edge.clock import Stamp, to_datetime
from edge.store.connection import Connection, Value
from edge.store.erasure import Belongings, belongings
from edge.store.village import VillageStore

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

FORMAT = "dorfhub-export/1"
WHY = "Auskunft über alles, was gespeichert ist"
_MOST_SEALED = 1 << 20

Plain = str | int | float | None | list["Plain"] | dict[str, "Plain"]

# What knows somebody by name: the table, its key, and where `Belongings` has the keys.
_BY_NAME = (
    ("learner", "learner", "learners"),
    ("account_name", "account", "accounts"),
    ("volunteer", "volunteer", "volunteers"),
    ("trainer", "trainer", "trainers"),
    ("borrower", "loan", "loans"),
    ("market_contact", "entry", "entries"),
    ("award", "award", "awards"),
)
# Values lie sealed in rows of these; the views of the names open them.
_SEALED = "_sealed"
_OF_OTHERS = frozenset({("work", "confirmed_by")})  # somebody else's hours
_SKIPPED = frozenset({"erasing", "sent_body", "person_secret"})  # keys and marks, told in words


@dataclass(frozen=True, slots=True)
class _Key:
    """One foreign key: ``column`` of a table is ``target`` of ``parent``."""

    column: str
    parent: str
    target: str


def everything(personal: PersonalStore, village: VillageStore, person: int, stamp: Stamp) -> Plain:
    """Return all that is kept about a person, after writing down in their book that it was read.

    :raises StoreError: if a store fails, or it cannot be written down; then nothing is read.
    """
    look = Look(person, OFFICE, None, KINDS, 0, None, WHY)
    personal.note_looks([look], stamp)
    found = belongings(personal, person)
    return {
        "format": FORMAT,
        "made_at": to_datetime(stamp.wall_ms).isoformat(),
        "person": person,
        "personal": dict(_tables(personal, person, found)),
        "village": _of_village(village, found),
        "book": _book(personal, person),
        "sent_to_county": len(personal.sent_bodies(person)),
    }


def _tables(
    personal: PersonalStore, person: int, found: Belongings
) -> Iterator[tuple[str, list[Plain]]]:
    connection = personal.connection
    keys = _keys(connection)
    views = {str(name) for (name,) in connection.rows(_VIEWS)}
    roots = _roots(person, found)
    for table in sorted(set(keys) | set(roots)):
        if table in _SKIPPED:
            continue
        condition = _condition(table, keys, roots, frozenset())
        if condition is None:
            continue
        plain = table.removesuffix(_SEALED)
        source = plain if table.endswith(_SEALED) and plain in views else table
        rows = list(_rows(personal, source, condition, person))
        if plain == "observation":
            _add_values(personal, person, rows)
        if plain == "circle":
            for row, one in zip(rows, personal.circle(person), strict=True):
                row["contact"] = {"name": one.contact.name, "role": one.contact.role.value}
        if rows:
            yield plain, [*rows]


def _roots(person: int, found: Belongings) -> dict[str, str]:
    """Return, by table, which rows are the person's by themselves, as SQL."""
    roots = {"person": f"person = {person:d}"}
    for table, key, belonging in _BY_NAME:
        numbers = ", ".join(str(int(one)) for one in getattr(found, belonging))
        if numbers:
            roots[table] = f"{key} IN ({numbers})"
    return roots


def _keys(connection: Connection) -> dict[str, list[_Key]]:
    found: dict[str, list[_Key]] = {}
    for table, column, parent, target in connection.rows(_FOREIGN):
        one = _Key(str(column), str(parent), str(target or column))
        found.setdefault(str(table), []).append(one)
    return found


def _condition(
    table: str, keys: Mapping[str, list[_Key]], roots: Mapping[str, str], seen: frozenset[str]
) -> str | None:
    """Return which rows of a table lead to the person, as SQL; None if none can."""
    parts = [roots[table]] if table in roots else []
    for key in keys.get(table, ()):
        if key.parent in seen or key.parent == table or (table, key.column) in _OF_OTHERS:
            continue
        above = _condition(key.parent, keys, roots, seen | {table})
        if above is not None:
            parts.append(
                f"{key.column} IN (SELECT {key.target} FROM {key.parent} WHERE {above})"  # noqa: S608
            )
    return " OR ".join(parts) or None


def _rows(
    personal: PersonalStore, source: str, condition: str, person: int
) -> Iterator[dict[str, Plain]]:
    columns = [
        str(name)
        for (name,) in personal.connection.rows("SELECT name FROM pragma_table_info(?)", (source,))
    ]
    order = " ORDER BY position, contact" if source == "circle" else ""
    rows = personal.connection.rows(f"SELECT * FROM {source} WHERE {condition}{order}")  # noqa: S608
    for row in rows:
        yield {
            name: _opened(personal, person, value) for name, value in zip(columns, row, strict=True)
        }


def _opened(personal: PersonalStore, person: int, value: Value) -> Plain:
    """Return a value in the clear, whether it was sealed with the person's key or not."""
    if isinstance(value, bytes):
        data = personal.open_sealed(person, value)
        return value.hex() if data is None else _json(data.decode())
    if isinstance(value, str) and len(value) < _MOST_SEALED:
        try:
            sealed = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return value
        data = personal.open_sealed(person, sealed) if sealed else None
        return value if data is None else data.decode()
    return value


def _json(text: str) -> Plain:
    try:
        found: Plain = json.loads(text)
    except ValueError:
        return text
    return found


def _add_values(personal: PersonalStore, person: int, rows: list[dict[str, Plain]]) -> None:
    values: dict[tuple[object, ...], list[Plain]] = {}
    for at, device, kind, quantity, name, value in personal.connection.rows(_VALUES, (person,)):
        values.setdefault((at, device, kind), []).append(
            {
                "quantity": str(quantity),
                "name": str(name),
                "value": _opened(personal, person, value),
            }
        )
    for row in rows:
        key = (row["observed_at"], row["device_id"], row["data_kind"])
        row["values"] = values.get(key, [])


def _of_village(village: VillageStore, found: Belongings) -> Plain:
    labels: dict[str, Plain] = {
        str(device): str(label)
        for device, label in village.connection.rows("SELECT device_id, label FROM device")
        if device in found.sensors
    }
    sensors: list[Plain] = list(found.sensors)
    shared: list[Plain] = list(found.shared)
    meters: list[Plain] = list(found.meters)
    entries: list[Plain] = [
        dict(zip(("title", "body"), map(str, row), strict=True))
        for number in found.entries
        for row in village.connection.rows(
            "SELECT title, body FROM market_entry WHERE entry = ?", (number,)
        )
    ]
    return {
        "sensors": sensors,
        "shared_sensors": shared,
        "sensor_labels": labels,
        "meters": meters,
        "market_entries": entries,
    }


def _book(personal: PersonalStore, person: int) -> Plain:
    lines = personal.audit_lines(person, limit=1 << 20)
    return [
        {
            "number": line.number,
            "at": line.at,
            "time_quality": line.quality.name.lower(),
            **_json_of(look),
        }
        for line, look in audit.looks(lines)
    ]


def _json_of(look: Look) -> dict[str, Plain]:
    found = _json(audit.write(look))
    return found if isinstance(found, dict) else {}


_VIEWS = "SELECT name FROM sqlite_schema WHERE type = 'view'"
_FOREIGN = (
    'SELECT m.name, f."from", f."table", f."to" FROM sqlite_schema AS m,'
    " pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' ORDER BY m.name, f.seq"
)
_VALUES = (
    "SELECT v.observed_at, v.device_id, v.data_kind, v.quantity, v.name, v.value"
    " FROM observation AS o JOIN observation_value AS v USING (observed_at, device_id, data_kind)"
    " WHERE o.person = ? ORDER BY v.observed_at, v.device_id, v.data_kind, v.position"
)
