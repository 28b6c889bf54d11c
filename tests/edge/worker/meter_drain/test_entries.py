"""What becomes of entries: read, kept with a reason, marked once, in rounds, after a crash."""

from __future__ import annotations

import pytest

from edge.store.errors import StoreError
from edge.store.journal import State
from edge.store.village_rows import HeardMeter
from edge.worker.meter_drain import Drained
from hardware.wmbus.link import LinkFrame
from tests.edge.worker.meter_drain.house import (
    HOME,
    KEY,
    KITA,
    NOON,
    OTHER_KEY,
    House,
    fail,
    full_payload,
    name,
    number,
    plain,
    records,
    sealed,
    session,
)


def test_a_plain_communal_telegram_becomes_a_reading_also_while_locked(house: House) -> None:
    entry = house.arrive(plain(5249))
    assert house.run(locked=True) == Drained(village=1)
    assert house.state(entry) == (State.DECODED, "")
    (row,) = house.village.latest()
    assert (row.energy_kwh, row.volume_m3, row.journal_id) == (5249.0, 0.799, entry)
    assert row.observed_at == NOON + 1000
    (device,) = house.village.devices("meter")
    assert (device.device_id, device.meter_id) == ("mbus:KAM-12345678-1B-04", "kita-waerme")
    assert (device.label, device.site_id) == ("Kita, Wärme", "kita")
    assert house.run() == Drained()


def test_a_process_that_starts_anew_goes_on_where_the_other_ended(house: House) -> None:
    house.arrive(sealed(5248))
    house.run()
    house.key()
    house.restart()
    assert house.run() == Drained(village=1)


def test_what_no_decoder_reads_is_kept_with_its_reason(house: House) -> None:
    entry = house.arrive(LinkFrame(0x44, KITA, b"\xa1\x01\x02").raw)
    broken = house.arrive(plain(5249)[:-1])
    assert house.run().kept == {"unreadable": 2}
    state, message = house.state(entry)
    assert state is State.QUARANTINED
    assert message.startswith("Unsupported: the manufacturer's own")
    assert house.state(broken)[1].startswith("FrameError")


def test_a_decoder_s_bug_stops_no_other_meter(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = house.meters._reader.read

    def broken(raw: bytes) -> object:
        if raw == plain(1):
            raise RuntimeError("value 1 kWh")
        return read(raw)

    monkeypatch.setattr(house.meters._reader, "read", broken, raising=False)
    bad = house.arrive(plain(1))
    house.arrive(plain(5249))
    assert house.run().village == 1
    assert house.state(bad) == (State.QUARANTINED, "decoder failed: RuntimeError")


def test_the_state_of_a_heard_meter_is_told(house: House) -> None:
    letters, digits = number(KITA)
    heard = HeardMeter(name(KITA), letters, digits, 27, "heat", "aes-cbc-iv", NOON, NOON, 1)
    house.village.note_heard([heard])
    for key, state in ((None, "key_required"), (OTHER_KEY, "wrong_key"), (KEY, "ok")):
        if key:
            house.key(key=key)
        house.arrive(sealed(5249))
        house.run()
        (meter,) = house.village.heard_meters()
        assert meter.state == state


def test_many_telegrams_are_read_in_rounds_and_not_all_in_one_run(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.worker.meter_drain.BATCH", 10)
    monkeypatch.setattr("edge.worker.meter_drain.MOST_ROUNDS", 2)
    for kwh in range(25):
        house.arrive(plain(kwh))
    assert house.run() == Drained(village=20)
    assert house.run() == Drained(village=5)
    assert len(house.village.rounds_after(0)) == 3


@pytest.mark.parametrize("lane", ["village", "care"])
def test_a_crash_before_entries_are_marked_repeats_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, lane: str
) -> None:
    _, home = house.admit()
    address = KITA if lane == "village" else HOME
    house.arrive(plain(5249, address), address, lane)
    with monkeypatch.context() as patch:
        patch.setattr(house.journal, "mark", fail)
        with pytest.raises(StoreError):
            house.run()
    house.restart()
    house.run()
    kept = house.energies() + [row.energy_kwh for row in house.personal.household_rows(home)]
    assert kept == [5249.0]
    assert house.journal.pending(lane) == []  # type: ignore[arg-type]


def test_a_reading_without_known_columns_is_decoded_and_leaves_no_row(house: House) -> None:
    _, home = house.admit()
    text = b"\x7a\x2a\0\0\0" + bytes.fromhex("426C1F3C")
    entries = [
        house.arrive(LinkFrame(0x44, KITA, text).raw),
        house.arrive(LinkFrame(0x44, HOME, text).raw, HOME, "care"),
    ]
    assert house.run() == Drained()
    assert {house.state(entry) for entry in entries} == {(State.DECODED, "")}
    assert house.personal.household_rows(home) == []
    assert house.energies() == []


def well(energy_kwh: int, status: int) -> bytes:
    head = bytes((0x7A, 0x2A, status, 0, 0))
    return LinkFrame(0x44, KITA, head + records(energy_kwh)).raw


@pytest.mark.parametrize("anew", ["the same process", "a restart"])
def test_what_a_communal_meter_says_of_itself_is_kept_and_a_change_is_noted(
    house: House, anew: str
) -> None:
    house.arrive(well(5000, 0))
    house.arrive(well(5001, 0))
    house.run()
    (said,) = house.village.meter_statuses().values()
    assert (said.status, said.since, said.is_well) == ("OK", NOON + 1000, True)
    assert house.village.events() == []
    if anew == "a restart":
        house.restart()
    house.clock.advance(3_600_000)
    house.arrive(well(5002, 0x0C))
    house.arrive(well(5003, 0x0C))
    house.arrive(session(full_payload(5004)))  # says nothing of it
    house.key()
    house.run()
    (said,) = house.village.meter_statuses().values()
    assert said.status == "PERMANENT_ERROR POWER_LOW"
    assert "dauerhaften Fehler" in said.words
    assert "Batterie" in said.words
    (event,) = house.village.events()
    assert (event.kind, event.device) == ("status", "mbus:KAM-12345678-1B-04")
    assert house.energies() == [5000.0, 5001.0, 5002.0, 5003.0, 5004.0]
