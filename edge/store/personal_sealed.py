"""What in personal.db is sealed with its person's own key, and how SQL goes on seeing it.

Values of care and of homes lie as one sealed cell a row in tables named ``..._sealed``; a view of
the old name opens them, and what is written to it is sealed. Names and what people said when they
consented are sealed where they stand, by `seal_text` and `open_text`; so are what the rule of heat
knows of a room, and what a home's meters say beside the wide columns. The functions are
`edge.store.person_keys`'s. Times, sensors' addresses and the person's number stay readable with
the database's key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Table:
    """A table whose ``cells`` are sealed; ``person`` is whose a row ``{}`` is, as SQL."""

    name: str
    plain: tuple[str, ...]  # name, type and constraints of each column that stays
    cells: tuple[str, ...]
    key: str
    person: str
    default: str = "NULL"  # of a cell whose key is destroyed

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that stay."""
        return tuple(one.split()[0] for one in self.plain)

    def migration(self) -> tuple[str, ...]:
        sealed = f"{self.name}_sealed"
        kept = ", ".join(self.columns)
        opened = ", ".join(
            f"coalesce(open_cell({self.person.format('r')}, r.sealed, {n}), {self.default})"
            f" AS {one}"
            for n, one in enumerate(self.cells)
        )
        new = ", ".join(f"new.{one}" for one in (*self.columns,))
        cells = ", ".join(f"new.{one}" for one in self.cells)
        same = " AND ".join(f"{one} = old.{one}" for one in self.key.split(", "))
        old = ", ".join(f"r.{one}" for one in self.cells)
        return (
            (
                f"CREATE TABLE {sealed} ({', '.join(self.plain)}, sealed BLOB NOT NULL,"
                f" PRIMARY KEY ({self.key})) STRICT, WITHOUT ROWID"
            ),
            (
                f"INSERT INTO {sealed} ({kept}, sealed) SELECT {kept},"  # noqa: S608  # constants
                f" seal_cells({self.person.format('r')}, {old}) FROM {self.name} AS r"
            ),
            f"DROP TABLE {self.name}",
            (
                f"CREATE VIEW {self.name} AS SELECT"  # noqa: S608
                f" {', '.join(f'r.{one}' for one in self.columns)}, {opened} FROM {sealed} AS r"
            ),
            (
                f"CREATE TRIGGER {self.name}_add INSTEAD OF INSERT ON {self.name} BEGIN"  # noqa: S608
                f" INSERT INTO {sealed} ({kept}, sealed)"
                f" VALUES ({new}, seal_cells({self.person.format('new')}, {cells})); END"
            ),
            (
                f"CREATE TRIGGER {self.name}_remove INSTEAD OF DELETE ON {self.name} BEGIN"  # noqa: S608
                f" DELETE FROM {sealed} WHERE {same}; END"
            ),
        )


_PERSON = "person INTEGER NOT NULL REFERENCES person (person)"
_NUMBERS = ("round INTEGER NOT NULL", "time_quality INTEGER NOT NULL")
_CARE = _Table(
    "care_reading",
    (
        "observed_at INTEGER NOT NULL", "device_id TEXT NOT NULL", _PERSON, *_NUMBERS,
        "received_at INTEGER NOT NULL", "journal_id INTEGER NOT NULL", "user_index INTEGER",
    ),
    ("systolic_mmhg", "diastolic_mmhg", "mean_mmhg", "pulse_per_min", "status"),
    "observed_at, device_id",
    "{}.person",
)  # fmt: skip
_OBSERVED = _Table(
    "observation",
    (
        "observed_at INTEGER NOT NULL", "device_id TEXT NOT NULL", "data_kind TEXT NOT NULL",
        _PERSON, *_NUMBERS, "received_at INTEGER NOT NULL", "journal_id INTEGER NOT NULL",
        "source TEXT NOT NULL", "sequence INTEGER", "user_index INTEGER",
    ),
    ("flags",),
    "observed_at, device_id, data_kind",
    "{}.person",
    default="'{}'",
)  # fmt: skip
_OF_OBSERVATION = (
    "(SELECT o.person FROM observation_sealed AS o WHERE o.observed_at = {0}.observed_at"
    " AND o.device_id = {0}.device_id AND o.data_kind = {0}.data_kind)"
)
_VALUES = _Table(
    "observation_value",
    (
        "observed_at INTEGER NOT NULL", "device_id TEXT NOT NULL", "data_kind TEXT NOT NULL",
        "position INTEGER NOT NULL", "quantity TEXT NOT NULL", "name TEXT NOT NULL",
    ),
    ("value",),
    "observed_at, device_id, data_kind, position",
    _OF_OBSERVATION,
)  # fmt: skip
OF_HOME = (
    "(SELECT m.person FROM household_device AS d JOIN household_meter AS m USING (household)"
    " WHERE d.device = {0}.device)"
)
_HOMES = _Table(
    "household_reading",
    (
        "observed_at INTEGER NOT NULL",
        "device INTEGER NOT NULL REFERENCES household_device (device)",
        *_NUMBERS, "journal_id INTEGER NOT NULL",
    ),
    (
        "energy_kwh", "volume_m3", "power_kw", "volume_flow_m3_h", "flow_temperature_degc",
        "return_temperature_degc", "temperature_difference_k",
    ),
    "observed_at, device",
    OF_HOME,
)  # fmt: skip
_V1: tuple[str, ...] = (
    "UPDATE person SET name = seal_text(person, name)",
    (
        "UPDATE consent SET sentence = seal_text(person, sentence),"
        " given_how = seal_text(person, given_how)"
    ),
    "DROP INDEX observation_numbered",
    *_CARE.migration(),
    *_OBSERVED.migration(),
    (
        "CREATE INDEX observation_numbered ON observation_sealed (device_id, source, sequence)"
        " WHERE sequence IS NOT NULL"
    ),
    *_VALUES.migration(),
    *_HOMES.migration(),
)
_WARNED = (
    "warning, change, device_id, person, warm_since, since, level_since, last_at, ended_at,"
    " ended_how"
)
_HOW_WARM = ("level", "worst", "temperature_degc", "felt_degc", "most_felt_degc")
_NEW_WARMTH = ", ".join(f"new.{one}" for one in _HOW_WARM)
_V2: tuple[str, ...] = (
    "UPDATE heat_room SET room = seal_text(person, room)",
    (
        "UPDATE household_register AS r SET"  # noqa: S608  # constants
        f" value = seal_cells({OF_HOME.format('r')}, value)"
    ),
    (
        "UPDATE household_value AS v SET value = seal_cells((SELECT"  # noqa: S608  # constants
        f" {OF_HOME.format('r')} FROM household_register AS r WHERE r.kind = v.kind), value)"
    ),
    "DROP INDEX heat_warning_open",
    """
    CREATE TABLE heat_warning_sealed (
      warning INTEGER PRIMARY KEY AUTOINCREMENT,
      change INTEGER NOT NULL,
      device_id TEXT NOT NULL,
      person INTEGER NOT NULL REFERENCES person (person),
      warm_since INTEGER NOT NULL,
      since INTEGER NOT NULL,
      level_since INTEGER NOT NULL,
      last_at INTEGER NOT NULL,
      ended_at INTEGER,
      ended_how TEXT CHECK (ended_how IN ('cooler', 'silent', 'returned')),
      sealed BLOB NOT NULL
    ) STRICT
    """,
    (
        f"INSERT INTO heat_warning_sealed ({_WARNED}, sealed) SELECT {_WARNED},"  # noqa: S608
        f" seal_cells(person, {', '.join(_HOW_WARM)}) FROM heat_warning"
    ),
    # a number is not given twice, as before
    (
        "UPDATE sqlite_sequence SET seq = max(seq, (SELECT s.seq FROM sqlite_sequence AS s"
        " WHERE s.name = 'heat_warning')) WHERE name = 'heat_warning_sealed'"
        " AND EXISTS (SELECT 1 FROM sqlite_sequence AS s WHERE s.name = 'heat_warning')"
    ),
    "DROP TABLE heat_warning",
    (
        "CREATE UNIQUE INDEX heat_warning_open ON heat_warning_sealed (device_id, person)"
        " WHERE ended_at IS NULL"
    ),
    # whoever was erased has none, in an older copy either
    (
        f"CREATE VIEW heat_warning AS SELECT {_WARNED}, "  # noqa: S608
        + ", ".join(f"open_cell(person, sealed, {n}) AS {one}" for n, one in enumerate(_HOW_WARM))
        + " FROM heat_warning_sealed WHERE open_cell(person, sealed, 0) IS NOT NULL"
    ),
    (
        "CREATE TRIGGER heat_warning_add INSTEAD OF INSERT ON heat_warning BEGIN"  # noqa: S608
        f" INSERT INTO heat_warning_sealed ({_WARNED}, sealed)"
        f" VALUES ({', '.join(f'new.{one}' for one in _WARNED.split(', '))},"
        f" seal_cells(new.person, {_NEW_WARMTH})); END"
    ),
    (
        "CREATE TRIGGER heat_warning_change INSTEAD OF UPDATE ON heat_warning BEGIN"  # noqa: S608
        " UPDATE heat_warning_sealed SET "
        + ", ".join(f"{one} = new.{one}" for one in _WARNED.split(", ")[4:])
        + f", change = new.change, sealed = seal_cells(old.person, {_NEW_WARMTH})"
        " WHERE warning = old.warning; END"
    ),
)
MIGRATIONS: dict[str, Sequence[str]] = {
    "sealed_0001_people": _V1,
    "sealed_0002_heat_and_homes": _V2,
}
