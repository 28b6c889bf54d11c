from __future__ import annotations

from dataclasses import replace

from edge.care.waiting import Group, question, unclaimed
from edge.store.personal_rows import Waiting
from hardware.reading import TimeQuality

ONE = Waiting(1, "ble:B", 500, "weight", 400, TimeQuality.DEVICE, 2)


def test_waiting_values_are_asked_about_by_sensor_and_user() -> None:
    earlier = replace(ONE, number=2, observed_at=300)
    guest = replace(ONE, number=3, user_index=None)
    first = replace(ONE, number=4, user_index=0)
    other = replace(ONE, number=5, device_id="ble:A")
    said = replace(ONE, number=6, said_at=900)
    assert unclaimed([ONE, guest, said, other, earlier, first]) == [
        Group("ble:A", 2, (other,)),
        Group("ble:B", None, (guest,)),
        Group("ble:B", 0, (first,)),
        Group("ble:B", 2, (earlier, ONE)),
    ]
    assert unclaimed([]) == []


def test_the_question() -> None:
    assert question(1) == "1 Messung wartet: von wem ist sie?"
    assert question(3) == "3 Messungen warten: von wem sind sie?"
