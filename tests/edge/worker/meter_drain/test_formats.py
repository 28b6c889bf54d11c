"""Compact telegrams and the formats they wait for, learned and saved."""

from __future__ import annotations

from edge.worker.meter_drain import Drained
from hardware.wmbus.link import crc16
from tests.edge.worker.meter_drain.house import (
    SIGNATURE_HEADS,
    House,
    compact_payload,
    full_payload,
    plain,
    session,
)


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
