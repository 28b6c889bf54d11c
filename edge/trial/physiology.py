"""What the people of a simulated ward are like: a TOML file to frozen dataclasses. Pure.

Every number of the simulation is in such a file, so that other people can be simulated; the keys
are described in docs/ward-simulator.md. What a file leaves out is taken from ``usual.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from types import MappingProxyType
from typing import TypeAlias

Pair: TypeAlias = tuple[float, float]
Tree: TypeAlias = Mapping[str, object]

USUAL = "usual"
LARGEST = 10_000.0  # no number of a physiology is larger; one that is, is a slip of the pen

# What devices of a home measure, and by which device. Order is the order of measuring.
DEVICES = MappingProxyType(
    {
        "cuff": ("blood_pressure_systolic", "blood_pressure_diastolic", "pulse_rate"),
        "oximeter": ("oxygen_saturation",),
        "thermometer": ("body_temperature",),
        "scale": ("body_weight",),
    }
)
KIND = MappingProxyType(
    {
        "cuff": "blood_pressure",
        "oximeter": "oxygen",
        "thermometer": "temperature",
        "scale": "weight",
    }
)
QUANTITIES = tuple(name for names in DEVICES.values() for name in names)


class PhysiologyError(ValueError):
    """A file says what no physiology can be; ``hint`` says in German where and what to do."""

    def __init__(self, where: str, hint: str) -> None:
        super().__init__(f"{where}: not a physiology")
        self.hint = f"Physiologie, Abschnitt [{where}]: {hint}"


@dataclass(frozen=True, slots=True)
class Vital:
    """How one quantity is, between people and within one, in its canonical unit."""

    level: Pair
    bounds: Pair
    within: Pair
    day: Pair
    drift: float
    noise: float
    can_be: Pair
    decimals: int


@dataclass(frozen=True, slots=True)
class Condition:
    """An illness that stays: how many have it, and what it shifts (mean and spread)."""

    share: float
    shift: Mapping[str, Pair]


@dataclass(frozen=True, slots=True)
class Illness:
    """A deterioration: whom it may befall, how often in a year, its course and its peak.

    It rises for ``rise_days``, lasts ``days`` from its onset and fades for ``fade_days``. ``quiet``
    is the share of usual movement that is missing at the peak, ``blunted`` the share of people
    in whom a quantity shows a third only.
    """

    of: str
    per_year: float
    rise_days: Pair
    days: Pair
    fade_days: float
    quiet: Pair
    peak: Mapping[str, Pair]
    blunted: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Physiology:
    """All that a ward is drawn from. The sections without an own class are numbers by name.

    ``numbers`` and ``pairs`` hold them under ``section.key``.
    """

    name: str
    vitals: Mapping[str, Vital]
    conditions: Mapping[str, Condition]
    illnesses: Mapping[str, Illness]
    numbers: Mapping[str, float] = field(repr=False)
    pairs: Mapping[str, Pair] = field(repr=False)


def named(name: str) -> Physiology:
    """Return one of the program's own.

    :raises PhysiologyError: if there is none of that name.
    """
    return parse(_own_text(name))


def names() -> tuple[str, ...]:
    """Return the names of the program's own, sorted."""
    folder = resources.files("edge.trial") / "physiologies"
    files = (file.name for file in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml")))


def parse(text: str) -> Physiology:
    """Read a file's text; what it leaves out is as in ``usual.toml``.

    :raises PhysiologyError: if it is no TOML, names what there is not, or a number cannot be.
    """
    usual = _tree(_own_text(USUAL))
    given = _tree(text)
    tree = _merged(usual, given, "")
    vitals = {name: _vital(name, _table(tree, "vital", name)) for name in QUANTITIES}
    conditions = {
        name: _condition(f"condition.{name}", table)
        for name, table in _tables(tree, "condition").items()
    }
    illnesses = {
        name: _illness(f"illness.{name}", table, conditions)
        for name, table in _tables(tree, "illness").items()
    }
    numbers: dict[str, float] = {}
    pairs: dict[str, Pair] = {}
    for section in _PLAIN:
        for key, value in _table(tree, section).items():
            where = f"{section}.{key}"
            if isinstance(value, list):
                pairs[where] = _pair(where, value)
            else:
                numbers[where] = _share_or_number(where, value)
    return Physiology(
        name=str(tree.get("name", "")) or "unnamed",
        vitals=vitals,
        conditions=conditions,
        illnesses=illnesses,
        numbers=numbers,
        pairs=pairs,
    )


_PLAIN = ("slow", "owns", "habit", "trouble", "onset", "fall", "home")
_FREE = ("condition", "illness")  # where a file may add tables of its own


def _own_text(name: str) -> str:
    file = resources.files("edge.trial") / "physiologies" / f"{name}.toml"
    if not name.isidentifier() or not file.is_file():
        raise PhysiologyError(
            "name", f"„{name}“ gibt es nicht. Vorhanden sind: {', '.join(names())}."
        )
    return file.read_text("utf-8")


def _tree(text: str) -> Tree:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PhysiologyError("Datei", f"Das ist kein TOML ({error}).") from error


def _merged(usual: Tree, given: Tree, where: str) -> Tree:
    """Return ``usual`` with what ``given`` says; a table that is free may have new keys."""
    found = dict(usual)
    for key, value in given.items():
        place = f"{where}.{key}" if where else key
        free = place.split(".", 1)[0] in _FREE
        if key not in usual and not free:
            raise PhysiologyError(where or "Datei", f"„{key}“ gibt es nicht.")
        before = usual.get(key)
        if isinstance(before, Mapping) != isinstance(value, Mapping) and key in usual:
            raise PhysiologyError(place, "Hier steht ein Abschnitt oder ein Wert am falschen Ort.")
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            found[key] = _merged(before, value, place)
        elif isinstance(before, list) != isinstance(value, list) and key in usual:
            raise PhysiologyError(place, "Ein Paar [a, b] und eine Zahl sind vertauscht.")
        else:
            found[key] = value
    return found


def _table(tree: Tree, *path: str) -> Tree:
    for key in path:
        found = tree.get(key, {})
        if not isinstance(found, Mapping):
            raise PhysiologyError(".".join(path), "Das muss ein Abschnitt sein.")
        tree = found
    return tree


def _tables(tree: Tree, section: str) -> dict[str, Tree]:
    return {name: _table(tree, section, name) for name in _table(tree, section)}


def _vital(name: str, table: Tree) -> Vital:
    where = f"vital.{name}"
    return Vital(
        level=_pair(where, table["level"]),
        bounds=_range(where, table["bounds"]),
        within=_pair(where, table["within"]),
        day=_pair(where, table["day"]),
        drift=_number(where, table["drift"]),
        noise=_number(where, table["noise"]),
        can_be=_range(where, table["can_be"]),
        decimals=int(_number(where, table["decimals"])),
    )


def _condition(where: str, table: Tree) -> Condition:
    _only(where, table, {"share", "shift"})
    return Condition(
        _number(where, table.get("share", 0), most=1),
        _effects(f"{where}.shift", _table(table, "shift")),
    )


def _illness(where: str, table: Tree, conditions: Mapping[str, Condition]) -> Illness:
    keys = {"of", "per_year", "rise_days", "days", "fade_days", "quiet", "peak", "blunted"}
    _only(where, table, keys)
    missing = keys - {"blunted"} - set(table)
    if missing:
        raise PhysiologyError(where, f"Es fehlt: {', '.join(sorted(missing))}.")
    of = str(table["of"])
    if of != "all" and of not in conditions:
        raise PhysiologyError(where, f"„of“ nennt „{of}“, das ist keine der Vorerkrankungen.")
    blunted = {
        name: _number(f"{where}.blunted", value, most=1)
        for name, value in _table(table, "blunted").items()
    }
    return Illness(
        of=of,
        per_year=_number(where, table["per_year"]),
        rise_days=_range(where, table["rise_days"], least=0.01),
        days=_range(where, table["days"], least=0.1),
        fade_days=_number(where, table["fade_days"], least=0.01),
        quiet=_range(where, table["quiet"], most=1),
        peak=_effects(f"{where}.peak", _table(table, "peak"), signed=True),
        blunted=blunted,
    )


def _effects(where: str, table: Tree, *, signed: bool = False) -> dict[str, Pair]:
    for name in table:
        if name not in QUANTITIES:
            raise PhysiologyError(where, f"„{name}“ wird in diesem Dorf nicht gemessen.")
    if signed:
        return {name: _range(where, value, least=-LARGEST) for name, value in table.items()}
    return {name: _pair(where, value) for name, value in table.items()}


def _only(where: str, table: Tree, keys: set[str]) -> None:
    for key in table:
        if key not in keys:
            raise PhysiologyError(where, f"„{key}“ gibt es nicht.")


def _number(where: str, value: object, *, least: float = 0.0, most: float = LARGEST) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PhysiologyError(where, f"{value!r} ist keine Zahl.")
    if not least <= value <= most:
        raise PhysiologyError(where, f"{value:g} liegt nicht zwischen {least:g} und {most:g}.")
    return float(value)


def _share_or_number(where: str, value: object) -> float:
    most = 1.0 if where.endswith(_SHARES) else LARGEST
    least = 1.0 if where in _COUNTS else 0.0
    return _number(where, value, least=least, most=most)


_SHARES = (
    "share", "_told", "_people", ".door", ".bed", ".naps", ".pets", "here_awake", "here_asleep",
    "here_away", "habit.answers", "owns.cuff", "owns.oximeter", "owns.thermometer", "owns.scale",
)  # fmt: skip
_COUNTS = ("home.rooms", "home.heartbeat_minutes", "home.blind_minutes", "onset.most_per_person")


def _pair(where: str, value: object) -> Pair:
    if not isinstance(value, list) or len(value) != 2:
        raise PhysiologyError(where, "Hier wird ein Paar [a, b] gebraucht.")
    first, second = value
    return _number(where, first, least=-LARGEST), _number(where, second)


def _range(where: str, value: object, *, least: float = 0.0, most: float = LARGEST) -> Pair:
    if not isinstance(value, list) or len(value) != 2:
        raise PhysiologyError(where, "Hier wird ein Bereich [von, bis] gebraucht.")
    first, second = (_number(where, each, least=least, most=most) for each in value)
    if first > second:
        raise PhysiologyError(where, f"[{first:g}, {second:g}] läuft rückwärts.")
    return first, second
