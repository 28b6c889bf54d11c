"""The keys at hand while telegrams are read."""

from __future__ import annotations

from collections.abc import Iterable

from edge.store.personal_rows import MeterKey


class Keys:
    """The keys at hand, by the meter they are of."""

    def __init__(self, keys: Iterable[MeterKey] = ()) -> None:
        self._keys = {(key.manufacturer, key.identification): key for key in keys}

    def __len__(self) -> int:
        return len(self._keys)

    def of(self, names: Iterable[str]) -> list[MeterKey]:
        """Return the keys that may open telegrams of meters so named, the likeliest first.

        A key without manufacturer is of any meter with that number.
        """
        found: dict[int, MeterKey] = {}
        for name in names:
            manufacturer, _, identification = name.rpartition("-")
            for letters in (manufacturer, ""):
                key = self._keys.get((letters, identification))
                if key is not None:
                    found[key.number] = key
        return list(found.values())
