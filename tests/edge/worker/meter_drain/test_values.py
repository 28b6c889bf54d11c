"""What fills no wide column: allocators, tariffs, target dates."""

from __future__ import annotations

from edge.care.consent import HEAT_CADASTRE
from edge.doctor.check_values import values as doctor_values
from edge.store.values import MOST_KINDS, ValueRow
from hardware.reading import Quantity, Record, Register, Unit
from hardware.wmbus.link import LinkFrame
from tests.edge.worker.meter_drain.house import (
    DAY_MS,
    HOME,
    KITA,
    NOON,
    House,
    plain,
)

ALLOCATED = bytes.fromhex("0B6E1234004B6E001200426C1F3C")  # units, on the target date, when
COLD = bytes.fromhex("0406640000008410064D0000000406")[:13]  # energy, and of tariff 1


def says(data: bytes, address: bytes = KITA) -> bytes:
    return LinkFrame(0x44, address, b"\x7a\x2a\0\0\0" + data).raw


def test_an_allocator_s_units_and_target_date_are_kept_once_until_they_change(
    house: House,
) -> None:
    for units in ("123400", "123400", "133400"):
        house.arrive(says(bytes.fromhex("0B6E" + units) + ALLOCATED[5:]))
    done = house.run()
    assert done.values == 4
    (told_of,) = doctor_values(house.config)
    assert "Kita, Wärme: 3 Werte" in told_of.message
    now = {(one.quantity, one.storage): one for one in house.village.registers()}
    assert {key: one.value for key, one in now.items()} == {
        ("hca_units", 0): 3413.0,
        ("hca_units", 1): 1200.0,
        ("date", 1): "2024-12-31",
    }
    (device,) = house.village.devices("meter")
    told = [value for _, _, value in house.village.values_of(device.device)]
    assert told[0] == 3412.0
    assert told[-1] == 3413.0
    assert house.energies() == []


def test_a_tariff_s_counter_is_kept_beside_the_reading(house: House) -> None:
    house.arrive(says(COLD))
    assert house.run().village == 1
    assert house.energies() == [100.0]
    (one,) = house.village.registers()
    assert (one.quantity, one.tariff, one.value) == ("energy", 1, 77.0)


def test_a_household_s_values_stay_in_personal_db_and_need_its_consent(house: House) -> None:
    who, _ = house.admit()
    house.arrive(says(ALLOCATED, HOME), HOME, "care")
    assert house.run().values == 3
    kept = house.personal.household_registers()
    assert {one.value for one in kept} >= {3412.0, 1200.0}
    assert house.village.registers() == []
    house.personal.withdraw_consent(who, house.clock.wall_ms, purpose=HEAT_CADASTRE)
    row = ValueRow(NOON + DAY_MS, kept[0].device, 1, Record(Quantity.HCA_UNITS, 1, Unit.ONE))
    assert house.personal.add_household_values([row]) == 0


def test_random_registers_do_not_fill_the_store(house: House) -> None:
    house.arrive(plain(5249))
    house.run()
    rows = [
        ValueRow(NOON, 1, 1, Record(Quantity.ENERGY, 1.0, Unit.KWH, Register(storage)))
        for storage in range(1, 2 * MOST_KINDS)
    ]
    house.village.add_values(rows)
    assert len(house.village.registers()) == MOST_KINDS


def test_that_a_value_still_holds_is_written_once_an_hour_and_history_changes_nothing(
    house: House,
) -> None:
    house.arrive(says(ALLOCATED[:5]))
    house.run()
    (first,) = house.village.registers()
    for later_ms, value, expected in (
        (3_599_999, first.value, first.heard_at),
        (3_600_000, first.value, first.heard_at + 3_600_000),
        (-5, 7.0, first.heard_at + 3_600_000),
    ):
        record = Record(Quantity.HCA_UNITS, value, Unit(first.unit), name=first.name)
        house.village.add_values([ValueRow(first.at + later_ms, first.device, 9, record)])
        (now,) = house.village.registers()
        assert (now.value, now.at, now.heard_at) == (first.value, first.at, expected)
    assert [one[2] for one in house.village.values_of(first.device)] == [7.0, first.value]
