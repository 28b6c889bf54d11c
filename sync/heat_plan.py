"""A village's released heat plan as events of its stream: what it says, and reading it again. Pure.

Nothing finer than the release leaves: its areas of at least five buildings, and how wide the
estimate's band is, in steps of 5 %. See docs/bundle-format.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync import events
from sync.errors import FormatError
from sync.events import Event
from sync.segment import Segment, StreamClass

SCHEMA = "heat-plan/1"
PLAN = "heat.plan"
BLOCK = "heat.block"
CARRIER = "heat.carrier"
SECTION = "heat.section"
GENERATOR = "heat.generator"

LEAST = 5  # buildings of an area (WPG § 10 (2)): a plan with a smaller one is not believed
MAX_AREAS = 5000  # of each kind: a town of 25,000 buildings
MAX_NAMES = 4000  # characters of an area's blocks or sections
MAX_WORD = 100
MAX_MWH = 10_000_000  # of an area, as in the cube's declaration
MAX_SIZE = 1 << 40
BAND_STEP = 5  # per cent: what a band's ends are rounded outwards to
MAX_BAND = 1000
DIGEST_SIZE = 32


@dataclass(frozen=True, slots=True)
class Block:
    """An area of blocks: whole MWh in a year of normal weather, m² if they are known."""

    cell: str
    places: str
    buildings: int
    mwh: int
    m2: int | None
    type: str
    age: str


@dataclass(frozen=True, slots=True)
class Carrier:
    """What of an area's heat a carrier brings. ``generators``: how many there are, if known."""

    cell: str
    carrier: str
    buildings: int
    mwh: int
    generators: int | None


@dataclass(frozen=True, slots=True)
class Generator:
    """How many generators of a kind an area has for a carrier: one a building."""

    cell: str
    carrier: str
    kind: str
    buildings: int


@dataclass(frozen=True, slots=True)
class Section:
    """An area of road sections: whole MWh in a year of normal weather, mm if they are known."""

    cell: str
    places: str
    buildings: int
    mwh: int
    mm: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """One release of a village. ``low`` and ``high``: its 80 % band, per cent of the sum, or None.

    ``release`` counts the village's releases, ``year`` is the release's, ``digest`` the SHA-256 of
    the published file, ``told_ms`` when it was told. Releases of earlier versions have no
    ``generators``.
    """

    release: int
    year: int
    digest: bytes
    low: int | None
    high: int | None
    blocks: tuple[Block, ...]
    carriers: tuple[Carrier, ...]
    sections: tuple[Section, ...]
    told_ms: int = 0
    generators: tuple[Generator, ...] = ()

    @property
    def rows(self) -> int:
        """Return how many events tell it."""
        some = self.blocks, self.carriers, self.sections, self.generators
        return 1 + sum(len(one) for one in some)

    @property
    def rank(self) -> tuple[int, int, int, bytes]:
        """Return what is greater of the one that replaces the other."""
        return self.year, self.release, self.told_ms, self.digest


def band_percent(kwh: float, low: float, high: float) -> tuple[int, int] | None:
    """Return a band's ends as per cent of the middle, rounded outwards; None if there is none."""
    if not 0 < low <= kwh <= high:
        return None
    below = int(100 * low / kwh) // BAND_STEP * BAND_STEP
    above = -(-(100 * high) // (kwh * BAND_STEP)) * BAND_STEP
    return (below, int(above)) if above <= MAX_BAND else None


def told_names(places: str) -> str:
    """Return the names of an area's places as they are told: in one line, and not too many.

    ``places`` are names with commas between them; those for which there is no room are counted.
    """
    names = ["".join(c if c.isprintable() else " " for c in one) for one in places.split(",")]
    names = [tidy for one in names if (tidy := " ".join(one.split()))]
    text = ", ".join(names)
    kept = len(names)
    while kept and len(text) > MAX_NAMES:
        kept -= 1
        text = ", ".join([*names[:kept], f"und {len(names) - kept} weitere"])
    return text


def events_of(plan: Plan, at_ms: int, quality: int) -> list[Event]:
    """Return a plan as events of one segment.

    :raises ValueError: if a reader would not take it.
    """
    head: dict[str, object] = {
        "release": plan.release,
        "year": plan.year,
        "digest": plan.digest,
        "low": plan.low,
        "high": plan.high,
        "blocks": len(plan.blocks),
        "carriers": len(plan.carriers),
        "sections": len(plan.sections),
    }
    if plan.generators:
        head["generators"] = len(plan.generators)
    rows: list[tuple[str, Mapping[str, object]]] = [(PLAN, head)]
    rows += [(BLOCK, _fields(one, _BLOCK)) for one in plan.blocks]
    rows += [(CARRIER, _fields(one, _CARRIER)) for one in plan.carriers]
    rows += [(SECTION, _fields(one, _SECTION)) for one in plan.sections]
    rows += [(GENERATOR, _fields(one, _GENERATOR)) for one in plan.generators]
    made = [Event(at_ms, quality, kind, data) for kind, data in rows]
    _plan(made)
    return made


def plan_in(segment: Segment) -> Plan | None:
    """Return the plan that a verified segment tells; most tell none.

    Nor does one with an area of fewer than five buildings, or from which something is missing.
    """
    header = segment.header
    if header.stream is not StreamClass.EVENT or header.schema != SCHEMA or segment.erased:
        return None
    try:
        return decode(segment.body)
    except FormatError:  # a later version: whoever reads it then takes it then
        return None


def decode(body: bytes) -> Plan:
    """Return the plan that a body tells, whole.

    :raises FormatError: if it tells none, or one that nobody may believe.
    """
    told = events.decode(body)
    try:
        return _plan(told)
    except FormatError:
        raise
    except ValueError as error:
        raise FormatError(str(error)) from error


def _plan(told: Sequence[Event]) -> Plan:
    heads = [one for one in told if one.kind == PLAN]
    if len(heads) != 1:
        raise ValueError("no plan, or several")
    head = heads[0].data
    blocks = tuple(Block(**_values(one, _BLOCK)) for one in told if one.kind == BLOCK)
    carriers = tuple(Carrier(**_values(one, _CARRIER)) for one in told if one.kind == CARRIER)
    sections = tuple(Section(**_values(one, _SECTION)) for one in told if one.kind == SECTION)
    generators = tuple(
        Generator(**_values(one, _GENERATOR)) for one in told if one.kind == GENERATOR
    )
    for name, rows in (
        ("blocks", blocks),
        ("carriers", carriers),
        ("sections", sections),
        ("generators", generators),
    ):
        if head.get(name, 0 if name == "generators" else None) != len(rows):
            raise ValueError(f"a plan without all its {name}")
    _once((one.cell for one in blocks), MAX_AREAS)
    _once((one.cell for one in sections), MAX_AREAS)
    _once(((one.cell, one.carrier) for one in carriers), MAX_AREAS * 10)
    _once(((one.cell, one.carrier, one.kind) for one in generators), MAX_AREAS * 20)
    if {one.cell for one in carriers} - {one.cell for one in blocks}:
        raise ValueError("a carrier of no area")
    if {(one.cell, one.carrier) for one in generators} - {
        (one.cell, one.carrier) for one in carriers
    }:
        raise ValueError("a generator of no carrier")
    ends = head.get("low"), head.get("high")
    low, high = (
        (None, None)
        if ends == (None, None)
        else (
            _number(ends[0], 0, 100),
            _number(ends[1], 100, MAX_BAND),
        )
    )
    digest = head.get("digest")
    if type(digest) is not bytes or len(digest) != DIGEST_SIZE:
        raise ValueError("no digest")
    return Plan(
        _number(head.get("release"), 1, 1 << 53),
        _number(head.get("year"), 2000, 2200),
        digest,
        low,
        high,
        blocks,
        carriers,
        sections,
        heads[0].at_ms,
        generators,
    )


def _once(names: Iterable[object], most: int) -> None:
    found = list(names)
    if len(found) > most or len(set(found)) != len(found):
        raise ValueError("an area twice, or too many")


def _number(value: object, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError(f"no number from {least} to {most}")
    return value


def _maybe(value: object) -> int | None:
    return None if value is None else _number(value, 0, MAX_SIZE)


def _word(value: object) -> str:
    if type(value) is not str or not 0 < len(value) <= MAX_WORD or not value.isprintable():
        raise ValueError("no word")
    return value


def _names(value: object) -> str:
    if type(value) is not str or len(value) > MAX_NAMES or not value.isprintable():
        raise ValueError("no names")
    return value


def _counted(value: object) -> int:
    return _number(value, LEAST, 1 << 32)


def _heat(value: object) -> int:
    return _number(value, 0, MAX_MWH)


_Check = Callable[[object], object]
_BLOCK: Mapping[str, _Check] = {
    "cell": _word, "places": _names, "buildings": _counted, "mwh": _heat, "m2": _maybe,
    "type": _word, "age": _word,
}  # fmt: skip
_CARRIER: Mapping[str, _Check] = {
    "cell": _word, "carrier": _word, "buildings": _counted, "mwh": _heat, "generators": _maybe,
}  # fmt: skip
_GENERATOR: Mapping[str, _Check] = {
    "cell": _word, "carrier": _word, "kind": _word, "buildings": _counted,
}  # fmt: skip
_SECTION: Mapping[str, _Check] = {
    "cell": _word, "places": _names, "buildings": _counted, "mwh": _heat, "mm": _maybe,
}  # fmt: skip


def _fields(one: object, checks: Mapping[str, _Check]) -> dict[str, object]:
    return {name: getattr(one, name) for name in checks}


def _values(one: Event, checks: Mapping[str, _Check]) -> dict[str, Any]:
    return {name: check(one.data.get(name)) for name, check in checks.items()}
