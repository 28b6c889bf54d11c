"""The outlook on the heating season for people and other programs: a table, CSV, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date

from edge.cadastre.table_files import csv_of
from edge.heat.german import de
from sync.county.heat_season_file import AREAS, METERS, Line, Outlook
from sync.county.heat_words import moment

Cell = str | int | float | None
# name and what it is
COLUMNS: tuple[tuple[str, str], ...] = (
    ("grundlage", "Kataster oder Zähler"),
    ("ebene", "Dorf, Gemeinde oder Landkreis"),
    ("name", "Name"),
    ("anzahl", "Dörfer oder Zähler, die enthalten sind"),
    ("erwartet_mwh", "Wärme der Heizzeit, MWh"),
    ("unten_mwh", "unteres Ende des 80-%-Bandes, MWh"),
    ("oben_mwh", "oberes Ende des 80-%-Bandes, MWh"),
    ("davon_bekannt_mwh", "was davon gemessen oder nach dem Wetter schon bekannt ist, MWh"),
    ("naiv_mwh", "wie zuletzt, MWh"),
    ("mild_mwh", "wie im mildesten bekannten Winter oder Jahr, MWh"),
    ("kalt_mwh", "wie im kältesten, MWh"),
    ("winter", "wie viele Winter oder Jahre bekannt sind"),
    ("hinweis", "was fehlt oder alt ist"),
)
_HEADS = {
    AREAS: "Ganze Dörfer, aus den veröffentlichten Katastern",
    METERS: "Kommunale Zähler",
}


def cells(line: Line) -> tuple[Cell, ...]:
    """Return a line as its columns."""
    energies = (
        *(line.expected, line.low, line.high, line.so_far),
        *(line.naive, line.mild, line.cold),
    )
    return (
        *(line.basis, line.level, line.name, line.count),
        *(None if one is None else round(one / 1000, 1) for one in energies),
        line.years,
        line.note,
    )


def as_csv(found: Outlook) -> str:
    """Return CSV as spreadsheets in Germany read it; no name becomes a formula."""
    return csv_of([name for name, _ in COLUMNS], map(cells, found.lines))


def as_json(found: Outlook) -> str:
    """Return one object: the season, its `rows` as in CSV, and who and what is not in them."""
    names = [name for name, _ in COLUMNS]
    plain = asdict(found)
    plain.pop("lines")
    rows = [dict(zip(names, cells(line), strict=True)) for line in found.lines]
    return json.dumps({**plain, "rows": rows}, ensure_ascii=False, indent=2)


def as_table(found: Outlook, names: Mapping[str, str]) -> str:
    """Return what people read; ``names`` are those of hubs."""
    lines = [f"{season_of(found)}, Stand {moment(found.now_ms)}, MWh"]
    for basis, why in ((AREAS, found.why_areas), (METERS, found.why_meters)):
        some = [line for line in found.lines if line.basis == basis]
        lines += ["", _HEADS[basis]]
        if some:
            lines.append(_row("", "", "erwartet", "80-%-Band", "bekannt", "wie zuletzt", ""))
            lines += [_spoken(line) for line in some]
        else:
            lines.append(f"  {why or 'Keiner ließ sich rechnen.'}")
    lines += ["", *not_in(found, names)]
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def not_in(found: Outlook, names: Mapping[str, str]) -> Iterator[str]:
    """Yield who and what is not in the sums, and why."""
    if found.missing:
        yield f"Dörfer ohne veröffentlichtes Kataster: {', '.join(found.missing)}"
    if found.meterless:
        yield f"Dörfer ohne Zähler im Datenspeicher: {', '.join(found.meterless)}"
    for one in found.failed:
        yield f"Nicht gerechnet: {names.get(one.hub, one.hub)}, {one.device}: {one.why}"


def season_of(found: Outlook) -> str:
    """Return which season it is."""
    first, last = date.fromisoformat(found.first), date.fromisoformat(found.last)
    return f"Heizzeit {first:%d.%m.%Y} bis {last:%d.%m.%Y}"


def mwh(kwh: float | None) -> str:
    """Return an energy in MWh in German, "-" if there is none."""
    if kwh is None:
        return "-"
    return de(kwh / 1000, 0 if abs(kwh) >= 100_000 else 1)


def band_of(line: Line) -> str:
    """Return the ends of a line's band, "-" if it has none."""
    if line.low is None or line.high is None:
        return "-"
    return f"{mwh(line.low)} bis {mwh(line.high)}"


def _spoken(line: Line) -> str:
    return _row(
        line.name,
        de(line.count),
        mwh(line.expected),
        band_of(line),
        mwh(line.so_far),
        mwh(line.naive),
        line.note,
    )


def _row(name: str, *rest: str) -> str:
    count, expected, band, so_far, naive, note = rest
    return f"{name[:24]:<24} {count:>4} {expected:>10} {band:>20} {so_far:>9} {naive:>11}  {note}"
