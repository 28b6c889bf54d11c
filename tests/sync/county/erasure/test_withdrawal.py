"""A withdrawal reaches the county: what may not be there any more is erased there."""

from __future__ import annotations

from typing import Any

from edge.care.consent import COUNTY
from sync import erasing
from sync.county.hub import County
from tests.sync.county.erasure.conftest import SYSTOLIC, measure, opened, pull


def withdraw(village: Any, **what: str) -> None:
    with village.personal() as personal:
        assert personal.withdraw_consent(1, 2, **what)


def step(village: Any) -> None:
    village.sealer.step(village.clock.stamp(), everything=True)


def test_all_that_was_sent_goes_with_the_last_consent(
    lived: Any, county: County, identity: Any
) -> None:
    pull(county, lived)
    assert set(opened(county, identity)) == {121.0, SYSTOLIC}
    withdraw(lived, recipient=COUNTY)
    lived.sealer.parcels = lived.folder / "parcels"
    step(lived)
    assert len(lived.outbox.care_segments()) == 1
    assert list((lived.folder / "parcels").iterdir()) == []
    pull(county, lived)
    assert set(opened(county, identity)) == {121.0}
    pull(county, lived)  # and the county's answer comes back
    (order,) = erasing.noted(lived.store.connection)
    assert order.bodies == 2
    with lived.personal() as personal:
        assert personal.care_count(1) == 5  # what the hub may keep, it keeps
    step(lived)
    assert len(erasing.noted(lived.store.connection)) == 1


def test_only_the_kind_that_was_withdrawn_goes(lived: Any, county: County, identity: Any) -> None:
    pull(county, lived)
    withdraw(lived, data_kind="weight")
    step(lived)
    (order,) = erasing.noted(lived.store.connection)
    assert order.bodies == 1
    pull(county, lived)
    assert sorted(opened(county, identity)).count(SYSTOLIC) == 5  # the blood pressures
    assert sorted(one.header.schema for one in lived.outbox.care_segments()) == ["care/1"] * 2


def test_what_an_older_version_sent_goes_with_the_last_of_all(lived: Any) -> None:
    with lived.personal() as personal, personal.connection.transaction() as driver:
        driver.execute("UPDATE sent_body SET data_kinds = NULL")
    withdraw(lived, data_kind="weight")
    step(lived)
    assert erasing.noted(lived.store.connection) == []
    withdraw(lived, data_kind="blood_pressure")
    step(lived)
    (order,) = erasing.noted(lived.store.connection)
    assert order.bodies == 2


def test_a_stop_in_between_gives_no_second_order(lived: Any) -> None:
    with lived.personal() as personal:
        bodies = personal.sent_bodies(1)
    withdraw(lived, recipient=COUNTY)
    step(lived)
    with lived.personal() as personal:
        assert personal.sent_bodies(1) == frozenset()
        personal.note_bodies(1, bodies)
    lived.sealer._withdrawals = None
    step(lived)
    assert len(erasing.noted(lived.store.connection)) == 1
    with lived.personal() as personal:
        assert personal.sent_bodies(1) == frozenset()


def test_nothing_of_a_withdrawn_kind_is_sealed_after_it(lived: Any) -> None:
    withdraw(lived, recipient=COUNTY)
    with lived.personal() as personal:
        measure(personal, 1, "ble:C9", 140.0)
    step(lived)
    assert len(lived.outbox.care_segments()) == 1
