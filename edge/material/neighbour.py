"""A Kolibri in the same house, as pages name it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A Kolibri: what its people call it, and where it is."""

    name: str
    url: str
