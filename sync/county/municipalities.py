"""The municipalities of Landkreis Gießen, and a schematic map of them.

Each is one tile of a grid, roughly where it lies. It is no map: no borders, no distances.
"""

from __future__ import annotations

from collections.abc import Mapping

# column and row
TILES: Mapping[str, tuple[int, int]] = {
    "Staufenberg": (2, 0),
    "Allendorf (Lumda)": (3, 0),
    "Rabenau": (4, 0),
    "Biebertal": (0, 1),
    "Wettenberg": (1, 1),
    "Lollar": (2, 1),
    "Buseck": (3, 1),
    "Reiskirchen": (4, 1),
    "Grünberg": (5, 1),
    "Heuchelheim": (1, 2),
    "Gießen": (2, 2),
    "Fernwald": (3, 2),
    "Lich": (4, 2),
    "Laubach": (5, 2),
    "Linden": (2, 3),
    "Pohlheim": (3, 3),
    "Hungen": (4, 3),
    "Langgöns": (2, 4),
}
