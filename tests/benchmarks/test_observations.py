"""What one person's day of care sensors costs on the line, beside JSON lines; one seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyrage
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from edge.care.consent import CARE, COUNTY
from edge.care.kinds import IN_COMPANY, KINDS
from edge.clock import FixedClock
from edge.store.personal import PersonalStore
from edge.store.personal_rows import Number, Observation
from edge.store.village import VillageStore
from hardware.reading import TimeQuality
from sync import columns, observations, stream
from sync.identity import Identity, fingerprint
from sync.outbox import Outbox
from sync.peers import Peers
from sync.sealer import Sealer, personal_opener
from sync.wire import Enrolment

T0 = 1_735_689_600_000
MINUTE = 60_000
ENVELOPE = 343  # of a segment around its body: header, signature, salt


def day() -> list[Observation]:
    """Return a day: a room each ten minutes, a door, a scale, a glucose meter, a thermometer."""
    rng = random.Random(2)
    found = []
    for n in range(144):
        at = T0 + n * 10 * MINUTE + rng.randrange(20_000)
        numbers = (
            Number("air_temperature", round(22 + rng.gauss(0, 0.4), 2)),
            Number("relative_humidity", round(48 + rng.gauss(0, 2), 2)),
        )
        packet = n * 7 % 256
        found.append(advert(at, "ble:A4C138112233", "room_climate", packet, numbers))
    at = T0 + 360 * MINUTE
    for n in range(60):
        at += rng.randrange(1, 30 * MINUTE)
        opened = (Number("door_open", float(n % 2 == 0)),)
        found.append(advert(at, "ble:A4C138112244", "home_activity", n, opened))
    for n, hour in enumerate((7, 12, 18, 22)):
        at = T0 + hour * 60 * MINUTE
        value = (Number("glucose_mass_concentration", float(rng.randrange(80, 200))),)
        flags: dict[str, bool | int | str] = {"type": "capillary_whole_blood", "sample": "finger"}
        found.append(gatt(at, "ble:C01122334455", "glucose", "2A18", value, flags, 40 + n))
    weight = (Number("body_weight", 71.35), Number("body_mass_index", 24.1))
    found.append(gatt(T0 + 430 * MINUTE, "ble:C0112233AABB", "weight", "2A9D", weight, {"user": 1}))
    warm = (Number("body_temperature", 36.7),)
    site = {"site": "armpit"}
    found.append(gatt(T0 + 440 * MINUTE, "ble:C01122330001", "temperature", "2A1C", warm, site))
    return sorted(found, key=lambda one: one.observed_at)


def advert(
    at: int, device: str, kind: str, packet: int, numbers: tuple[Number, ...]
) -> Observation:
    flags: dict[str, bool | int | str] = {"packet_id": packet, "trigger_based": False}
    return Observation(
        at, device, kind, 3, TimeQuality.SYNCHRONISED, at, 0, "advert", packet, None, flags, numbers
    )


def gatt(  # noqa: PLR0917  # what a row is made of
    at: int,
    device: str,
    kind: str,
    source: str,
    numbers: tuple[Number, ...],
    flags: dict[str, bool | int | str],
    sequence: int | None = None,
) -> Observation:
    received = at + 42_000
    return Observation(
        at, device, kind, 3, TimeQuality.DEVICE, received, 0, source, sequence, 1, flags, numbers
    )


def by_quarter_hours(rows: list[Observation]) -> Iterator[list[Observation]]:
    for n in range(96):
        begin = T0 + n * 15 * MINUTE
        if mine := [one for one in rows if begin <= one.observed_at < begin + 15 * MINUTE]:
            yield mine


def sealed(rows: list[Observation], recipient: str) -> int:
    body = columns.encode(observations.to_sources(rows))
    return len(stream.seal_to(body, [recipient])) + ENVELOPE


def json_lines(rows: list[Observation]) -> int:
    lines = [
        json.dumps(
            {
                "at": one.observed_at,
                "device": one.device_id,
                "kind": one.data_kind,
                "source": one.source,
                "person": one.person,
                "quality": int(one.time_quality),
                "received_at": one.received_at,
                "sequence": one.sequence,
                "user": one.user_index,
                "flags": one.flags,
                "values": {each.quantity: each.value for each in one.values},
            }
        )
        for one in rows
    ]
    data = "\n".join(lines).encode()
    return len(pa.Codec("zstd", compression_level=19).compress(data, asbytes=True))


class Hub:
    """A hub's databases with one person, who agrees that the county has all of this."""

    def __init__(self, folder: Path, secret: pyrage.x25519.Identity, **sealing: float) -> None:
        (folder / "personal.key").write_text("ab" * 32)
        self.key_file = folder / "personal.key"
        self.personal_db = folder / "personal.db"
        self.clock = FixedClock(T0)
        self.store = VillageStore(folder / "village.db")
        self.outbox = Outbox(self.store.connection, Identity.generate())
        peers = Peers(self.store.connection)
        opener = personal_opener(self.personal_db, self.key_file)
        self.sealer = Sealer(
            self.outbox, peers, self.store.connection, opener, retention_days=90, **sealing
        )
        county = Identity.generate()
        peers.ask(Enrolment(county.public_key, "Landkreis", (str(secret.to_public()),)), T0)
        peers.confirm(fingerprint(county.public_key), T0)
        with self.personal() as personal:
            person = personal.add_person("Erna Weber", T0)
            self.person = person
            for kind in KINDS:
                personal.give_consent(
                    person, purpose=CARE, data_kind=kind, sentence="Ja.", given_how="", at=T0,
                    recipient=COUNTY,
                )  # fmt: skip

    def personal(self) -> PersonalStore:
        return PersonalStore.open(self.personal_db, self.key_file)

    def live(self, rows: list[Observation], asked_every_min: int) -> tuple[int, int, float]:
        """Live that day; return bytes and segments made, and how long people's values waited.

        Asked by the county each so many minutes, at last at midnight. The wait, in seconds, is the
        longest from a measurement that is no room's nor door's to the segment that holds it.
        """
        waiting, kept, longest = list(rows), [], 0.0
        for minute in range(0, 24 * 60 + 1, 5):
            self.clock.advance(T0 + minute * MINUTE - self.clock.wall_ms)
            with self.personal() as personal:
                while waiting and waiting[0].observed_at <= self.clock.wall_ms:
                    one = replace(waiting.pop(0), person=self.person)
                    with personal.connection.transaction() as driver:
                        personal.add_observations_within(driver, [one])
                    if one.data_kind not in IN_COMPANY:
                        kept.append(self.clock.wall_ms)
            asked = minute % asked_every_min == 0
            last = minute == 24 * 60
            made = self.sealer.step(self.clock.stamp(), asked=asked, everything=last).care
            if made and kept:
                longest = max(longest, (self.clock.wall_ms - kept[0]) / 1000)
                kept.clear()
        seqs = range(1, self.outbox.position().last_seq + 1)
        return sum(len(self.outbox.read(seq)) for seq in seqs), len(seqs), longest

    def close(self) -> None:
        self.store.close()


OFTEN = {"seal_after_s": 900.0, "care_seal_after_s": 900.0}  # as if nobody ever asked first
USUAL = {"seal_after_s": 900.0, "care_seal_after_s": 21_600.0}


@pytest.mark.parametrize(
    ("name", "sealing", "asked_every_min", "most"),
    [
        ("each quarter of an hour, whoever asks", OFTEN, 1440, 300),
        ("the default, a county that asks each quarter of an hour", USUAL, 15, 40),
        ("the default, a bus once a day", USUAL, 1440, 25),
    ],
)
def test_what_a_days_sealing_costs(
    tmp_path: Path, name: str, sealing: dict[str, float], asked_every_min: int, most: int
) -> None:
    rows = day()
    hub = Hub(tmp_path, pyrage.x25519.Identity.generate(), **sealing)
    try:
        size, segments, longest_s = hub.live(rows, asked_every_min)
    finally:
        hub.close()
    values = sum(len(one.values) for one in rows)
    cost = size / values
    print(f"{name}: {cost:.1f} bytes a value, {segments} segments, waited {longest_s:.0f} s")  # noqa: T201
    assert cost < most
    if asked_every_min == 15:
        assert longest_s <= 15 * 60


def test_a_day_of_care(benchmark: BenchmarkFixture) -> None:
    rows = day()
    values = sum(len(one.values) for one in rows)
    body = benchmark(lambda: columns.encode(observations.to_sources(rows)))
    assert sorted(one.observed_at for one in observations.from_sources(columns.decode(body))) == [
        one.observed_at for one in rows
    ]
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    figures = {
        "observations": len(rows),
        "values": values,
        "body_bytes_a_value": len(body) / values,
        "once_bytes_a_value": sealed(rows, recipient) / values,
        "quarter_hours_bytes_a_value": sum(
            sealed(each, recipient) for each in by_quarter_hours(rows)
        )
        / values,
        "json_zstd_times_larger": json_lines(rows) / len(body),
    }
    benchmark.extra_info.update(figures)
    assert figures["body_bytes_a_value"] < 7
    assert figures["json_zstd_times_larger"] > 1.5
