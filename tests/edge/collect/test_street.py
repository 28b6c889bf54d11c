"""The gate, the journal and the counters, with real stores."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest

from edge.clock import FixedClock
from edge.collect import street as module
from edge.collect.street import Street
from edge.config import Config, Datasette, Hub, Meter, Personal, Publish, Radio, Site, Sync, Web
from edge.process.log import Log
from edge.store.errors import StoreFull
from edge.store.journal import Journal, State
from edge.store.village import VillageStore
from hardware.receiver import Heard
from hardware.wmbus.link import LinkFrame, encode_a

NOW_MS = 1_790_000_100_000
COMMUNAL = "KAM-76348799"
HOUSEHOLD = "wmbus:KAM-76348700-1B-04"


def address(identification: str = "76348799") -> bytes:
    return bytes.fromhex("2D2C") + bytes.fromhex(identification)[::-1] + b"\x1b\x04"


def frame(number: int, identification: str = "76348799", *, control: int = 0x44) -> LinkFrame:
    payload = bytes.fromhex("7A") + bytes((number & 0xFF, 0, 0, 0)) + b"\x04\x06" + bytes(4)
    return LinkFrame(control, address(identification), payload)


def heard(number: int, identification: str = "76348799", **changes: int) -> Heard:
    return Heard(frame(number, identification, **changes).raw, "checked", rssi_dbm=-60.0)


class House:
    """A street whose thread is played by the test."""

    def __init__(self, folder: Path, recipient: str | None) -> None:
        self.config = Config(
            source=folder / "hub.toml",
            hub=Hub("Test", "Testdorf", folder),
            web=Web(),
            datasette=Datasette(),
            sync=Sync(),
            radio=Radio(),
            personal=Personal(folder / "key"),
            publish=Publish(),
            sites=(Site("hall", "Dorfgemeinschaftshaus", communal=True),),
            meters=(Meter("halle", "Halle", "hall", "", "wmbus", wireless=COMMUNAL),),
        )
        self.clock = FixedClock(NOW_MS)
        self.journal = Journal(self.config.hub.journal_db, recipient)
        self.village = VillageStore(self.config.hub.village_db)
        self.restart()

    def restart(self) -> None:
        self.street = Street(
            self.config,
            self.journal,
            self.village,
            self.clock,
            threading.Event(),
            Log(),
            random.Random(1),
        )

    def pass_time(self, milliseconds: int = 61_000) -> None:
        self.clock.advance(milliseconds)

    def write(self) -> None:
        self.street._read_admitted()
        self.street._write()
        self.street._flush()

    def counts(self, receiver: str = "turm") -> dict[str, int]:
        return {kind: number for kind, number in self.street.counts(receiver).items() if number}

    def close(self) -> None:
        self.journal.close()
        self.village.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    house = House(tmp_path, recipient)
    yield house
    house.close()


def test_the_village_s_meter_is_kept_as_it_was_sent(house: House) -> None:
    house.street.hear("turm", heard(1))
    house.write()
    (entry,) = house.journal.pending("village")
    assert (entry.kind, entry.source) == ("wmbus", "receiver:turm")
    assert entry.device == "wmbus:KAM-76348799-1B-04"
    assert entry.payload == frame(1).raw
    assert entry.received_at == NOW_MS
    assert house.counts() == {"heard": 1, "kept": 1}


def test_checksums_are_looked_at_where_they_still_are(house: House) -> None:
    whole = encode_a(frame(1))
    house.street.hear("turm", Heard(whole, "present", frame_format="A"))
    for at in range(len(whole)):
        broken = whole[:at] + bytes((whole[at] ^ 0x10,)) + whole[at + 1 :]
        house.street.hear("turm", Heard(broken, "present", frame_format="A"))
    house.write()
    assert len(house.journal.pending("village")) == 1
    assert house.counts() == {"heard": 1, "kept": 1, "bad_frame": len(whole)}


def test_of_a_household_s_meter_nothing_stays_but_that_it_is_there(house: House) -> None:
    house.street.hear("turm", heard(1, "76348700"))
    house.write()
    assert house.journal.counts() == {}
    assert house.counts() == {"heard": 1, "not_admitted": 1}
    (sign,) = house.village.heard_meters()
    assert (sign.device, sign.medium, sign.encryption) == (HOUSEHOLD, "heat", "none")
    assert (sign.telegrams, sign.last_heard_at, sign.last_rssi_dbm) == (1, NOW_MS, -60.0)
    raw = frame(1, "76348700").raw
    files = [path for path in house.config.hub.state.iterdir() if path.is_file()]
    assert files
    assert not any(raw[11:] in path.read_bytes() for path in files)


def test_an_admitted_meter_is_sealed_from_its_next_telegram_on(house: House) -> None:
    house.street.hear("turm", heard(1, "76348700"))
    house.village.admit_meter(HOUSEHOLD, NOW_MS)
    house.write()
    house.pass_time(1000)  # within the same quarter hour
    house.street.hear("turm", heard(2, "76348700"))
    house.write()
    (entry,) = house.journal.pending("care")
    assert entry.device == HOUSEHOLD
    assert frame(2, "76348700").raw not in entry.payload
    assert entry.payload.startswith(b"age-encryption.org/")
    assert house.journal.counts() == {("care", "new"): 1}


def test_a_withdrawal_counts_for_what_still_waits(house: House) -> None:
    house.village.admit_meter(HOUSEHOLD, NOW_MS)
    house.write()
    house.street.hear("turm", heard(1, "76348700"))
    house.street.hear("turm", heard(1))
    house.village.dismiss_meter(HOUSEHOLD)
    house.write()
    assert house.journal.counts() == {("village", "new"): 1}
    assert house.counts() == {"heard": 2, "kept": 1, "not_admitted": 1}


def test_without_a_care_key_the_village_goes_on(tmp_path: Path) -> None:
    house = House(tmp_path, None)
    house.village.admit_meter(HOUSEHOLD, NOW_MS)
    house.write()
    house.street.hear("turm", heard(1, "76348700"))
    house.street.hear("turm", heard(1))
    house.write()
    assert house.journal.counts() == {("village", "new"): 1}
    assert house.counts() == {"heard": 2, "kept": 1, "unsealed": 1}
    house.close()


def test_two_receivers_and_a_repeater_bring_one_telegram(house: House) -> None:
    repeated = bytearray(frame(1).raw)
    repeated[13] |= 0x01  # the hop bit of the configuration field
    house.street.hear("turm", heard(1))
    house.street.hear("hof", heard(1))
    house.street.hear("hof", Heard(bytes(repeated), "checked"))
    house.write()
    assert len(house.journal.pending("village")) == 1
    assert house.counts("hof") == {"heard": 2, "duplicate": 2}
    assert house.village.heard_meters()[0].telegrams == 1


def test_a_counted_telegram_replayed_days_later_is_stored_once(house: House) -> None:
    session = bytes.fromhex("8D2001") + bytes.fromhex("01020320") + bytes(20)
    raw = LinkFrame(0x44, address(), session).raw
    for _ in range(3):
        house.street._hearing = module.Hearing(900_000)  # as after a restart
        house.street.hear("turm", Heard(raw, "checked"))
        house.write()
        house.pass_time(86_400_000)
    assert len(house.journal.pending("village")) == 1


def test_a_full_disk_loses_nothing_that_fits_the_queue(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> list[int]:
        raise StoreFull("full")

    monkeypatch.setattr(module, "MOST_WAITING", 3)
    with monkeypatch.context() as patch:
        patch.setattr(house.journal, "append_many", full)
        for number in range(5):
            house.street.hear("turm", heard(number))
            house.pass_time(900_000)
            with pytest.raises(StoreFull):
                house.write()
    assert house.street.status()[0].state == "degraded"
    house.write()
    assert len(house.journal.pending("village")) == 3
    assert house.counts() == {"heard": 5, "kept": 3, "overflow": 2}
    house.street.hear("turm", heard(9))  # the quarter hour that was lost is not lost twice
    house.write()
    assert len(house.journal.pending("village")) == 4


def test_counters_and_signs_survive_a_store_that_is_full(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreFull("full")

    house.street.hear("turm", heard(1))
    house.street.count("turm", "noise", 4)
    with monkeypatch.context() as patch:
        patch.setattr(house.village, "note_heard", full)
        with pytest.raises(StoreFull):
            house.write()
    house.pass_time()
    house.street.hear("turm", heard(2))
    house.write()
    house.write()
    (sign,) = house.village.heard_meters()
    assert (sign.telegrams, sign.first_heard_at) == (2, NOW_MS)
    found = {one.kind: one.count for one in house.village.receiver_counts(0)}
    assert found == {"heard": 2, "kept": 1, "thinned": 1, "noise": 4}


def test_gateways_are_no_meters(house: House) -> None:
    house.street.hear("turm", heard(1, control=0x53))
    house.write()
    assert house.counts() == {"no_meter": 1}
    assert house.village.heard_meters() == []


def test_a_flood_of_made_up_meters_is_bounded(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_SIGNS", 10)
    for number in range(50):
        house.street.hear("turm", heard(1, f"{number:08d}"))
    house.write()
    assert len(house.village.heard_meters()) == 10
    assert house.counts() == {"heard": 50, "not_admitted": 50}


def test_the_heartbeat_tells_which_configured_meter_was_heard(house: House) -> None:
    assert [(one.name, one.state) for one in house.street.status()] == [
        ("street", "ok"),
        ("halle", "waiting"),
    ]
    house.street.hear("turm", heard(1))
    assert house.street.status()[1].state == "ok"


def test_many_meters_are_one_part_of_the_heartbeat(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_PARTS", 0)
    assert [(one.state, one.message) for one in house.street.status()[1:]] == [
        ("waiting", "0 von 1 Zählern gehört")
    ]
    house.street.hear("turm", heard(1))
    assert house.street.status()[1].message == "1 von 1 Zählern gehört"


def test_a_meter_heard_for_the_first_time_is_told_soon(house: House) -> None:
    assert not house.street._has_news()
    house.street.hear("turm", heard(1))
    assert house.street._has_news()
    house.write()
    house.pass_time()
    house.street.hear("turm", heard(2))
    assert not house.street._has_news()  # a sign of life can wait
    house.street.hear("turm", heard(1, "76348700"))
    assert house.street._has_news()


def of(medium: int, number: int = 1) -> Heard:
    own = frame(number)
    whole = LinkFrame(own.control, own.address[:-1] + bytes((medium,)), own.payload)
    return Heard(whole.raw, "checked", rssi_dbm=-60.0)


@pytest.mark.parametrize("heard_before", ["still waits", "days ago"])
def test_of_two_meters_with_the_village_s_number_nothing_is_kept(
    house: House, heard_before: str
) -> None:
    house.street.hear("turm", of(4))
    if heard_before == "days ago":
        house.write()
        house.journal.mark([entry.id for entry in house.journal.pending("village")], State.DECODED)
        house.restart()
    house.street.hear("turm", of(7))
    house.street.hear("turm", of(4, 2))
    house.write()
    assert house.journal.pending("village") == []
    was_kept = heard_before == "days ago"
    assert house.counts() == {"heard": 3 - was_kept, "ambiguous": 3 - was_kept}
    assert [(part.name, part.state) for part in house.street.status()] == [
        ("street", "ok"),
        ("halle", "degraded"),
    ]


def test_the_full_name_tells_two_meters_with_one_number_apart(house: House) -> None:
    (meter,) = house.config.meters
    full = replace(meter, wireless=f"{COMMUNAL}-1B-04")
    house.config = replace(house.config, meters=(full,))
    house.restart()
    house.street.hear("turm", of(7))
    house.street.hear("turm", of(4))
    house.write()
    (entry,) = house.journal.pending("village")
    assert entry.device == "wmbus:KAM-76348799-1B-04"
    assert house.counts() == {"heard": 2, "kept": 1, "not_admitted": 1}
    assert house.street.status()[1].state == "ok"
