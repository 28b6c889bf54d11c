"""Values that are no normal ones: stored in error, or beyond what any meter can measure.

The bounds are those of the largest things a district has (a transfer station of 100 MW, water
under pressure), so that nothing real is lost; a model's own, narrower ones are its profile's.
"""

from __future__ import annotations

import math

from hardware.reading import Function, Mark, Quantity, Record

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


def mark(record: Record, lowest: float | None = None, highest: float | None = None) -> Mark:
    """Return how ``record`` is to be marked.

    ``lowest`` and ``highest`` are a model's bounds, which take the place of the general ones.
    """
    if record.register.function is Function.ERROR and record.quantity not in _ABOUT_ERRORS:
        return Mark.ERROR_STATE
    if isinstance(record.value, str):
        return record.mark
    least, most = BOUNDS.get(record.quantity, (-math.inf, math.inf))
    least = least if lowest is None else lowest
    most = most if highest is None else highest
    return record.mark if least <= record.value <= most else Mark.IMPLAUSIBLE
