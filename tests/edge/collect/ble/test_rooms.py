"""The small pure rooms: watchdog, who is near, silence, advice, positions, payloads."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from edge.collect.ble import advice, nearby, silence, watchdog
from edge.collect.ble.nearby import Nearby, strength
from edge.collect.ble.position import read_position, write_position
from edge.collect.ble.profile import (
    ADVERT,
    SOS,
    advert_family,
    advertisement,
    kind_word,
    profile_of,
)
from edge.collect.ble.silence import changes, expected_s
from edge.collect.ble.watchdog import Step, Watchdog
from edge.store.journal import Journal
from edge.store.village_rows import BleDevice, SensorLife
from hardware.ble.advert.payload import encode_payload, read_payload
from hardware.ble.records import Mark, Position
from hardware.errors import DecodeError, DeviceRefused, TransportError
from hardware.radio.base import Heard

A = "C0:00:00:00:00:01"
BUTTON = {"FCD2": bytes.fromhex("4400053a01")}


def test_a_dead_adapter_is_switched_off_and_on_in_time() -> None:
    dog = Watchdog(0.0)
    steps = [(at, step) for at in range(130) if (step := dog.step(float(at))) is not Step.NOTHING]
    assert [step for _, step in steps] == [Step.RESCAN, Step.CYCLE]
    assert steps[0][0] == watchdog.SILENCE_S
    assert steps[1][0] <= 110  # leaves ten seconds to come back within two minutes
    assert dog.silent_s(130.0) == 130


def test_where_nobody_is_the_adapter_is_left_alone_more_and_more() -> None:
    dog = Watchdog(0.0)
    cycles = [at for at in range(20_000) if dog.step(float(at)) is Step.CYCLE]
    gaps = [after - before for before, after in itertools.pairwise(cycles)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == watchdog.LONGEST_SILENCE_S + watchdog.SECOND_STEP_S
    dog.heard(20_000.0)
    assert dog.step(20_000 + watchdog.SILENCE_S - 1) is Step.NOTHING
    assert dog.step(20_000 + watchdog.SILENCE_S) is Step.RESCAN


def test_the_nearest_stands_first_and_who_has_gone_not_at_all() -> None:
    near = Nearby()
    near.heard(Heard(A, "BPM", ("1810",), rssi_dbm=-90), 0.0)
    near.heard(Heard("C0:00:00:00:00:02", "", ("1809",), rssi_dbm=-60), 0.0)
    near.heard(Heard("C0:00:00:00:00:03", "", service_data=BUTTON, rssi_dbm=-50), 0.0)
    near.heard(Heard("C0:00:00:00:00:04", "Handy", ("180F",), rssi_dbm=-40), 0.0)
    near.heard(Heard("C0:00:00:00:00:05", "", ("1810",)), -60.0)
    found = near.nearest(1.0)
    assert [one.address[-1] for one in found] == ["3", "2", "1"]
    assert [one.bars for one in found] == [4, 3, 1]
    assert [one.profile for one in found] == [ADVERT, "1809", "1810"]
    assert found[2].told()["name"] == "BPM"
    # one reflection does not turn the order over, some do
    near.heard(Heard(A, "", (), rssi_dbm=-40), 1.0)
    assert near.nearest(1.0)[2].address == A
    for _ in range(4):
        near.heard(Heard(A, "", (), rssi_dbm=-40), 1.0)
    assert near.nearest(1.0)[0].address == A
    assert near.nearest(1.0)[0].name == "BPM"
    assert not near.nearest(1.0 + nearby.GONE_S + 1)


def test_a_market_day_does_not_fill_the_memory() -> None:
    near = Nearby()
    for number in range(2 * nearby.MAX_DEVICES):
        near.heard(Heard(f"{number:012X}", "", ("1810",), rssi_dbm=-60), 0.0)
    assert len(near.nearest(0.0)) == nearby.MAX_DEVICES
    assert strength(-2000) == (1, "weit weg")


SENSOR = BleDevice(A, 1, "ble:C00000000001", "1810", "Manschette", 1_000)


def test_silence_counts_from_the_last_data_or_from_pairing() -> None:
    limit = silence.USUAL_S * 1000
    assert not changes([SENSOR], {}, 1_000 + limit)
    [late] = changes([SENSOR], {}, 1_001 + limit)
    assert (late.kind, late.since) == ("silent", 1_000)
    told = SensorLife(A, silent_since=1_000)
    assert not changes([SENSOR], {A: told}, 1_001 + limit)
    [back] = changes([SENSOR], {A: SensorLife(A, data_at=limit, silent_since=1_000)}, limit + 5)
    assert (back.kind, back.since) == ("back", limit)
    own = SensorLife(A, expected_s=60)
    assert [one.kind for one in changes([SENSOR], {A: own}, 62_000)] == ["silent"]


@pytest.mark.parametrize(
    ("profile", "usual"),
    [
        (SOS, None),
        (ADVERT, silence.ADVERT_S),
        ("181F", silence.STREAM_S),
        ("1809", silence.USUAL_S),
    ],
)
def test_what_is_usual_depends_on_the_kind(profile: str, usual: int | None) -> None:
    sensor = BleDevice(A, 1, "ble:C00000000001", profile, "", 0)
    assert expected_s(sensor, None) == usual


@pytest.mark.parametrize(
    ("error", "asked", "word"),
    [
        (DeviceRefused("pairing failed: CONFIRM_VALUE_FAILED"), True, "Code stimmte nicht"),
        (DeviceRefused("pairing failed: PASSKEY_ENTRY_FAILED"), False, "niemand"),
        (DeviceRefused("pairing failed: PAIRING_NOT_SUPPORTED"), False, "Handy"),
        (TransportError("C0 is not in reach"), False, "nicht mehr zu hören"),
        (TransportError("the device did not answer in time"), False, "Batterie"),
        (TransportError("the radio was stopped"), False, "Adapter"),
        (TransportError("there is no adapter hci0", hint="anstecken"), False, "anstecken"),
        (TransportError("no new sensor was heard", hint="Taste"), False, "Taste"),
    ],
)
def test_each_failure_says_what_to_do(error: TransportError, asked: bool, word: str) -> None:  # noqa: FBT001
    assert word in advice.advice(error, asked=asked)


@pytest.mark.parametrize(
    "position",
    [
        Position(),
        Position(Mark(7, bytes(range(16))), None, 0),
        Position(Mark(0, bytes(16)), Mark(65_535, b"\xff" * 16), 4_000_000_000),
    ],
)
def test_a_position_is_read_with_the_same_secret_only(tmp_path: Path, position: Position) -> None:
    with Journal(tmp_path / "a.db", key_secret=bytes(32)) as journal:
        kept = write_position(journal, position)
        assert read_position(journal, kept) == position
        assert write_position(journal, position) != kept
        assert read_position(journal, kept[:-1]) == Position()
        assert read_position(journal, b"") == Position()
        assert read_position(journal, None) == Position()
        if position.verified is not None and any(position.verified.digest):
            assert position.verified.digest not in kept
    with Journal(tmp_path / "b.db", key_secret=b"x" * 32) as other:
        assert read_position(other, kept) == Position()


def test_what_is_heard_is_what_the_decoders_read() -> None:
    heard = Heard(A, "Knopf", ("FCD2",), BUTTON, {0x0499: b"\x05\x01"}, -60)
    payload = encode_payload(advertisement(heard))
    assert json.loads(payload)["service_data"] == {"fcd2": "4400053a01"}
    assert "60" not in payload.decode()  # how loud it was does not count
    assert read_payload(payload) == advertisement(heard)
    with pytest.raises(DecodeError):
        advertisement(Heard("no address", ""))


def test_kinds_have_words() -> None:
    assert profile_of(["180F"]) is None
    scale = profile_of(["181D", "181B"])
    assert scale is not None
    assert scale.service == "181B"  # one that is both gives both
    assert kind_word("1810") == "Blutdruckmessgerät"
    assert kind_word(SOS) == "Rufknopf"
    assert kind_word("?") == "Messgerät"
    assert advert_family(Heard(A, "", service_data=BUTTON)) == "BTHome-Sensor"
    assert not advert_family(Heard("no address", ""))
    assert not advert_family(Heard(A, "Tag", manufacturer_data={0x004C: b"\x02\x15" + bytes(21)}))
