"""A scenario's answer as a picture and tables: from `edge.heat.scenario.told`, without numpy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.cadastre.table_files import csv_of
from edge.heat.german import de
from edge.heat.scenario import words
from edge.heat.scenario.words import CARRIER_WORDS

WIDE = 1000  # drawing units
_PLACES = {name: n for n, name in enumerate(CARRIER_WORDS)}


@dataclass(frozen=True, slots=True)
class _Kind:
    """An amount of a year: its key, its name, its unit as people read it, and how many of that."""

    key: str
    title: str
    unit: str
    each: float


KINDS = (
    _Kind("heat", "Wärmebedarf", "MWh", 1e3),
    _Kind("final", "Endenergie nach Trägern", "MWh", 1e3),
    _Kind("co2", "CO2", "t", 1.0),
    _Kind("primary", "Primärenergie, nicht erneuerbar", "MWh", 1e3),
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a bar. ``kind`` is its style: a carrier's name, `rest` or `all`."""

    kind: str
    begin: float
    length: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A year's bar: ``low`` to ``high`` is the band, ``said`` and ``change`` its words."""

    year: int
    said: str
    band: str
    change: str
    parts: tuple[Stretch, ...]
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Panel:
    """One amount over the years; ``same`` is how long a bar is if nothing changes."""

    key: str
    title: str
    unit: str
    bars: tuple[Bar, ...]
    same: float


@dataclass(frozen=True, slots=True)
class Key:
    """A carrier's line of the legend."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class ScenarioPicture:
    """What the page shows of an answer."""

    made_up: bool
    base: int
    buildings: str
    summary: str
    panels: tuple[Panel, ...]
    legend: tuple[Key, ...]
    years: tuple[tuple[str, ...], ...]
    carriers: tuple[tuple[str, ...], ...]
    carrier_heads: tuple[str, ...]
    steps: tuple[tuple[str, ...], ...]


def scenario_picture(found: Mapping[str, Any]) -> ScenarioPicture:
    """Return an answer as it is shown."""
    years = [found["base"], *found["years"]]
    names = _carriers(years)
    last = years[-1]
    return ScenarioPicture(
        made_up=bool(found["made_up"]),
        base=int(found["base"]["year"]),
        buildings=(
            f"{de(found['buildings'])} Gebäude; von {de(found['known_supply'])} ist die Heizung "
            f"bekannt, von {de(found['known_generator'])} ihr Baujahr. Sonst gilt, was das "
            "Szenario annimmt."
        ),
        summary=_summary(found),
        panels=tuple(_panel(kind, years, found) for kind in KINDS),
        legend=tuple(Key(_style(name), words.carriers(name)) for name in names),
        years=tuple(_year(one) for one in years),
        carriers=tuple(_row(name, years) for name in names),
        carrier_heads=("Träger", *(str(one["year"]) for one in years)),
        steps=tuple(
            (
                words.STEP_WORDS[step["name"]].capitalize(),
                de(step["final"] / 1e3),
                de(step["primary"] / 1e3),
                de(step["co2"]),
            )
            for step in last["steps"]
        ),
    )


def scenario_csv(found: Mapping[str, Any]) -> str:
    """Return the same numbers as a table: a line for each year and amount, and each carrier."""
    return csv_of(_COLUMNS, _lines(found))


def _lines(found: Mapping[str, Any]) -> Iterator[tuple[str | int | float | None, ...]]:
    base = found["base"]["amount"]
    for one in (found["base"], *found["years"]):
        for kind in KINDS:
            band, before = one["amount"][kind.key], base[kind.key]["value"]
            unit = found["units"][kind.key]
            yield (one["year"], kind.title, None, unit, *_ends(band), before)
        for part in one["carriers"]:
            name = words.carriers("+".join(part["name"]))
            yield (one["year"], "Endenergie", name, "kWh/a", *_ends(part["final"]), None)


def _ends(band: Mapping[str, float]) -> tuple[float, float, float]:
    return float(band["value"]), float(band["low"]), float(band["high"])


def _summary(found: Mapping[str, Any]) -> str:
    last, base = found["years"][-1], found["base"]
    parts = []
    for kind in (KINDS[0], KINDS[2]):
        now, before = last["amount"][kind.key]["value"], base["amount"][kind.key]["value"]
        parts.append(
            f"{kind.title} {de(before / kind.each)} → {de(now / kind.each)} {kind.unit} "
            f"({_change(now, before) or 'unverändert'})"
        )
    return f"{base['year']} bis {last['year']}: {'; '.join(parts)} im Jahr."


def _panel(kind: _Kind, years: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> Panel:
    top = max(one["amount"][kind.key]["high"] for one in years) or 1.0
    before = found["base"]["amount"][kind.key]["value"]

    def at(value: float) -> float:
        return round(WIDE * value / top, 1)

    bars = []
    for one in years:
        band = one["amount"][kind.key]
        bars.append(
            Bar(
                year=one["year"],
                said=f"{de(band['value'] / kind.each)} {kind.unit}",
                band=f"{de(band['low'] / kind.each)} bis {de(band['high'] / kind.each)}",
                change="" if one is years[0] else _change(band["value"], before),
                parts=tuple(_stretches(kind, one, top)),
                low=at(band["low"]),
                high=at(band["high"]),
            )
        )
    return Panel(kind.key, kind.title, kind.unit, tuple(bars), at(before))


def _stretches(kind: _Kind, one: Mapping[str, Any], top: float) -> Iterator[Stretch]:
    if kind.key != "final":
        yield Stretch("all", 0.0, round(WIDE * one["amount"][kind.key]["value"] / top, 1))
        return
    begin = 0.0
    parts = {"+".join(part["name"]): part["final"]["value"] for part in one["carriers"]}
    for name in sorted(parts, key=_place):
        length = WIDE * parts[name] / top
        yield Stretch(_style(name), round(begin, 1), round(length, 1))
        begin += length


def _carriers(years: Sequence[Mapping[str, Any]]) -> list[str]:
    names = {"+".join(part["name"]) for one in years for part in one["carriers"]}
    return sorted(names, key=_place)


def _place(name: str) -> tuple[int, str]:
    return _PLACES.get(name, len(_PLACES)), name


def _style(name: str) -> str:
    return name if name in _PLACES else "rest"


def _change(now: float, before: float) -> str:
    found = words.percent(now, before)
    if found is None:
        return ""
    sign = "+" if round(found) > 0 else "−" if round(found) < 0 else "±"
    return f"{sign}{abs(found):.0f} %"


def _year(one: Mapping[str, Any]) -> tuple[str, ...]:
    cells = []
    for kind in KINDS:
        band = one["amount"][kind.key]
        cells.append(
            f"{de(band['value'] / kind.each)} "
            f"({de(band['low'] / kind.each)} bis {de(band['high'] / kind.each)})"
        )
    return (str(one["year"]), *cells, f"{100 * one['refurbished']:.0f} %")


def _row(name: str, years: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    cells = []
    for one in years:
        kwh = [part["final"]["value"] for part in one["carriers"] if "+".join(part["name"]) == name]
        cells.append(de(kwh[0] / 1e3) if kwh else "–")
    return (words.carriers(name), *cells)


_COLUMNS = ("jahr", "groesse", "traeger", "einheit", "wert", "unten_80", "oben_80", "unveraendert")
