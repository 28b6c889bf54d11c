"""A ward of virtual devices, as a person writes it down: one line or one table each.

    kind=cuff,name=Zimmer 3,seed=7,stored=5,users=2

    [[device]]
    kind = "cuff"
    name = "Zimmer 3"

``count`` makes so many of them, with the seeds that follow; without ``seed`` a device's is its
place in the ward. What else can be said of a kind are the fields of its options.
"""

from __future__ import annotations

import dataclasses
import time
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from hardware.sim.air import Air
from hardware.sim.beacon import Beacon, BeaconKind, BeaconOptions
from hardware.sim.belt import Belt, BeltOptions
from hardware.sim.cgm_sensor import CgmOptions, CgmSensor
from hardware.sim.cuff import Cuff, CuffOptions
from hardware.sim.glucose_meter import GlucoseMeter, GlucoseMeterOptions
from hardware.sim.options import Options
from hardware.sim.oximeter import Oximeter, OximeterOptions
from hardware.sim.peripheral import Peripheral
from hardware.sim.scale import Scale, ScaleOptions
from hardware.sim.thermometer import Thermometer, ThermometerOptions

MAX_DEVICES = 60  # what one process keeps up with beside a hub on two cores, measured

Device = Peripheral | Beacon


class WardError(ValueError):
    """What was written down is no ward; the message is a German sentence for who wrote it."""


@dataclass(frozen=True, slots=True)
class Member:
    """One device to be."""

    kind: str
    options: Options | BeaconOptions

    def make(self, air: Air, elapsed_s: Callable[[], float] = time.monotonic) -> Device:
        """Return the device, not switched on yet."""
        if isinstance(self.options, BeaconOptions):
            return Beacon(air, self.options)
        made = _PERIPHERALS[self.kind][1](air, self.options, elapsed_s)
        assert isinstance(made, Peripheral)  # noqa: S101  # what the table holds
        return made


_PERIPHERALS: Mapping[str, tuple[type[Options], Callable[..., Peripheral]]] = MappingProxyType(
    {
        "cuff": (CuffOptions, Cuff),
        "thermometer": (ThermometerOptions, Thermometer),
        "scale": (ScaleOptions, Scale),
        "glucose": (GlucoseMeterOptions, GlucoseMeter),
        "cgm": (CgmOptions, CgmSensor),
        "oximeter": (OximeterOptions, Oximeter),
        "belt": (BeltOptions, Belt),
    }
)
KINDS = (*_PERIPHERALS, *BeaconKind)


def read_lines(lines: tuple[str, ...]) -> tuple[Member, ...]:
    """Return the members that lines such as `kind=cuff,stored=3` describe.

    :raises WardError: if they do not.
    """
    tables = []
    for line in lines:
        pairs = [part.partition("=") for part in line.split(",") if part.strip()]
        if bad := [name for name, equals, _ in pairs if not equals]:
            raise WardError(f"In {line!r} fehlt bei {bad[0].strip()!r} ein Wert (name=wert).")
        tables.append({name.strip(): value.strip() for name, _, value in pairs})
    return _members(tables)


def read_file(raw: bytes) -> tuple[Member, ...]:
    """Return the members that a TOML file describes.

    :raises WardError: if it does not.
    """
    try:
        tables = tomllib.loads(raw.decode()).pop("device", None)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WardError(f"Die Datei ist kein TOML: {error}.") from None
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise WardError("Jedes Gerät braucht einen Abschnitt [[device]].")
    return _members(tables)


def _members(tables: list[dict[str, Any]]) -> tuple[Member, ...]:
    members: list[Member] = []
    for table in tables:
        left = dict(table)
        kind = str(left.pop("kind", "cuff"))
        if kind not in KINDS:
            raise WardError(f"Es gibt kein Gerät {kind!r}. Es gibt: {', '.join(KINDS)}.")
        count = _number(left.pop("count", 1), "count", int)
        if not 1 <= count <= MAX_DEVICES:
            raise WardError(f"count muss von 1 bis {MAX_DEVICES} gehen.")
        seed = _number(left.pop("seed", len(members) + 1), "seed", int)
        for number in range(count):
            mine = left | {"seed": seed + number}
            if count > 1 and "name" in left:
                mine["name"] = f"{left['name']} {number + 1}"
            members.append(Member(kind, _options(kind, mine)))
    if not 1 <= len(members) <= MAX_DEVICES:
        raise WardError(f"Eine Station hat 1 bis {MAX_DEVICES} Geräte, nicht {len(members)}.")
    if len({(one.kind, one.options.seed) for one in members}) < len(members):
        raise WardError("Zwei Geräte einer Art haben denselben seed, also dieselbe Adresse.")
    return tuple(members)


def _options(kind: str, table: Mapping[str, Any]) -> Options | BeaconOptions:
    made: type[Options | BeaconOptions]
    fixed: dict[str, Any] = {}
    if kind in _PERIPHERALS:
        made = _PERIPHERALS[kind][0]
    else:
        made, fixed = BeaconOptions, {"kind": BeaconKind(kind)}
    hints = get_type_hints(made)
    known = [field.name for field in dataclasses.fields(made) if field.name not in fixed]
    if unknown := sorted(table.keys() - set(known)):
        raise WardError(f"{kind} kennt kein {unknown[0]!r}. Es gibt: {', '.join(known)}.")
    values = {name: _value(name, value, hints[name]) for name, value in table.items()}
    return made(**fixed, **values)


def _value(name: str, value: Any, hint: Any) -> Any:
    if get_origin(hint) is UnionType:
        hint = next(one for one in get_args(hint) if one is not type(None))
    if hint is bool:
        words = {"true": True, "ja": True, "false": False, "nein": False}
        if isinstance(value, bool) or str(value).lower() in words:
            return value if isinstance(value, bool) else words[str(value).lower()]
        raise WardError(f"{name} ist true oder false, nicht {value!r}.")
    if hint in (int, float):
        return _number(value, name, hint)
    try:
        if hint is bytes:
            return bytes.fromhex(str(value))
        if isinstance(hint, type) and issubclass(hint, StrEnum | Path):
            return hint(str(value))
    except ValueError as error:
        raise WardError(f"{name} kann nicht {value!r} sein: {error}.") from None
    return str(value)


def _number(value: Any, name: str, kind: Callable[[Any], Any]) -> Any:
    try:
        number = kind(value)
    except (TypeError, ValueError):
        raise WardError(f"{name} ist eine Zahl, nicht {value!r}.") from None
    if isinstance(value, bool) or number < 0:
        raise WardError(f"{name} kann nicht {value!r} sein.")
    return number
