"""The county's cubes: a village's, whose rows say besides from which village they are. Pure.

What names something within a village (a building, a sensor, an area, a course) gets the village's
id before it, so that it is one in the county: `66687aadf862bd77-rathaus`. Nothing else of a row is
changed, and nothing is added up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from edge.publish.cube import Column, Cube, Table, all_cubes
from sync.county.municipalities import KEYS

AUDITOR = "dorfhub-county/1"  # what was merged of files that villages' auditors passed
VERSION = 2  # of how it is checked and merged
VILLAGES = "dorf"  # the table of whose data these are
_PREFIX = (
    Column("dorf_id", "TEXT", "Kennung des Dorfes", key=True, required=True),
    Column("dorf", "TEXT", "Name des Dorfes", required=True),
    Column("gemeinde", "TEXT", "Gemeinde, wenn eingetragen"),
    Column("ags", "TEXT", "Gemeindeschlüssel (AGS)"),
    Column("ars", "TEXT", "Regionalschlüssel (ARS)"),
)
_NAMES = tuple(column.name for column in _PREFIX)
_VILLAGES = Table(
    VILLAGES,
    "Dörfer",
    "Eine Zeile je Dorf, dessen Daten hier stehen, und welche Ausgabe es ist.",
    (
        *_PREFIX,
        Column("ausgabe", "INTEGER", "Nummer der Ausgabe im Dorf", required=True),
        Column("sha256", "TEXT", "SHA-256 der im Dorf geprüften Datei", required=True),
        Column("pruefung", "TEXT", "Wer sie im Dorf geprüft hat", required=True),
        Column("adresse", "TEXT", "Wo das Dorf sie selbst anbietet; leer, wenn nirgends"),
        Column("angaben", "TEXT", "Was die Ausgabe sonst von sich sagt", required=True),
    ),
)
ABOUT = "_about"
_IDENTIFIERS: Mapping[str, frozenset[str]] = {
    "kommunale-waerme": frozenset({"site"}),
    "umwelt": frozenset({"site", "fuehler"}),
    "waermekataster": frozenset({"bereich"}),
    "kurse": frozenset({"kurs"}),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """A column that counts people or buildings; ``wrong`` is, in SQL, what its cube's k forbids."""

    table: str
    column: str
    wrong: str


_LESS = '"{column}" < :k'
_NONE_OR_K = '"{column}" <> 0 AND "{column}" < :k'
_HOUSEHOLDS = f"wo <> 'Gebäude der Gemeinde' AND ({_LESS} OR \"{{column}}\" % :k <> 0)"


def _counted(table: str, column: str, wrong: str = _LESS) -> Counted:
    return Counted(table, column, wrong.format(column=column))


# What is counted of people or buildings: none may be below the cube's k.
COUNTED: Mapping[str, tuple[Counted, ...]] = {
    "waermekataster": (
        _counted("block", "gebaeude"),
        _counted("traeger", "gebaeude"),
        _counted("erzeuger", "anzahl"),
        _counted("abschnitt", "gebaeude"),
    ),
    "lernstatistik": (
        _counted("anmeldung", "anmeldungen"),
        _counted("zeitraum", "anmeldungen", _NONE_OR_K),
        _counted("zeitraum", "besuche", _NONE_OR_K),
    ),
    "hubzustand": (_counted("gehoert_tag", "anzahl", _HOUSEHOLDS),),  # in steps of k
}
_SLOWER = {"HOURLY": "DAILY"}  # releases travel once a day


@dataclass(frozen=True, slots=True)
class Place:
    """A village in the county; ``town`` is its municipality, or empty."""

    hub: str
    name: str
    town: str

    @property
    def cells(self) -> tuple[str | None, ...]:
        """What is written before each of its rows."""
        key = KEYS.get(self.town)
        return self.hub, self.name, self.town or None, key, ars(key) if key else None


def ars(key: str) -> str:
    """Return the 12 digits of a municipality that belongs to no association, from its 8.

    In Hesse none does; the association's four digits are then a zero and the municipality's own.
    Source: Statistisches Bundesamt, "Regionalschlüssel".
    """
    return f"{key[:5]}0{key[5:]}{key[5:]}"


@cache
def county_cubes() -> tuple[Cube, ...]:
    """Return every cube as the county publishes it."""
    return tuple(_merged(cube) for cube in all_cubes())


def identifies(cube: str, table: str, column: str) -> bool:
    """Tell if a column names what is one within its village."""
    return table != ABOUT and column in _IDENTIFIERS.get(cube, ())


def prefixed(cube: Cube) -> tuple[Table, ...]:
    """Return the tables of a village's cube that the county merges."""
    return tuple(table for table in cube.tables if table.name != ABOUT)


def _merged(cube: Cube) -> Cube:
    return replace(
        cube,
        kind=f"merged_{cube.kind}",
        description=f"{cube.description} Zusammengeführt aus den Ausgaben der Dörfer.",
        catalogue=replace(
            cube.catalogue,
            frequency=_SLOWER.get(cube.catalogue.frequency, cube.catalogue.frequency),
        ),
        tables=(
            *(_with_prefix(table) for table in prefixed(cube)),
            _VILLAGES,
            cube.table(ABOUT),
        ),
    )


def _with_prefix(table: Table) -> Table:
    clash = {column.name for column in table.columns} & {*_NAMES}
    if clash:
        raise ValueError(f"{table.name} has columns of the county's own: {', '.join(clash)}")
    return replace(table, columns=(*_PREFIX, *table.columns))
