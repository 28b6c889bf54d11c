"""Numbers as Germans write them."""

from __future__ import annotations

_SWAPPED = str.maketrans(",.", ".,")


def de(value: float, digits: int = 0) -> str:
    """Return `1.234,5`."""
    return f"{value:,.{digits}f}".translate(_SWAPPED)
