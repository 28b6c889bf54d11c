"""Telegrams as meters send them, sealed by the `openssl` command, from the journal to readings."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.care.consent import HEAT, HEAT_CADASTRE
from edge.clock import FixedClock, to_ms
from edge.config import Config, load
from edge.process.log import Log
from edge.store.errors import StoreError
from edge.store.household_gate import settle
from edge.store.journal import Journal, State, entry_key
from edge.store.personal import PersonalStore
from edge.store.personal_rows import HouseholdRow
from edge.store.setup import create
from edge.store.village import VillageStore
from edge.store.village_rows import HeardMeter
from edge.worker.meter_drain import Drained, MeterDrain
from hardware.reading import TimeQuality
from hardware.wmbus.link import LinkFrame, crc16

HUB = """
[hub]
name = "Haus"
village = "Dorf"
[[sites]]
site_id = "kita"
name = "Kita"
communal = true
[[receivers]]
receiver_id = "turm"
kind = "im871a"
transport = "serial:/dev/null"
[[meters]]
meter_id = "kita-waerme"
name = "Kita, Wärme"
site_id = "kita"
protocol = "wmbus"
wireless = "KAM-12345678"
"""
NOON = to_ms(datetime(2026, 9, 21, 12, 0, tzinfo=UTC))
DAY_MS = 86_400_000
KEY = bytes.fromhex("000102030405060708090A0B0C0D0EFF")
OTHER_KEY = bytes.fromhex("000102030405060708090A0B0C0D0EFE")
KITA = bytes.fromhex("2D2C785634121B04")
HOME = bytes.fromhex("A51121436587050C")
ADAPTER = bytes.fromhex("2D2C99999999FF37")
SIGNATURE_HEADS = (bytes.fromhex("0C06"), bytes.fromhex("0413"), bytes.fromhex("426C"))


def name(address: bytes) -> str:
    header = LinkFrame(0x44, address, b"\x78").header
    return header.device_id.replace("mbus:", "wmbus:")


def number(address: bytes) -> tuple[str, str]:
    header = LinkFrame(0x44, address, b"\x78").header
    return str(header.manufacturer), str(header.identification)


def records(energy_kwh: int) -> bytes:
    energy = bytes.fromhex(f"{energy_kwh:08d}")[::-1]
    return b"\x0c\x06" + energy + bytes.fromhex("04131F030000") + bytes.fromhex("426C1F3C")


def openssl(cipher: str, key: bytes, iv: bytes, data: bytes) -> bytes:
    arguments = ("enc", f"-aes-128-{cipher}", "-nopad", "-K", key.hex(), "-iv", iv.hex())
    return subprocess.run(
        ("openssl", *arguments), input=data, capture_output=True, check=True
    ).stdout


def plain(energy_kwh: int, address: bytes = KITA) -> bytes:
    return LinkFrame(0x44, address, b"\x7a\x2a\0\0\0" + records(energy_kwh)).raw


def sealed(energy_kwh: int, address: bytes = KITA, key: bytes = KEY, *, by: bytes = b"") -> bytes:
    """Mode 5; behind a radio adapter ``by`` with the meter's own address in a long header."""
    data = b"\x2f\x2f" + records(energy_kwh)
    data += b"\x2f" * (-len(data) % 16)
    body = openssl("cbc", key, address + b"\x2a" * 8, data)
    long = b"\x72" + address[2:6] + address[:2] + address[6:]
    head = (long if by else b"\x7a") + bytes((0x2A, 0, len(data) // 16 << 4, 5))
    return LinkFrame(0x44, by or address, head + body).raw


def session(
    payload: bytes, address: bytes = KITA, key: bytes = KEY, *, count: int = 0x0C0B0A
) -> bytes:
    number = (count | 1 << 29).to_bytes(4, "little")
    head = b"\x20\x2a" + number
    clear = crc16(payload).to_bytes(2, "little") + payload
    body = openssl("ctr", key, address + b"\x20" + number + bytes(3), clear)
    return LinkFrame(0x44, address, b"\x8d" + head + body).raw


def full_payload(energy_kwh: int) -> bytes:
    return b"\x78" + records(energy_kwh)


def compact_payload(energy_kwh: int) -> bytes:
    full = records(energy_kwh)
    data = full[2:6] + full[8:12] + full[14:16]
    signature = crc16(b"".join(SIGNATURE_HEADS)).to_bytes(2, "little")
    return b"\x79" + signature + crc16(full).to_bytes(2, "little") + data


@dataclass
class House:
    config: Config
    journal: Journal
    village: VillageStore
    personal: PersonalStore
    clock: FixedClock
    meters: MeterDrain

    def arrive(self, raw: bytes, address: bytes = KITA, lane: str = "village") -> int:
        self.clock.advance(1000)
        stamp = self.clock.stamp()
        key = entry_key("wmbus", raw, self.clock.wall_ms)
        return self.journal.append(lane, "turm", name(address), "wmbus", key, raw, stamp)  # type: ignore[arg-type]

    def run(self, *, locked: bool = False) -> Drained:
        self.clock.advance(1000)
        return self.meters.run(None if locked else self.personal, self.clock.wall_ms)

    def restart(self) -> None:
        self.meters = MeterDrain(self.config, self.journal, self.village, Log())

    def key(self, address: bytes = KITA, key: bytes = KEY, *, maker: bool = True) -> None:
        letters, digits = number(address)
        letters = letters if maker else ""
        self.personal.add_keys([(letters, digits, key)], "Test", self.clock.wall_ms)

    def admit(self, person: str = "Erna", address: bytes = HOME) -> tuple[int, int]:
        at = self.clock.wall_ms
        found = self.personal.find_person(person)
        who = found.person if found else self.personal.add_person(person, at)
        self.personal.give_consent(
            who, purpose=HEAT_CADASTRE, data_kind=HEAT, sentence="Ja.", given_how="Papier", at=at
        )
        return who, self.personal.add_household(name(address), who, at)

    def energies(self) -> list[float | None]:
        numbers = [device.device for device in self.village.devices("meter")]
        return [row.energy_kwh for one in numbers for row in self.village.series(one, 0)]

    def state(self, entry: int) -> tuple[State, str]:
        found = self.journal.entry(entry)
        assert found is not None
        return found.state, found.message


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "hub.toml").write_text(HUB)
    config = load(tmp_path / "hub.toml")
    create(config)
    with (
        PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal,
        Journal(config.hub.journal_db, personal.care_recipient()) as journal,
        VillageStore(config.hub.village_db) as village,
    ):
        village.sync_sites(config)
        meters = MeterDrain(config, journal, village, Log())
        yield House(config, journal, village, personal, FixedClock(NOON), meters)


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


@pytest.mark.parametrize("seal", [sealed, lambda kwh: session(full_payload(kwh))])
def test_the_key_that_comes_later_brings_the_history(house: House, seal: object) -> None:
    assert callable(seal)
    entries = [house.arrive(seal(5000 + day)) for day in range(5)]
    done = house.run()
    assert done == Drained(kept=done.kept)
    assert done.kept == {"key_required": 5}
    assert {house.state(entry) for entry in entries} == {
        (State.QUARANTINED, "KeyRequired KAM-12345678")
    }
    assert "Schlüssel" in str(house.village.devices("meter")[0].last_error)
    assert house.run() == Drained()
    house.key()
    assert house.run() == Drained(village=5)
    assert house.energies() == [5000.0, 5001.0, 5002.0, 5003.0, 5004.0]
    assert not house.village.devices("meter")[0].failing
    assert [key.state for key in house.personal.meter_keys()] == ["opens"]


def test_a_wrong_key_is_told_apart_and_the_right_one_reads_what_was_kept(house: House) -> None:
    entry = house.arrive(sealed(5249))
    house.key(key=OTHER_KEY)
    assert house.run().kept == {"wrong_key": 1}
    assert house.state(entry) == (State.QUARANTINED, "WrongKey KAM-12345678")
    assert [key.state for key in house.personal.meter_keys()] == ["wrong"]
    assert "gehört" in str(house.village.devices("meter")[0].last_error)
    assert house.run() == Drained()  # the same key is not tried for ever
    house.key()
    assert house.run() == Drained(village=1)
    assert [key.state for key in house.personal.meter_keys()] == ["opens"]


def test_a_key_without_manufacturer_opens_and_the_better_known_one_comes_first(
    house: House,
) -> None:
    house.arrive(sealed(5249))
    house.key(maker=False)
    assert house.run() == Drained(village=1)
    house.key(key=OTHER_KEY)
    house.arrive(sealed(5250))
    assert house.run() == Drained(village=1)  # the better one fails, the other still opens
    assert {key.manufacturer: key.state for key in house.personal.meter_keys()} == {
        "": "opens",
        "KAM": "unused",
    }


def test_while_locked_a_sealed_telegram_waits_and_is_read_after_unlocking(house: House) -> None:
    house.key()
    house.arrive(sealed(5248))
    assert house.run() == Drained(village=1)
    house.arrive(sealed(5249))
    assert house.run(locked=True).kept == {"key_required": 1}
    assert "gesperrt" in str(house.village.devices("meter")[0].last_error)
    assert house.run() == Drained(village=1)
    assert house.energies() == [5248.0, 5249.0]


def test_a_process_that_starts_anew_goes_on_where_the_other_ended(house: House) -> None:
    house.arrive(sealed(5248))
    house.run()
    house.key()
    house.restart()
    assert house.run() == Drained(village=1)


def test_behind_a_radio_adapter_the_meter_s_own_number_counts(house: House) -> None:
    entry = house.arrive(sealed(5249, HOME, by=KITA), KITA)
    assert house.run().kept == {"key_required": 1}
    waits = " ".join("-".join(number(address)) for address in (KITA, HOME))
    assert house.state(entry) == (State.QUARANTINED, f"KeyRequired {waits}")
    house.key(HOME)
    assert house.run() == Drained(village=1)
    assert house.village.devices("meter")[0].device_id == name(HOME)[1:]


def test_behind_a_radio_adapter_a_key_under_the_adapter_s_number_opens_too(house: House) -> None:
    house.arrive(sealed(5249, HOME, by=KITA), KITA)
    house.run()
    house.key(KITA)
    assert house.run() == Drained(village=1)


def test_compact_telegrams_wait_for_their_format(house: House) -> None:
    house.key()
    first = house.arrive(session(compact_payload(5000)))
    assert house.run().kept == {"format_unknown": 1}
    assert house.state(first)[1].startswith("FormatUnknown ")
    # another one comes in the same round as the full telegram that explains it
    house.arrive(session(compact_payload(5001)))
    house.arrive(session(full_payload(5002)))
    assert house.run().village == 1
    assert house.run() == Drained(village=2)
    assert house.energies() == [5000.0, 5001.0, 5002.0]


def test_a_format_that_was_learned_outlives_the_process(house: House) -> None:
    house.key()
    house.arrive(session(full_payload(5000)))
    house.run()
    house.restart()
    house.arrive(session(compact_payload(5001)))
    assert house.run() == Drained(village=1)


def test_a_format_saved_right_before_a_crash_is_used_for_what_waits(house: House) -> None:
    house.key()
    house.arrive(session(compact_payload(5000)))
    house.run()
    skeleton = b"".join(SIGNATURE_HEADS)
    house.village.save_format(crc16(skeleton), skeleton)
    house.restart()
    assert house.run() == Drained(village=1)


def test_a_saved_format_that_is_none_is_passed_over(house: House) -> None:
    house.village.save_format(1, b"\x0f")
    house.arrive(plain(5249))
    assert house.run() == Drained(village=1)


def test_what_no_decoder_reads_is_kept_with_its_reason(house: House) -> None:
    entry = house.arrive(LinkFrame(0x44, KITA, b"\xa1\x01\x02").raw)
    broken = house.arrive(plain(5249)[:-1])
    assert house.run().kept == {"unreadable": 2}
    state, message = house.state(entry)
    assert state is State.QUARANTINED
    assert message.startswith("Unsupported: the manufacturer's own")
    assert house.state(broken)[1].startswith("FrameError")


def test_a_household_s_telegram_goes_to_personal_db_alone(house: House) -> None:
    _, home = house.admit()
    house.key(HOME)
    entry = house.arrive(sealed(7001, HOME), HOME, "care")
    assert house.run() == Drained(household=1)
    (row,) = house.personal.household_rows(home)
    assert (row.energy_kwh, row.journal_id, row.observed_at) == (7001.0, entry, NOON + 1000)
    assert row.time_quality is TimeQuality.SYNCHRONISED
    assert house.energies() == []
    assert house.village.admitted_meters() == {name(HOME)}
    (kept,) = house.personal.household_rounds_after(0)
    assert house.personal.household_rows_of(kept) == [row]
    assert house.run() == Drained()


def test_a_household_s_telegram_waits_sealed_while_locked(house: House) -> None:
    _, home = house.admit()
    entry = house.arrive(plain(7001, HOME), HOME, "care")
    assert house.run(locked=True) == Drained()
    assert house.state(entry) == (State.NEW, "")
    assert house.run() == Drained(household=1)
    assert len(house.personal.household_rows(home)) == 1


def test_without_consent_the_bytes_are_erased_and_only_counted(house: House) -> None:
    entry = house.arrive(plain(7001, HOME), HOME, "care")
    assert house.run() == Drained(refused=1)
    found = house.journal.entry(entry)
    assert found is not None
    assert (found.state, found.payload, found.message) == (State.REFUSED, b"", "no consent")


def test_a_withdrawal_closes_the_gate_and_erases_what_waits(house: House) -> None:
    who, home = house.admit()
    read = house.arrive(plain(7001, HOME), HOME, "care")
    waits = house.arrive(sealed(7002, HOME), HOME, "care")
    assert house.run().household == 1
    assert house.state(waits)[1] == "KeyRequired DME-87654321"
    late = house.arrive(plain(7003, HOME), HOME, "care")
    house.personal.withdraw_consent(who, house.clock.wall_ms, purpose=HEAT_CADASTRE)
    house.key(HOME)
    assert house.run() == Drained()  # the gate has erased it before
    assert house.village.admitted_meters() == frozenset()
    payloads = {entry: house.journal.entry(entry) for entry in (read, waits, late)}
    assert all(entry is not None and entry.payload == b"" for entry in payloads.values())
    straggler = house.arrive(plain(7004, HOME), HOME, "care")  # the collector had not seen it yet
    assert house.run() == Drained(refused=1)
    assert house.state(straggler)[0] is State.REFUSED
    assert len(house.personal.household_rows(home)) == 1


def test_a_meter_that_changes_hands_leaves_each_household_its_own(house: House) -> None:
    _, first = house.admit("Erna")
    house.arrive(plain(7001, HOME), HOME, "care")
    house.run()
    house.clock.advance(1000)
    house.personal.remove_household(name(HOME), house.clock.wall_ms)
    between = house.arrive(plain(7002, HOME), HOME, "care")
    house.clock.advance(1000)
    _, second = house.admit("Heinz")
    house.arrive(plain(7003, HOME), HOME, "care")
    assert house.run().household == 1
    assert house.state(between)[0] is State.REFUSED
    assert [row.energy_kwh for row in house.personal.household_rows(first)] == [7001.0]
    assert [row.energy_kwh for row in house.personal.household_rows(second)] == [7003.0]


def test_an_unset_clock_gives_the_telegram_to_who_has_the_meter_now(house: House) -> None:
    _, home = house.admit()
    house.clock.wall_ms, house.clock.quality = 5000, TimeQuality.UNKNOWN
    house.arrive(plain(7001, HOME), HOME, "care")
    house.clock.wall_ms = NOON
    assert house.run() == Drained(household=1)
    assert len(house.personal.household_rows(home)) == 1


def test_a_clock_that_went_back_takes_no_consent_away(house: House) -> None:
    _, home = house.admit()
    house.arrive(plain(7001, HOME), HOME, "care")
    house.clock.wall_ms -= 400 * DAY_MS
    house.arrive(plain(7002, HOME), HOME, "care")
    assert house.run() == Drained(household=2)
    assert house.village.admitted_meters() == {name(HOME)}
    assert len(house.personal.household_rows(home)) == 2


def test_a_withdrawal_while_telegrams_are_read_counts(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, home = house.admit()
    entry = house.arrive(plain(7001, HOME), HOME, "care")
    keep = house.personal.add_household_round

    def withdrawn_now(rows: Sequence[HouseholdRow]) -> int:
        house.personal.withdraw_consent(who, house.clock.wall_ms)
        settle(house.personal, house.village, house.journal, house.clock.wall_ms)
        return keep(rows)

    monkeypatch.setattr(house.personal, "add_household_round", withdrawn_now)
    house.run()
    assert house.personal.household_rows(home) == []
    assert house.state(entry) == (State.REFUSED, "no consent")


def test_sealed_to_another_key_is_kept_and_told(house: House) -> None:
    house.admit()
    house.run()
    other = Journal(
        house.config.hub.journal_db,
        "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
    )
    with other:
        stamp = house.clock.stamp()
        entry = other.append("care", "x", name(HOME), "wmbus", b"k", plain(1, HOME), stamp)
    assert house.run().kept == {"unreadable": 1}
    assert house.state(entry) == (State.QUARANTINED, "DoesNotOpen")


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


def test_the_gate_follows_the_consents_both_ways(house: House) -> None:
    at = NOON
    house.village.admit_meter("wmbus:QDS-11111111-01-08", at)  # left by a crash
    house.admit()
    settled = settle(house.personal, house.village, house.journal, house.clock.wall_ms)
    assert (settled.admitted, settled.dismissed, settled.erased) == (1, 1, 0)
    again = settle(house.personal, house.village, house.journal, house.clock.wall_ms)
    assert (again.admitted, again.dismissed) == (0, 0)


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


def fail(*_: object) -> None:
    raise StoreError("the disk is gone")


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


@pytest.mark.parametrize("anew", ["the same process", "a restart", "locked in between"])
def test_a_household_s_counter_that_fell_is_noted_without_its_numbers(
    house: House, anew: str
) -> None:
    house.admit()
    house.arrive(plain(7001, HOME), HOME, "care")
    house.arrive(plain(7002, HOME), HOME, "care")
    assert house.run() == Drained(household=2)
    if anew == "a restart":
        house.restart()
    if anew == "locked in between":
        house.run(locked=True)
    assert house.village.events() == []
    house.arrive(plain(12, HOME), HOME, "care")
    house.arrive(plain(13, HOME), HOME, "care")
    assert house.run() == Drained(household=2)
    (event,) = house.village.events()
    assert event.kind == "counter_fell"
    assert event.at == NOON + 1000 * (5 if anew == "locked in between" else 4)
    assert event.detail == "Zähler eines Haushalts: ein Zählerstand fiel"
    assert event.device.startswith("mbus:")


def said(energy_kwh: int, count: int, address: bytes = KITA) -> bytes:
    return session(full_payload(energy_kwh), address, count=count)


@pytest.mark.parametrize("anew", ["the same process", "a restart"])
def test_an_old_counted_telegram_sent_again_is_no_reading(house: House, anew: str) -> None:
    house.key()
    house.arrive(said(5000, 70_000))
    house.arrive(said(5001, 70_016))
    assert house.run() == Drained(village=2)
    if anew == "a restart":
        house.restart()
    old = [house.arrive(said(4000 + number, 60_000 + number)) for number in range(3)]
    assert house.run() == Drained(kept=Counter(replay=3))
    assert {house.state(entry) for entry in old} == {(State.QUARANTINED, "Replay")}
    assert [event.kind for event in house.village.events()] == ["replay"]  # once an hour
    (device,) = house.village.devices("meter")
    assert "noch einmal" in str(device.last_error)
    counts = {one.kind: one.count for one in house.village.receiver_counts(0)}
    assert counts == {"replay": 3}
    house.arrive(said(5002, 70_032))
    assert house.run() == Drained(village=1)
    assert house.energies() == [5000.0, 5001.0, 5002.0]
    assert [key.state for key in house.personal.meter_keys()] == ["opens"]


def test_a_household_s_old_telegram_is_no_reading_either(house: House) -> None:
    _, home = house.admit()
    house.key(HOME)
    house.arrive(said(7001, 70_000, HOME), HOME, "care")
    old = house.arrive(said(6000, 60_000, HOME), HOME, "care")
    done = house.run()
    assert (done.household, done.kept) == (1, {"replay": 1})
    assert house.state(old) == (State.QUARANTINED, "Replay")
    assert [row.energy_kwh for row in house.personal.household_rows(home)] == [7001.0]


def test_a_history_that_the_key_opens_is_no_replay_but_what_was_sent_again_within_is(
    house: House,
) -> None:
    for energy, count in ((5000, 70_000), (5001, 70_016), (4000, 60_000), (5002, 70_032)):
        house.arrive(said(energy, count))
    house.run()
    house.key()
    assert house.run() == Drained(village=3, kept=Counter(replay=1))
    assert house.energies() == [5000.0, 5001.0, 5002.0]


def test_what_waited_for_its_format_came_earlier_and_is_no_replay(house: House) -> None:
    house.key()
    house.arrive(session(compact_payload(5000), count=70_000))
    house.run()
    house.arrive(said(5001, 70_016))
    house.run()
    assert house.run() == Drained(village=1)
    assert house.energies() == [5000.0, 5001.0]


def test_entries_that_could_not_be_marked_are_judged_as_before(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.key()
    for energy, count in ((5000, 70_000), (4000, 60_000), (5001, 70_016)):
        house.arrive(said(energy, count))
    with monkeypatch.context() as patch:
        patch.setattr(house.journal, "mark", fail)
        with pytest.raises(StoreError):
            house.run()
    assert house.run().kept == {"replay": 1}
    assert house.energies() == [5000.0, 5001.0]


def test_nobody_vouches_for_a_counter_that_needs_no_key(house: House) -> None:
    house.key()
    payload = full_payload(1)
    head = b"\x8d\x20\x2a" + (0x1FFF_FFFF | 1 << 29).to_bytes(4, "little")
    clear = crc16(payload).to_bytes(2, "little") + payload
    house.arrive(LinkFrame(0x44, KITA, head + clear).raw)  # as a receiver that decrypts gives it
    house.arrive(said(5000, 70_000))
    assert house.run() == Drained(village=2)


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
    house.arrive(session(full_payload(5003)))  # says nothing of it
    house.arrive(well(5004, 0x0C))
    house.key()
    house.run()
    (said,) = house.village.meter_statuses().values()
    assert said.status == "PERMANENT_ERROR POWER_LOW"
    assert "dauerhaften Fehler" in said.words
    assert "Batterie" in said.words
    (event,) = house.village.events()
    assert (event.kind, event.device) == ("status", "mbus:KAM-12345678-1B-04")
    assert house.energies() == [5000.0, 5001.0, 5002.0, 5003.0, 5004.0]
