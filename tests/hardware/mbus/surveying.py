"""Leading a survey over an in-memory bus, in whatever pieces the bytes come."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from hardware.mbus.frame import encode_long
from hardware.mbus.probe import Survey
from hardware.mbus.secondary import SecondaryAddress
from hardware.sim.bus import Bus, BusMeter
from hardware.sim.telegrams import FileTelegrams

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
RECORDS = bytes.fromhex("0C 78 12 34 56 78 0C 06 12 34 56 78 0C 14 00 11 22 33 0B 2D 00 01 02")


def bus_meter(address: SecondaryAddress, primary: int = 1, **changes: object) -> BusMeter:
    frame = encode_long(0x08, primary, 0x72, address.wire + bytes(4) + RECORDS)
    telegrams = FileTelegrams([frame])
    return BusMeter(telegrams, primary, fabrication=address.fabrication, **changes)  # type: ignore[arg-type]


class Line:
    """A bus, an optional echo, and noise for a share of the questions."""

    def __init__(
        self,
        meters: list[BusMeter],
        *,
        seed: int = 1,
        echo: bool = False,
        noise: float = 0.0,
        cut: int = 10_000,
    ) -> None:
        self.rng = random.Random(seed)
        self.bus = Bus(meters, random.Random(seed))
        self.echo, self.noise, self.cut = echo, noise, cut
        self.requests: list[bytes] = []
        self.late: list[bytes] = []

    def ask(self, request: bytes) -> bytes:
        self.requests.append(request)
        spoken = self.bus.hear(request, NOON, lambda _baud: True)
        heard = b"".join(self.late)
        self.late = [one.data for one in spoken if one.after_s]
        heard += b"".join(one.data for one in spoken if not one.after_s)
        if self.echo:
            heard = request + heard
        if self.rng.random() < self.noise:
            heard += self.rng.randbytes(self.rng.randint(1, 9))
        return heard


def lead(survey: Survey, line: Line) -> None:
    shares = [0.0]
    while (request := survey.request()) is not None:
        assert not survey.waiting or request
        heard = line.ask(request)
        for at in range(0, len(heard), line.cut):
            survey.feed(heard[at : at + line.cut])
        assert survey.waiting
        survey.silence()
        shares.append(survey.share)
    assert shares == sorted(shares)
    assert all(-1e-9 <= share <= 1 + 1e-9 for share in shares)
    assert survey.share == 1.0
    assert not survey.waiting
