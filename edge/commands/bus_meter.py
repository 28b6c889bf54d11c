"""One virtual meter of a bus, as it is written for `dorfhub meter simulate --meter`."""

from __future__ import annotations

from collections.abc import Callable

import click

from hardware.mbus.frame import ADDRESS_LAST
from hardware.mbus.header import manufacturer_code
from hardware.mbus.secondary import SecondaryAddress
from hardware.sim.bus import BusMeter
from hardware.sim.link import Faults
from hardware.sim.telegrams import HeatTelegrams, SplitTelegrams, heat_header

_KEYS = (
    "seed", "id", "manufacturer", "version", "medium", "address", "baud", "parts", "late",
    "fabrication", "mute",
)  # fmt: skip
_MOST_PARTS = 12  # records of a modelled meter


def bus_meter(text: str, faults: Faults, acknowledged: Callable[[bytes], None] | None) -> BusMeter:
    """Return the meter that ``text`` (`seed=2,address=5,baud=300`) means.

    :raises click.BadParameter: if it means none.
    """
    given: dict[str, str] = {}
    for pair in text.split(","):
        key, equals, value = pair.partition("=")
        if not equals or key not in _KEYS or key in given:
            raise click.BadParameter(
                f"{pair!r}: NAME=WERT, jeder Name einmal, aus {', '.join(_KEYS)}",
                param_hint="--meter",
            )
        given[key] = value
    try:
        return _meter(given, faults, acknowledged)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} ist kein Zähler: {error}", param_hint="--meter"
        ) from error


def _meter(
    given: dict[str, str], faults: Faults, acknowledged: Callable[[bytes], None] | None
) -> BusMeter:
    seed = _whole(given, "seed", 1, 2**31)
    address = _whole(given, "address", 0, ADDRESS_LAST)
    parts = _whole(given, "parts", 1, _MOST_PARTS)
    baud = _whole(given, "baud", 0, 38_400) or None
    header = heat_header(seed)
    header = header._replace(
        identification=given.get("id", header.identification),
        manufacturer=given.get("manufacturer", header.manufacturer),
        version=_whole(given, "version", header.version or 0, 255),
        medium_code=_whole(given, "medium", header.medium_code or 0, 255),
    )
    # what no secondary address holds, no meter is called
    SecondaryAddress(
        header.identification or "",
        manufacturer_code(header.manufacturer or ""),
        fabrication=given.get("fabrication"),
    )
    return BusMeter(
        HeatTelegrams(seed, address=address, header=header)
        if parts == 1
        else SplitTelegrams(seed, address=address, parts=parts, header=header),
        address,
        baud=baud,
        late_s=_seconds(given, "late"),
        mute=_whole(given, "mute", 0, 1) == 1,
        faults=faults,
        fabrication=given.get("fabrication"),
        acknowledged=acknowledged,
    )


def _seconds(given: dict[str, str], key: str) -> float:
    text = given.get(key, "0")
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{key} ist eine Zahl von Sekunden, nicht {text!r}") from None


def _whole(given: dict[str, str], key: str, default: int, most: int) -> int:
    text = str(given.get(key, default))
    if not text.isdecimal():
        raise ValueError(f"{key} ist eine ganze Zahl ab 0, nicht {text!r}")
    number = int(text)
    if not 0 <= number <= most:
        raise ValueError(f"{key} geht von 0 bis {most}")
    return number
