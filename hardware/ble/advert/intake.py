"""The seam to the collector: an advertisement comes in, what is to be stored goes out.

Pure: time and keys are arguments, and the counters that have to outlive a restart are given
and taken by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

from hardware.ble.advert.advertisement import Advertisement
from hardware.ble.advert.registry import decode
from hardware.ble.advert.replay import SAME_NUMBER_S, SAME_WORDS_S, Kind, ReplayGuard
from hardware.ble.advert.sighting import Sequence, Sighting
from hardware.errors import DecodeError, Unsupported
from hardware.reading import Record


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one advertisement is to the hub.

    ``key`` is the journal's idempotent key (BLAKE2b-128) of a new message: the same message
    gives the same one, also after a restart. ``sighting`` is there whenever the message was read,
    ``error`` when it was not.
    """

    kind: Kind
    key: bytes = b""
    sighting: Sighting | None = None
    error: DecodeError | None = None

    @property
    def records(self) -> tuple[Record, ...]:
        """What is to be stored: nothing but a new message's records."""
        if self.kind is not Kind.NEW or self.sighting is None:
            return ()
        return self.sighting.measurement.records


class Intake:
    """Advertisements of all devices in reach, one after the other.

    ``counters`` are the authentic counters kept from the last run, see :class:`ReplayGuard`.
    """

    def __init__(self, counters: Mapping[str, int] | None = None) -> None:
        self.guard = ReplayGuard(counters)

    def receive(self, advert: Advertisement, now: float, key: bytes | None = None) -> Verdict:
        """Take one advertisement in; ``now`` is in seconds, ``key`` the device's if it has one.

        A message is judged by its counter only after the key has opened it, so a forged one
        moves no counter. No error is raised but our own bugs': what cannot be read is a verdict.
        """
        try:
            sighting = decode(advert, key)
        except Unsupported as error:
            return Verdict(Kind.FOREIGN, error=error)
        except DecodeError as error:
            return Verdict(Kind.UNREADABLE, error=error)
        digest = _digest(advert)
        kind = self.guard.check(advert.address, sighting.sequence, digest, now)
        if kind is not Kind.NEW:
            return Verdict(kind, sighting=sighting)
        return Verdict(kind, _key(advert.address, sighting.sequence, digest, now), sighting)


def _digest(advert: Advertisement) -> bytes:
    """Return a digest of what was said; the name comes and goes with the scan response."""
    said = blake2b(digest_size=16)
    parts = [(f"m{company}", data) for company, data in advert.manufacturer_data.items()]
    parts += [(f"s{uuid}", data) for uuid, data in advert.service_data.items()]
    for name, data in sorted(parts):
        said.update(f"{name}:{len(data)}:".encode())
        said.update(data)
    return said.digest()


def _key(address: str, sequence: Sequence | None, digest: bytes, now: float) -> bytes:
    """Return the key; where numbers come again, with the span of time in which they do not."""
    if sequence is None:
        number = f"-/{int(now // SAME_WORDS_S)}"
    elif sequence.authentic:
        number = f"{sequence.number}"
    else:
        number = f"{sequence.number}/{int(now // SAME_NUMBER_S)}"
    return blake2b(f"{address}/{number}/".encode() + digest, digest_size=16).digest()
