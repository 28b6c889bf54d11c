"""Values that are no normal ones: stored in error, or beyond what any meter can measure.

The bounds are those of the largest things a district has (a transfer station of 100 MW, water
under pressure), so that nothing real is lost; a model's own, narrower ones are its profile's.
"""

from __future__ import annotations

import math
from dataclasses import replace

from hardware.reading import Function, Mark, Quantity, Record, Register

# lowest and highest value in the canonical unit
BOUNDS: dict[Quantity, tuple[float, float]] = {
    Quantity.ENERGY: (-1e11, 1e11),
    Quantity.VOLUME: (-1e10, 1e10),
    Quantity.FLOW_TEMPERATURE: (-50.0, 250.0),
    Quantity.RETURN_TEMPERATURE: (-50.0, 250.0),
    Quantity.TEMPERATURE_DIFFERENCE: (-250.0, 250.0),
    Quantity.EXTERNAL_TEMPERATURE: (-60.0, 250.0),
    Quantity.POWER: (-1e6, 1e6),
    Quantity.VOLUME_FLOW: (-1e5, 1e5),
    Quantity.RELATIVE_HUMIDITY: (0.0, 100.0),
    Quantity.ON_TIME: (0.0, 1e6),
    Quantity.OPERATING_TIME: (0.0, 1e6),
    Quantity.HCA_UNITS: (0.0, 1e7),
}

_HEAT = frozenset((0x04, 0x0C))  # a cooling meter's counters may run the other way
_TOTALS = frozenset(("energy", "volume"))  # as the standard names the plain counters

UNBOUNDED = (-math.inf, math.inf)

# "During error" says of these for how long, how often, since when: true numbers about the error.
_ABOUT_ERRORS = frozenset(
    (
        Quantity.ON_TIME,
        Quantity.OPERATING_TIME,
        Quantity.DURATION,
        Quantity.ACTUALITY_DURATION,
        Quantity.AVERAGING_DURATION,
        Quantity.DATE,
        Quantity.DATETIME,
        Quantity.COUNTER,
        Quantity.ERROR_FLAGS,
    )
)


def mark(
    quantity: Quantity,
    value: float | str,
    function: Function,
    lowest: float | None = None,
    highest: float | None = None,
) -> Mark:
    """Return how a value in the quantity's canonical unit is to be marked.

    ``lowest`` and ``highest`` are a model's bounds, which take the place of the general ones.
    """
    if function is Function.ERROR and quantity not in _ABOUT_ERRORS:
        return Mark.ERROR_STATE
    if isinstance(value, str):
        return Mark.NONE
    least, most = bounds(quantity, lowest, highest)
    return Mark.NONE if least <= value <= most else Mark.IMPLAUSIBLE


def bounds(
    quantity: Quantity, lowest: float | None = None, highest: float | None = None
) -> tuple[float, float]:
    """Return between what a value of ``quantity`` is plausible; infinities where nothing is known.

    ``lowest`` and ``highest`` as in :func:`mark`.
    """
    least, most = BOUNDS.get(quantity, UNBOUNDED)
    return least if lowest is None else lowest, most if highest is None else highest


def is_total(name: str, register: Register, medium: int | None) -> bool:
    """Tell whether a heat meter's plain counter is meant, which never falls below zero.

    ``name`` is the standard's for it, ``medium`` the meter's code.
    """
    return medium in _HEAT and name in _TOTALS and register == Register()


def marked_total(name: str, record: Record, medium: int | None) -> Record:
    """Return ``record``, marked if it is a total (:func:`is_total`) below zero."""
    if (
        not isinstance(record.value, str)
        and record.value < 0
        and record.mark is Mark.NONE
        and is_total(name, record.register, medium)
    ):
        return replace(record, mark=Mark.IMPLAUSIBLE)
    return record
