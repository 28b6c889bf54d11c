"""The bonds of the virtual radio: one JSON file, mode 0600, replaced as a whole.

    {"address": "C0:11:22:33:44:55", "bonds": {"F0:...": {"ltk": {...}, ...}}}

The hub's own address is kept with the bonds, because a device knows its bond by it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bumble.hci import Address
from bumble.keys import KeyStore, PairingKeys

from hardware.durable import replace_private
from hardware.errors import TransportError


class BondFile(KeyStore):
    """Bumble's key store over our file; read at once, written through at each change.

    :raises TransportError: if the file is there and cannot be read: a lost bond would be made
        anew silently, so a person has to decide.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._bonds: dict[str, dict[str, Any]] = {}
        self.address = str(Address.generate_static_address())
        try:
            stored = json.loads(path.read_bytes())
            self.address = str(Address(stored["address"]))
            self._bonds = {name: dict(keys) for name, keys in stored["bonds"].items()}
            self._all()
        except FileNotFoundError:
            self._save()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise TransportError(
                f"the bonds in {path} cannot be read: {error!r}",
                hint=f"Bitte {path} beiseitelegen und alle Geräte neu koppeln.",
            ) from error

    async def get(self, name: str) -> PairingKeys | None:
        """Return the bond with ``name`` (an address), or None."""
        keys = self._bonds.get(name)
        return None if keys is None else PairingKeys.from_dict(keys)

    async def get_all(self) -> list[tuple[str, PairingKeys]]:
        """Return all bonds."""
        return self._all()

    async def update(self, name: str, keys: PairingKeys) -> None:
        """Store a bond; it is on the disk when this returns."""
        self._bonds[name] = keys.to_dict()
        self._save()

    async def delete(self, name: str) -> None:
        """Forget a bond."""
        if self._bonds.pop(name, None) is not None:
            self._save()

    def _all(self) -> list[tuple[str, PairingKeys]]:
        return [(name, PairingKeys.from_dict(keys)) for name, keys in self._bonds.items()]

    def _save(self) -> None:
        text = json.dumps({"address": self.address, "bonds": self._bonds}, indent=1)
        try:
            replace_private(self._path, text)
        except OSError as error:
            raise TransportError(
                f"the bonds cannot be written to {self._path}: {error}",
                hint="Bitte Speicherplatz und Rechte des Ordners prüfen.",
            ) from error
