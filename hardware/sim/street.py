"""A street of meters on the air: buildings, keys and the telegrams that meters of today send.

Seeded, and the same for every reader; no clock is read. The telegrams are made here, none is a
real meter's.
"""

from __future__ import annotations

import hashlib
import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hardware.mbus.header import manufacturer_code
from hardware.mbus.record import split_records
from hardware.sim import seal
from hardware.sim.heat import HeatModel
from hardware.sim.stick import Transmission
from hardware.sim.telegrams import heat_records
from hardware.wmbus.link import LinkFrame, crc16

MOST_METERS = 100_000  # each has a number of its own: 8 digits would be enough for more

MEASURES_EVERY = timedelta(minutes=5)  # what a meter sends in between is what it measured last

_SENDS = 0x44
_HEAT = 0x04
_FULL_EVERY = 8  # of compact meters: every so many-th telegram names its records
_COUNTED = 0x2C00  # what an authentication layer of mode 7 holds: control, counter, code
_CONTROL = 0x25  # of the message: CMAC of eight bytes, with a counter
_SESSION = 0x20  # communication control: this session is encrypted


class Way(StrEnum):
    """How a meter sends."""

    MODE_5 = "aes-cbc-iv"
    SESSION = "ell-aes-ctr"
    MODE_7 = "aes-cbc-no-iv"
    PLAIN = "none"


_WAYS = (  # of ten meters in a row
    *(Way.SESSION, Way.MODE_5, Way.SESSION, Way.MODE_7, Way.PLAIN),
    *(Way.MODE_5, Way.SESSION, Way.MODE_5, Way.SESSION, Way.MODE_7),
)
_MAKERS = {Way.MODE_5: "LUG", Way.SESSION: "KAM", Way.MODE_7: "EFE", Way.PLAIN: "DME"}


@dataclass(frozen=True, slots=True)
class Sent:
    """One telegram and the moment at which it is on the air."""

    at: datetime
    transmission: Transmission
    meter: RadioMeter


class RadioMeter:
    """One meter. ``name`` is what hub.toml calls it (`KAM-40000001`), ``key`` has 16 bytes."""

    def __init__(self, number: int, seed: int, installed: datetime) -> None:
        own = random.Random(f"{seed}:{number}")  # noqa: S311 - a building, no secret
        self.way = _WAYS[number % len(_WAYS)]
        identification = f"{40_000_000 + number:08d}"
        self.name = f"{_MAKERS[self.way]}-{identification}"
        self.key = hashlib.blake2b(f"{seed}:{number}".encode(), digest_size=16).digest()
        self.every = timedelta(seconds=own.choice((16, 32, 60, 120)))
        self.mode = "C1" if self.way is Way.SESSION else "T1"
        self.rssi_dbm = own.uniform(-100, -50)
        self._identification = bytes.fromhex(identification)[::-1]
        maker = manufacturer_code(_MAKERS[self.way]).to_bytes(2, "little")
        self._address = maker + self._identification + bytes((0x07, _HEAT))
        self._model = HeatModel(seed * MOST_METERS + number, installed)
        self._count = own.randrange(1 << 16)
        self._measured: datetime | None = None
        self._records = b""

    def send(self, at: datetime) -> bytes:
        """Return the telegram of ``at`` without CRCs, L field first."""
        if self._measured is None or at - self._measured >= MEASURES_EVERY:
            self._records = b"".join(heat_records(self._model.at(at)))
            self._measured = at
        self._count += 1
        payload = {
            Way.MODE_5: self._mode_5,
            Way.SESSION: self._session,
            Way.MODE_7: self._mode_7,
            Way.PLAIN: self._plain,
        }[self.way](self._records)
        return LinkFrame(_SENDS, self._address, payload).raw

    @property
    def _access_number(self) -> int:
        return self._count & 0xFF

    def _plain(self, records: bytes) -> bytes:
        return bytes((0x7A, self._access_number, 0, 0, 0)) + records

    def _mode_5(self, records: bytes) -> bytes:
        plain = seal.padded(records)
        sealed = seal.seal_mode_5(self.key, self._address, self._access_number, plain)
        return bytes((0x7A, self._access_number, 0, len(plain) // 16 << 4, 5)) + sealed

    def _mode_7(self, records: bytes) -> bytes:
        plain = seal.padded(records)
        counter = self._count.to_bytes(4, "little")
        sealed = seal.seal_mode_7(self.key, self._identification, counter, plain)
        header = bytes((0x7A, self._access_number, 0, len(plain) // 16 << 4, 7, 0x10))
        signed = bytes((_CONTROL,)) + counter + header + sealed
        code = seal.authenticate(self.key, self._identification, counter, signed)
        layer = _COUNTED.to_bytes(2, "little") + bytes((_CONTROL,)) + counter + code
        return bytes((0x90, len(layer))) + layer + header + sealed

    def _session(self, records: bytes) -> bytes:
        content = b"\x78" + records
        if self._count % _FULL_EVERY:
            content = b"\x79" + _compact(records)
        session = (self._count & 0x1FFFFFFF | 1 << 29).to_bytes(4, "little")
        plain = crc16(content).to_bytes(2, "little") + content
        sealed = seal.seal_session(self.key, self._address, _SESSION, session, plain)
        return bytes((0x8D, _SESSION, self._access_number)) + session + sealed


class Street:
    """``count`` meters, each sending at its own pace from ``start`` on.

    :raises ValueError: for no meter, or more than a hundred thousand.
    """

    def __init__(self, count: int, start: datetime, *, seed: int = 1) -> None:
        if not 0 < count <= MOST_METERS:
            raise ValueError(f"a street has 1 to {MOST_METERS} meters, not {count}")
        self.meters = [RadioMeter(number, seed, start) for number in range(count)]
        self._start = start
        self._rng = random.Random(seed)  # noqa: S311 - a street, no secret

    def air(self) -> Iterator[Sent]:
        """Yield what is on the air, in order, without end."""
        due = [
            (self._start + meter.every * self._rng.random(), index)
            for index, meter in enumerate(self.meters)
        ]
        heapq.heapify(due)
        while True:
            at, index = due[0]
            meter = self.meters[index]
            yield Sent(at, Transmission(meter.send(at), meter.mode, meter.rssi_dbm), meter)
            # as the standard wants it, so that two meters do not collide for ever
            following = at + meter.every * self._rng.uniform(0.9, 1.1)
            heapq.heapreplace(due, (following, index))


def _compact(records: bytes) -> bytes:
    """Return the data of a compact frame for the full frame's ``records``."""
    parts = split_records(records)
    if not parts:
        raise ValueError("the records have no compact form")
    signature = crc16(b"".join(header for header, _ in parts))
    checksum = crc16(records)
    values = b"".join(value for _, value in parts)
    return signature.to_bytes(2, "little") + checksum.to_bytes(2, "little") + values
