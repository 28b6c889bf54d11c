"""What the standard's own words for a meter's status mean.

Source: EN 13757-7:2018, clause 7.5.6 (status field).
"""

from __future__ import annotations

from functools import lru_cache

from hardware.profiles.bits import Flag

_WORDS = {
    "BUSY": (
        "Der Zähler ist gerade beschäftigt und sagt nicht alles.",
        "The meter is busy and does not tell everything.",
    ),
    "ERROR": (
        "Im Zähler ist ein Fehler aufgetreten; seine Werte können falsch sein.",
        "An error occurred within the meter; its values may be wrong.",
    ),
    "ALARM": (
        "Der Zähler meldet einen Alarm; seine Werte können falsch sein.",
        "The meter reports an alarm; its values may be wrong.",
    ),
    "POWER_LOW": (
        "Die Batterie oder Stromversorgung des Zählers ist schwach.",
        "The meter's battery or power supply is low.",
    ),
    "PERMANENT_ERROR": (
        "Der Zähler meldet einen dauerhaften Fehler; seine Werte können falsch sein.",
        "The meter reports a permanent error; its values may be wrong.",
    ),
    "TEMPORARY_ERROR": (
        "Der Zähler meldet einen vorübergehenden Fehler.",
        "The meter reports a temporary error.",
    ),
}
_OWN = "UNKNOWN_"  # bits that are the manufacturer's


@lru_cache(maxsize=256)  # as many as a byte has values
def standard_flags(status: str | None) -> tuple[Flag, ...]:
    """Return the conditions that a status by the standard names, none for `OK` and None."""
    if status is None or status == "OK":
        return ()
    found = []
    for name in status.split():
        if name in _WORDS:
            found.append(Flag(name, *_WORDS[name]))
        elif name.startswith(_OWN):
            bits = name.removeprefix(_OWN)
            german = f"Der Zähler meldet den Zustand {bits} seines Herstellers; siehe Anleitung."
            english = f"The meter reports its manufacturer's condition {bits}; see its manual."
            found.append(Flag(name, german, english))
    return tuple(found)
