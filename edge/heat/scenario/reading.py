"""Reading a scenario's file (TOML); its format is in docs/heat-scenarios.md.

What is still to be filled in (`"?"`, empty or absent) is said all at once.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from edge.heat.building import AGE_CLASSES, BuildingType, Carrier, Heating, Refurbishment
from edge.heat.errors import CadastreError
from edge.heat.scenario import plan
from edge.heat.scenario.plan import Change, Course, Factor, Plan, Supply
from edge.heat.toml import tables
from edge.heat.typology import UNKNOWN

_TABLES = {"about", "stock", "mix", "refurbishment", "climate", "supply", "carrier", "change"}
_TO_FILL_IN = (None, "", "?")
_STATES = (Refurbishment.NONE.value, Refurbishment.PART.value, UNKNOWN)
_AGES = (*AGE_CLASSES, UNKNOWN)
_ORDERS = ("worst", "even")
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_SHARE = (0.0, 1.0)
_GAIN = (0.2, 8.0)
_YEARS = (_FIRST_YEAR, _LAST_YEAR)
_EXACT = 1e-6  # shares are decimal fractions


class UnfilledError(CadastreError):
    """A scenario of which something is still to be filled in: ``absent``, as keys of the file."""

    def __init__(self, message: str, hint: str, absent: tuple[str, ...]) -> None:
        super().__init__(message, hint=hint)
        self.absent = absent


def loads(text: str) -> Plan:
    """Read a scenario.

    :raises UnfilledError: if something is still to be filled in.
    :raises CadastreError: if it is none; ``hint`` says which value is impossible.
    """
    raw = tables(text, "Das Szenario")
    if unknown := sorted(set(raw) - _TABLES):
        raise _wrong(unknown[0], "ist unbekannt")
    reader = _Reader()
    found = reader.whole(raw)
    if reader.absent:
        absent = ", ".join(dict.fromkeys(reader.absent))
        raise UnfilledError(
            f"to be filled in: {absent}",
            hint=f"Im Szenario ist noch auszufüllen, mit Quelle: {absent}.",
            absent=tuple(dict.fromkeys(reader.absent)),
        )
    _check(found)
    return found


def _wrong(key: str, why: str) -> CadastreError:
    return CadastreError(f"{key}: {why}", hint=f"Im Szenario: {key} {why}.")


class _Reader:
    """Reads values and notes which are absent, so that all are said at once."""

    def __init__(self) -> None:
        self.absent: list[str] = []

    def whole(self, raw: Mapping[str, object]) -> Plan:
        # in the file's order, as what is absent is said in it
        about = self._table(raw, "about")
        name, source = self._text(about, "about", "name"), self._text(about, "about", "source")
        base = self._whole(about, "about", "base", _YEARS)
        stock, mix = self._table(raw, "stock"), self._table(raw, "mix")
        stock_gain = self._number(stock, "stock", "gain", _GAIN)
        stock_source = self._text(stock, "stock", "source")
        shares = {one: self._number(mix, "mix", one, _SHARE) for one in mix if one != "source"}
        mix_source = self._text(mix, "mix", "source")
        refurbishment = self._refurbishment(self._table(raw, "refurbishment"))
        climate = self._table(raw, "climate")
        kd_per_decade = self._number(climate, "climate", "kd_per_decade", (-1000.0, 1000.0))
        climate_source = self._text(climate, "climate", "source")
        tables = self._table(raw, "supply")
        supplies = tuple(self._supply(one, self._table(tables, one, "supply.")) for one in tables)
        changes = self._changes(raw.get("change", []), base)
        tables = self._table(raw, "carrier")
        used = dict.fromkeys(one.carrier for one in supplies)
        return Plan(
            name=name,
            source=source,
            made_up=self._flag(about, "about", "made_up"),
            base=base,
            years=self._years(about, base),
            stock_gain=stock_gain,
            stock_source=stock_source,
            mix=shares,
            mix_source=mix_source,
            supplies=supplies,
            factors={one: self._factor(one, self._table(tables, one, "carrier.")) for one in used},
            refurbishment=refurbishment,
            changes=changes,
            kd_per_decade=kd_per_decade,
            climate_source=climate_source,
        )

    def _supply(self, name: str, raw: Mapping[str, object]) -> Supply:
        key = f"supply.{name}"
        return Supply(
            name=name,
            carrier=self._text(raw, key, "carrier", set(Carrier)),
            heating=frozenset(self._texts(raw, key, "heating", set(Heating))),
            gain=self._number(raw, key, "gain", _GAIN),
            source=self._text(raw, key, "source"),
        )

    def _factor(self, name: str, raw: Mapping[str, object]) -> Factor:
        key = f"carrier.{name}"
        return Factor(
            primary=self._course(raw, key, "primary", (0.0, 10.0)),
            co2=self._course(raw, key, "co2", (0.0, 2000.0)),
            source=self._text(raw, key, "source"),
        )

    def _refurbishment(self, raw: Mapping[str, object]) -> plan.Refurbishment:
        key = "refurbishment"
        left = self._table(raw, "left", f"{key}.")
        by_age = not set(left) <= set(_STATES)
        names = _AGES if by_age else _STATES
        if other := sorted(set(left) - set(names)):
            raise _wrong(f"{key}.left.{other[0]}", "ist weder Zustand noch Altersklasse")
        return plan.Refurbishment(
            rate=self._course(raw, key, "rate", _SHARE),
            worst_first=self._text(raw, key, "order", _ORDERS) == _ORDERS[0],
            by_age=by_age,
            left={name: self._number(left, f"{key}.left", name, (0.05, 1.0)) for name in names},
            source=self._text(raw, key, "source"),
        )

    def _changes(self, raw: object, base: int) -> tuple[Change, ...]:
        if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
            raise _wrong("change", "muss eine Liste sein: [[change]]")
        return tuple(self._change(f"change.{at}", one, base) for at, one in enumerate(raw, 1))

    def _change(self, key: str, raw: Mapping[str, object], base: int) -> Change:
        ways = [one for one in ("rate", "at_age", "share") if one in raw]
        if len(ways) != 1:
            raise _wrong(key, "braucht genau eines von rate, at_age und share (mit by)")
        way, to = ways[0], self._table(raw, "to", f"{key}.")
        return Change(
            name=self._text(raw, key, "name"),
            source=self._text(raw, key, "source"),
            origin=self._texts(raw, key, "from"),
            to={name: self._number(to, f"{key}.to", name, _SHARE) for name in to},
            rate=self._course(raw, key, "rate", _SHARE) if way == "rate" else None,
            at_age=self._whole(raw, key, "at_age", (1, 100)) if way == "at_age" else None,
            overdue=self._whole(raw, key, "overdue", (1, 30)) if "overdue" in raw else 5,
            share=self._number(raw, key, "share", _SHARE) if way == "share" else None,
            start=self._whole(raw, key, "start", _YEARS) if "start" in raw else base + 1,
            by=self._whole(raw, key, "by", _YEARS) if way == "share" else 0,
            blocks=frozenset(self._texts(raw, key, "blocks")),
            types=frozenset(self._texts(raw, key, "types", set(BuildingType))),
        )

    def _years(self, about: Mapping[str, object], base: int) -> tuple[int, ...]:
        raw = about.get("years", list(plan.YEARS))
        if not isinstance(raw, list) or not raw or not all(_is_year(one) for one in raw):
            raise _wrong("about.years", "muss eine Liste von Jahren sein")
        if base and min(raw) <= base:
            raise _wrong("about.years", f"müssen nach dem Bezugsjahr {base} liegen")
        return tuple(sorted(set(raw)))

    def _table(self, raw: Mapping[str, object], key: str, of: str = "") -> Mapping[str, object]:
        found = raw.get(key)
        if found is None:
            self._note(f"[{of}{key}]")
            return {}
        if not isinstance(found, dict):
            raise _wrong(f"{of}{key}", "muss eine Tabelle sein")
        return found

    def _text(self, raw: Mapping[str, object], of: str, key: str, among: Iterable[str] = ()) -> str:
        found = raw.get(key)
        if found in _TO_FILL_IN:
            self._note(f"{of}.{key}")
            return ""
        if not isinstance(found, str):
            raise _wrong(f"{of}.{key}", "muss ein Text sein")
        if among and found not in set(among):
            raise _wrong(f"{of}.{key}", f"muss eines sein von {', '.join(sorted(among))}")
        return found

    def _texts(
        self, raw: Mapping[str, object], of: str, key: str, among: Iterable[str] = ()
    ) -> tuple[str, ...]:
        found = raw.get(key, [])
        if not isinstance(found, list):
            raise _wrong(f"{of}.{key}", 'muss eine Liste sein: ["…", "…"]')
        return tuple(self._text({key: one}, of, key, among) for one in found)

    def _flag(self, raw: Mapping[str, object], of: str, key: str) -> bool:
        found = raw.get(key, False)
        if not isinstance(found, bool):
            raise _wrong(f"{of}.{key}", "muss true oder false sein")
        return found

    def _whole(self, raw: Mapping[str, object], of: str, key: str, ends: tuple[int, int]) -> int:
        found = self._number(raw, of, key, ends)
        if not math.isnan(found) and found != int(found):
            raise _wrong(f"{of}.{key}", "muss eine ganze Zahl sein")
        return 0 if math.isnan(found) else int(found)

    def _number(
        self, raw: Mapping[str, object], of: str, key: str, ends: tuple[float, float]
    ) -> float:
        """Return a number, nan if it is still to be filled in."""
        found = raw.get(key)
        if found in _TO_FILL_IN:
            self._note(f"{of}.{key}")
            return math.nan
        if isinstance(found, bool) or not isinstance(found, (int, float)):
            raise _wrong(f"{of}.{key}", "muss eine Zahl sein")
        low, high = ends
        if not low <= found <= high:
            raise _wrong(f"{of}.{key}", f"liegt nicht zwischen {low:g} und {high:g}")
        return float(found)

    def _course(
        self, raw: Mapping[str, object], of: str, key: str, ends: tuple[float, float]
    ) -> Course:
        found = raw.get(key)
        if not isinstance(found, dict):
            return {0: self._number(raw, of, key, ends)}
        if not found:
            self._note(f"{of}.{key}")
        if not all(name.isdecimal() and _is_year(int(name)) for name in found):
            raise _wrong(f"{of}.{key}", "muss Jahre nennen: { 2026 = 1, 2045 = 2 }")
        return {int(name): self._number(found, f"{of}.{key}", name, ends) for name in found}

    def _note(self, key: str) -> None:
        self.absent.append(key)


def _is_year(found: object) -> bool:
    return type(found) is int and _FIRST_YEAR <= found <= _LAST_YEAR


def _check(found: Plan) -> None:
    """Refuse what does not fit together."""
    if not found.supplies:
        raise _wrong("supply", "nennt keine Versorgung: [supply.gas] und so weiter")
    names = {one.name for one in found.supplies}
    _shares(found.mix, "mix", names)
    if not _is_whole(found.mix):
        raise _wrong("mix", "muss zusammen 1 ergeben")
    for number, one in enumerate(found.changes, 1):
        key = f"change.{number}"
        _shares(dict.fromkeys(one.origin, 0.0), f"{key}.from", names)
        if not one.origin:
            raise _wrong(f"{key}.from", "nennt keine Versorgung")
        _shares(one.to, f"{key}.to", names)
        if one.at_age is None and not _is_whole(one.to):
            raise _wrong(f"{key}.to", "muss zusammen 1 ergeben")
        if one.share is not None and not found.base < one.start <= one.by:
            raise _wrong(f"{key}.start", "muss nach dem Bezugsjahr liegen und nicht nach by")


def _shares(shares: Mapping[str, float], key: str, names: set[str]) -> None:
    if unknown := sorted(set(shares) - names):
        raise _wrong(
            f"{key}.{unknown[0]}", f"ist keine der Versorgungen {', '.join(sorted(names))}"
        )
    if math.fsum(shares.values()) > 1 + _EXACT:
        raise _wrong(key, "ergibt zusammen mehr als 1")


def _is_whole(shares: Mapping[str, float]) -> bool:
    return abs(math.fsum(shares.values()) - 1) <= _EXACT
