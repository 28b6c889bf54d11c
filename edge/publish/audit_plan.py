"""The auditor's rules for a cube of kind `heat_plan`: sums of the heat cadastre.

Every published number is reckoned again from what village.db says was published of each building,
in this release and in all before it; then what all of them together tell of a few buildings. It
must withstand whoever kept every file, knows which buildings changed, and solves all sums at once.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from edge.heat.building import age_words
from edge.publish import audit_parts
from edge.publish.audit_atoms import Place, told
from edge.publish.audit_heating import audit_generators, told_by_counts
from edge.publish.audit_intervals import audit_intervals
from edge.publish.audit_outlines import FROZEN, Frozen, audit_outlines
from edge.publish.audit_ties import GROUND, Edge, find_cut, too_close
from edge.publish.cube import Cube
from edge.publish.finding import Finding

_CARRIER = {
    "": "übrige und nicht bekannte", "gas": "Erdgas", "liquid_gas": "Flüssiggas", "oil": "Heizöl",
    "wood": "Holz", "coal": "Kohle", "electricity": "Strom", "district": "Wärmenetz",
    "solar": "Solarthermie", "other": "sonstige",
}  # fmt: skip
_TYPE = {
    "EFH": "Einfamilienhaus", "RH": "Reihenhaus", "MFH": "Mehrfamilienhaus",
    "GMH": "großes Mehrfamilienhaus", "NWG": "kein Wohngebäude",
}  # fmt: skip
_FEW_KWH = 0.0501  # half of the last published digit
_Row = tuple[int, int, str, str, str, int, str, str, str]


class _Shown(NamedTuple):
    block: str
    section: str
    carrier: str
    kwh: int
    type: str
    age: str
    heating: str

    def cells(self) -> tuple[str, ...]:
        block, section, carrier, *_ = self
        if not block:
            return (section,) if section else ()
        whole = f"{block}/{carrier}"
        return (whole, block, section) if section else (whole, block)


_NOTHING = _Shown("", "", "", 0, "", "", "")


@dataclass(slots=True)
class _Past:
    """All releases up to one: what is shown of each building, and the nodes it stands between.

    ``heating``: the releases in which another kind was told of it, and which.
    """

    shown: dict[int, _Shown] = field(default_factory=dict)
    edges: dict[int, Edge] = field(default_factory=dict)
    nodes: dict[tuple[object, ...], int] = field(default_factory=dict)
    heating: dict[int, list[tuple[int, str]]] = field(default_factory=dict)

    def node(self, *key: object) -> int:
        return self.nodes.setdefault(key, len(self.nodes) + 1)

    def places(self) -> dict[int, Place]:
        """Return what each node was called, from when on, and which node those there came from."""
        return {
            number: Place(release, before, cell, carrier[0] if carrier else None)  # type: ignore[arg-type]
            for (_, release, before, cell, *carrier), number in self.nodes.items()
        }


def audit_plan(connection: sqlite3.Connection, cube: Cube, ledger: Path) -> Iterator[Finding]:
    """Yield every cell that must not be public or cannot be true; ``ledger`` is village.db.

    The tables are those that the cube declares and the cells are of their types.
    """
    about = dict(connection.execute("SELECT name, value FROM _about").fetchall())
    number = about.get("ausgabe", "")
    with audit_parts.opened(ledger) as village:
        known = village.execute(
            "SELECT release, year, at FROM heat_release WHERE release = ?", (number,)
        ).fetchone()
        if known is None:
            yield Finding("_about[name=ausgabe]", "eine solche Ausgabe kennt village.db nicht")
            return
        rows = village.execute(
            "SELECT release, building, block_cell, section_cell, carrier, kwh, type, age,"
            " heating FROM heat_release_building WHERE release <= ? ORDER BY release, building",
            (known[0],),
        ).fetchall()
        places = village.execute(_PLACES, (known[2], known[0])).fetchall()
        frozen = [Frozen(*row) for row in village.execute(FROZEN, (known[0],))]
    past = _Past()
    yield from _releases(rows, past, cube)
    yield from _cells(connection, past, places, cube)
    yield from audit_outlines(connection, frozen, cube)
    found = list(_told(past, cube))
    yield from found
    if not found:
        all_told = told(past.edges.values(), past.places(), _said(rows))
        yield from audit_intervals(all_told, cube.disclosure.k, cube.disclosure.p_percent)
    blocks = {building: edge.block for building, edge in past.edges.items() if edge.block}
    yield from told_by_counts(blocks, past.heating, cube.disclosure.k)
    expected = {**cube.about, "ausgabe": str(known[0]), "jahr": str(known[1])}
    for name in sorted(set(about) | set(expected)):
        if name not in expected:
            yield Finding(f"_about[name={name}]", "diese Angabe ist nicht vorgesehen")
        elif about.get(name) != expected[name]:
            yield Finding(f"_about[name={name}].value", "stimmt nicht")


_PLACES = (
    "SELECT r.cell, p.name, (SELECT f.number FROM heat_fact AS f WHERE"
    " coalesce(f.building, -f.place) = -p.place"
    " AND f.name = CASE p.kind WHEN 'block' THEN 'hectares' ELSE 'length' END"
    " AND f.said_at <= ? ORDER BY f.method DESC, f.day DESC, f.fact DESC LIMIT 1)"
    " FROM heat_release_place AS r JOIN heat_place AS p USING (place) WHERE r.release <= ?"
)


def _said(rows: Sequence[_Row]) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Yield each release and the kWh of the buildings that it says anew."""
    for release, each in groupby(rows, key=itemgetter(0)):
        yield release, [(row[1], row[5]) for row in each]


def _releases(rows: Sequence[_Row], past: _Past, cube: Cube) -> Iterator[Finding]:
    """Go through the releases in order, and yield what of their differences is of too few."""
    start = 0
    while start < len(rows):
        release = rows[start][0]
        end = start
        while end < len(rows) and rows[end][0] == release:
            end += 1
        yield from _difference(rows[start:end], past, cube)
        start = end


def _difference(rows: Sequence[_Row], past: _Past, cube: Cube) -> Iterator[Finding]:
    release = rows[0][0]
    steps: dict[int, int] = {}
    words: Counter[str] = Counter()
    cells: dict[str, list[int]] = {}
    for row in rows:
        building, now = row[1], _Shown._make(row[2:])
        before = past.shown.get(building)
        _enter(past, release, building, before, now)
        past.shown[building] = now
        if before is None:
            continue
        if now.kwh != before.kwh and (now.block or now.section):
            steps[building] = step = abs(now.kwh - before.kwh)
            for cell in now.cells():
                cells.setdefault(cell, []).append(step)
        if now.block and (now.type, now.age) != (before.type, before.age):
            words[now.block] += 1
    where = f"Ausgabe {release}"
    k = cube.disclosure.k
    for cell, count in words.items():
        if count < k:
            yield Finding(
                where, f"in {cell} ändern sich Bauart oder Alter von nur {count} Gebäuden"
            )
    width = find_cut((past.edges[one][1:3] for one in steps), k)
    if width:
        yield Finding(
            where, f"der Unterschied zur vorigen zeigt die Änderung von nur {width} Gebäuden"
        )
    for cell, amounts in cells.items():
        yield from _dominance(f"{where}, Änderung von {cell}", amounts, cube)


def _enter(past: _Past, release: int, building: int, before: _Shown | None, now: _Shown) -> None:
    """Give a building that is in another cell now a node it shares with those alike in all."""
    cell, way, carrier, kwh, _, _, heating = now
    block, section, low, high = GROUND, GROUND, kwh, kwh
    if before is not None:
        _, block, section, low, high = past.edges[building]
        low, high = min(low, kwh), max(high, kwh)
    was_cell, was_way, was_carrier, _, _, _, was_heating = before or _NOTHING
    if cell != was_cell or carrier != was_carrier:
        block = past.node("b", release, block, cell, carrier)
    if way != was_way:
        section = past.node("s", release, section, way)
    if heating != was_heating:
        past.heating.setdefault(building, []).append((release, heating))
    past.edges[building] = Edge(building, block, section, low, high)


def _told(past: _Past, cube: Cube) -> Iterator[Finding]:
    """Yield what all releases together tell of a few buildings."""
    edges = [one for one in past.edges.values() if one[1] or one[2]]
    width = find_cut((one[1:3] for one in edges), cube.disclosure.k)
    if width:
        yield Finding("alle Ausgaben", f"zusammen ergeben sie eine Summe von nur {width} Gebäuden")
        return
    for _ in too_close(edges, cube.disclosure.k, cube.disclosure.p_percent):
        # which one is not said: a finding may be shown to anybody
        yield Finding("alle Ausgaben", "die Wärme eines Gebäudes lässt sich zu genau errechnen")


def _dominance(where: str, amounts: Sequence[int], cube: Cube) -> Iterator[Finding]:
    k, p = cube.disclosure.k, cube.disclosure.p_percent
    if len(amounts) < k:
        yield Finding(where, f"ruht auf {len(amounts)} Gebäuden; nötig sind {k}")
        return
    whole = sum(amounts)
    second, first = sorted(amounts)[-2:]
    if first * 100 > whole * cube.plan.largest_percent:
        yield Finding(where, "ist zum größten Teil von einem Gebäude")
    elif (whole - first - second) * 100 < p * first:
        yield Finding(where, "lässt das zweitgrößte Gebäude das größte errechnen")


def _cells(
    connection: sqlite3.Connection,
    past: _Past,
    places: Sequence[tuple[str, str, float | None]],
    cube: Cube,
) -> Iterator[Finding]:
    """Compare every published number with what it must be."""
    members: dict[str, list[_Shown]] = {}
    for one in past.shown.values():
        for cell in one.cells():
            members.setdefault(cell, []).append(one)
    sizes: dict[str, list[float | None]] = {}
    names: dict[str, list[str]] = {}
    for cell, name, size in places:
        sizes.setdefault(cell, []).append(size)
        names.setdefault(cell, []).append(name)
    held = _Held(members, names, sizes, cube)
    seen: set[str] = set()
    for cell, *rest in connection.execute(
        "SELECT bereich, bloecke, gebaeude, flaeche_ha, waerme_mwh, waermedichte_mwh_ha,"
        " gebaeudetyp, baualtersklasse FROM block"
    ):
        where = f"block[bereich={cell}]"
        seen.add(cell)
        yield from _sum(where, (cell, *rest[:5]), held, 1.0)
        yield from _words(where, members.get(cell, []), rest[5], rest[6], cube.disclosure.k)
    for cell, *rest in connection.execute(
        "SELECT bereich, abschnitte, gebaeude, laenge_m, waerme_mwh, liniendichte_kwh_m"
        " FROM abschnitt"
    ):
        where = f"abschnitt[bereich={cell}]"
        seen.add(cell)
        yield from _sum(where, (cell, *rest), held, 1000.0)
    yield from _carriers(connection, members, seen, cube)
    kinds: Counter[tuple[str, str, str]] = Counter()
    codes = Counter((one[0], one[2], one[6]) for one in past.shown.values() if one[0])
    for (cell, carrier, kind), count in codes.items():
        kinds[cell, _CARRIER.get(carrier, carrier), kind] += count
    yield from audit_generators(connection, kinds, cube.disclosure.k)
    for cell in sorted(set(members) - seen):
        yield Finding(cell, "fehlt: Bereiche werden zusammengelegt, nicht ausgelassen")


@dataclass(frozen=True, slots=True)
class _Held:
    """What the published cells must be: their buildings, their places' names and sizes."""

    members: dict[str, list[_Shown]]
    names: dict[str, list[str]]
    sizes: dict[str, list[float | None]]
    cube: Cube


def _sum(
    where: str,
    row: tuple[str, str, int, float | None, float, float | None],
    held: _Held,
    factor: float,
) -> Iterator[Finding]:
    cell, called, count, size, heat, density = row
    mine = held.members.get(cell, [])
    if called != ", ".join(sorted(held.names.get(cell, []))):
        yield Finding(where, "nennt nicht die Blöcke oder Abschnitte, von denen es ist")
    if count != len(mine):
        yield Finding(f"{where}.gebaeude", f"sagt {count}, es sind aber {len(mine)}")
    amounts = [one.kwh for one in mine]
    yield from _dominance(where, amounts, held.cube)
    yield from _heat(where, heat, sum(amounts), held.cube)
    known = held.sizes.get(cell, [])
    whole = sum(one or 0.0 for one in known)
    if size is None:
        if all(known) or density is not None:
            yield Finding(where, "die Größe fehlt, oder eine Dichte steht ohne sie")
    elif not all(known) or abs(size - whole) > 0.00051 or density is None:
        yield Finding(where, "die Größe ist nicht die der Blöcke oder Abschnitte")
    elif abs(density - factor * heat / size) > _FEW_KWH or round(density, 1) != density:
        yield Finding(where, "die Dichte folgt nicht aus Wärme und Größe")


def _heat(where: str, heat: float, whole: int, cube: Cube) -> Iterator[Finding]:
    if not 0 <= heat <= cube.plan.mwh_max or heat != int(heat):
        yield Finding(f"{where}.waerme_mwh", "ist nicht möglich oder zu genau")
    elif abs(1000 * heat - whole) > 500:
        yield Finding(f"{where}.waerme_mwh", "ist nicht die Summe der Gebäude")


def _words(where: str, mine: Sequence[_Shown], kind: str, age: str, k: int) -> Iterator[Finding]:
    for name, said, counts, words in (
        ("gebaeudetyp", kind, Counter(one.type for one in mine), _TYPE),
        ("baualtersklasse", age, Counter(one.age for one in mine), None),
    ):
        most = max(counts.values(), default=0)
        best = [word for word, count in counts.items() if count == most]
        right = "gemischt"
        if len(best) == 1 and best[0] and most >= k:
            right = age_words(best[0]) if words is None else words.get(best[0], right)
        if said != right:
            yield Finding(f"{where}.{name}", "ist nicht, was überwiegt")


def _carriers(
    connection: sqlite3.Connection, members: dict[str, list[_Shown]], seen: set[str], cube: Cube
) -> Iterator[Finding]:
    codes = {word: code for code, word in _CARRIER.items()}
    for cell, word, count, heat, percent, makers in connection.execute(
        "SELECT bereich, traeger, gebaeude, waerme_mwh, anteil_prozent, erzeuger FROM traeger"
    ):
        where = f"traeger[bereich={cell}, traeger={word}]"
        key = f"{cell}/{codes.get(word, word)}"
        seen.add(key)
        mine = members.get(key, [])
        if count != len(mine):
            yield Finding(f"{where}.gebaeude", f"sagt {count}, es sind aber {len(mine)}")
        amounts = [one.kwh for one in mine]
        yield from _dominance(where, amounts, cube)
        yield from _heat(where, heat, sum(amounts), cube)
        whole = sum(one.kwh for one in members.get(cell, [])) or 1
        exact = 100 * sum(amounts) / whole
        if percent != int(percent) or abs(percent - exact) > 0.5001:
            yield Finding(f"{where}.anteil_prozent", "ist nicht der Anteil an der Wärme")
        if makers != (len(mine) if codes.get(word) else None):
            yield Finding(f"{where}.erzeuger", "ist nicht einer je Gebäude")
