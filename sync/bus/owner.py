"""The county that a bus drives for: its pass, and how it changed its key."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from sync import identity, parcel, rotation, stick
from sync.bus.config import BusConfig
from sync.carrier.base import CarrierError, Reason
from sync.carrier.folder import ROOT
from sync.errors import FormatError
from sync.identity import Identity


class Owner:
    """Whom one bus drives for, as far as its pass and what it heard say. Threads may share it."""

    def __init__(self, config: BusConfig, key: Identity) -> None:
        self._config, self._key = config, key
        self._root = config.store / ROOT

    def name(self) -> bytes:
        """Return the name of the county that this bus drives for; empty without a pass.

        A pass that an older key of the county's signed says it as well.
        """
        with contextlib.suppress(OSError, FormatError):
            return parcel.named(self._config.pass_file.read_bytes()).county
        return b""

    def renew(self, data: bytes) -> None:
        """Take a new pass from the same county.

        :raises FormatError: if it is none, or another's.
        """
        fresh = parcel.decode(data, self.key_of)
        if (fresh.carrier, fresh.county) != (self._key.name, self.name()):
            raise FormatError("the pass is of another bus, or of another county")
        identity.write_private(self._config.pass_file, data)

    def learn(self, chain: Sequence[rotation.Rotation]) -> None:
        """Note how the county changed its key.

        :raises KeyConflict: if it was changed in two ways.
        """
        name = chain[0].name
        known: Sequence[rotation.Rotation] = ()
        file = self._keys_of(name)
        with contextlib.suppress(OSError, FormatError):
            known = rotation.decode(file.read_bytes(), name)
        longer = rotation.extend(known, chain)
        if len(longer) > len(known):
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            identity.write_private(file, rotation.encode(longer))

    def key_of(self, county: bytes) -> bytes:
        """Return the key that a county signs with now, as far as the bus heard."""
        with contextlib.suppress(OSError, FormatError):
            data = self._keys_of(county).read_bytes()
            return rotation.key_now(county, rotation.decode(data, county))
        return county

    def shown(self) -> bytes:
        """Return the pass as it is shown to hubs.

        :raises CarrierError: if there is none yet.
        """
        try:
            return self._config.pass_file.read_bytes()
        except FileNotFoundError as error:
            raise CarrierError(
                Reason.NOT_ENROLLED,
                "this bus has no pass",
                hint="„dorfhub bus request“, beim Landkreis „county bus-pass“, dann „bus pass“.",
            ) from error

    def _keys_of(self, county: bytes) -> Path:
        return self._root / stick.ACKS / f"{identity.short_id(county)}{rotation.SUFFIX}"
