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

# Official keys (Amtlicher Gemeindeschlüssel): the county's 06531 and the municipality's number.
# Source: compared one by one with the annex to § 1 of the Mietniveau-Einstufungsverordnung (BGBl. I
# 2021, 3739; as of 25 January 2021), where the seventh is called "Heuchelheim a. d. Lahn".
KEYS: Mapping[str, str] = {
    "Allendorf (Lumda)": "06531001",
    "Biebertal": "06531002",
    "Buseck": "06531003",
    "Fernwald": "06531004",
    "Gießen": "06531005",
    "Grünberg": "06531006",
    "Heuchelheim": "06531007",
    "Hungen": "06531008",
    "Langgöns": "06531009",
    "Laubach": "06531010",
    "Lich": "06531011",
    "Linden": "06531012",
    "Lollar": "06531013",
    "Pohlheim": "06531014",
    "Rabenau": "06531015",
    "Reiskirchen": "06531016",
    "Staufenberg": "06531017",
    "Wettenberg": "06531018",
}
