"""Values that are no normal ones: stored in error, or beyond what any meter can measure.

The bounds are those of the largest things a district has (a transfer station of 100 MW, water
under pressure), so that nothing real is lost; a model's own, narrower ones are its profile's.
"""

from __future__ import annotations

from hardware.reading import Function, Mark, Quantity, Record

# lowest and highest value in the canonical unit
BOUNDS: dict[Quantity, tuple[float, float]] = {
    Quantity.FLOW_TEMPERATURE: (-50.0, 250.0),
    Quantity.RETURN_TEMPERATURE: (-50.0, 250.0),
    Quantity.TEMPERATURE_DIFFERENCE: (-250.0, 250.0),
    Quantity.EXTERNAL_TEMPERATURE: (-60.0, 250.0),
    Quantity.POWER: (-1e6, 1e6),
    Quantity.VOLUME_FLOW: (-1e5, 1e5),
    Quantity.RELATIVE_HUMIDITY: (0.0, 100.0),
}


def mark(record: Record) -> Mark:
    """Return how ``record`` is to be marked."""
    if record.register.function is Function.ERROR:
        return Mark.ERROR_STATE
    bounds = BOUNDS.get(record.quantity)
    if bounds is None or isinstance(record.value, str):
        return record.mark
    return record.mark if bounds[0] <= record.value <= bounds[1] else Mark.IMPLAUSIBLE
