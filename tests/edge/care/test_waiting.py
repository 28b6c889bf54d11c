from __future__ import annotations

from dataclasses import replace

from edge.care.waiting import Group, question, settled_by, unclaimed
from edge.store.personal_rows import Assignment, Waiting
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


def test_what_a_confirmation_would_settle() -> None:
    erna, heinz = 1, 2
    mine = replace(ONE, user_index=1)
    his = replace(ONE, number=2, user_index=2)
    open_ = replace(ONE, number=3, user_index=None)
    said = replace(ONE, number=4, user_index=1, said_at=900)
    whole = Assignment("ble:B", erna, None, 0, None, 5)
    button = Assignment("ble:B", heinz, 2, 0, None, None)
    waiting = [mine, his, open_, said]
    assert settled_by([whole], erna, waiting) == [mine, his, open_]
    assert settled_by([whole, button], erna, waiting) == [mine, open_]
    assert settled_by([whole, button], heinz, waiting) == []
    assert settled_by([whole, replace(button, confirmed_at=5)], heinz, waiting) == [his]
    assert settled_by([replace(whole, confirmed_at=None)], erna, waiting) == []


def test_what_a_confirmation_would_settle_goes_by_the_moment_that_is_known() -> None:
    before = Assignment("ble:B", 1, None, 0, 450, 5)
    since = Assignment("ble:B", 2, None, 450, None, 5)
    unknown = replace(ONE, number=2, time_quality=TimeQuality.UNKNOWN)
    assert settled_by([before, since], 1, [ONE, unknown]) == [ONE]
    assert settled_by([before, since], 2, [ONE, unknown]) == [unknown]
