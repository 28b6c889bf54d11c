"""The file of scales' users is spoiled or unreadable: no weight goes astray, all else goes on."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from edge.care import kinds
from edge.store.scale_users import ScaleUser, ScaleUsers
from edge.worker.care_drain import CareDrain, Drained
from hardware.ble.blood_pressure import BloodPressure, encode_blood_pressure
from hardware.ble.medfloat import MedFloat
from hardware.ble.weight import Weight, encode_weight

CUFF = "ble:C0112233AABB"
ADDRESS = "C0:00:00:00:00:01"
SCALE = "ble:C00000000001"


@pytest.fixture
def users(tmp_path: Path) -> ScaleUsers:
    return ScaleUsers(tmp_path / "keys" / "scale-users.json")


@pytest.fixture
def scales(house: Any, users: ScaleUsers) -> CareDrain:
    return CareDrain(house.journal, UTC, scale_users=users)


def weighed(house: Any, user: int | None, kilos: int) -> None:
    house.receive("2A9D", encode_weight(Weight(kilos * 200, user_id=user)), SCALE)


def pressed(house: Any, systolic: int) -> None:
    value = BloodPressure(MedFloat(systolic, 0), MedFloat(81, 0), MedFloat(94, 0), user_id=1)
    house.receive("2A35", encode_blood_pressure(value))


def weigher(house: Any) -> int:
    """Return Erna, who has button 1 of the cuff and number 1 of the scale, both confirmed."""
    erna: int = house.person("Erna", user=1)
    house.consent(erna, kinds.WEIGHT)
    house.assign(erna, user=1, confirmed=True, device=SCALE)
    return erna


def run(house: Any, scales: CareDrain) -> Drained:
    return scales.run(house.personal, house.clock.wall_ms)


def test_after_a_loss_a_scale_waits_for_a_new_word_and_a_cuff_does_not(
    house: Any, users: ScaleUsers, scales: CareDrain
) -> None:
    erna = weigher(house)
    pressed(house, 121)
    weighed(house, 1, 70)
    assert run(house, scales) == Drained(stored=2)
    users.enter(ADDRESS, 1, 4711, house.clock.wall_ms + 10)  # another has the number now
    users.aside.with_name("scale-users.json").write_text("{")
    house.clock.advance(1000)
    pressed(house, 122)
    weighed(house, 1, 90)
    assert run(house, scales) == Drained(stored=1, unclaimed=1)
    assert users.aside.exists()
    assert not users.is_lost()
    house.personal.confirm(SCALE, erna, "noch einmal gefragt", house.clock.wall_ms, 1)
    assert run(house, scales) == Drained(stored=1)
    weighed(house, 1, 71)
    assert run(house, scales) == Drained(stored=1)


def test_a_newcomer_who_comes_while_the_drain_works_is_not_overlooked(
    house: Any, users: ScaleUsers, scales: CareDrain, monkeypatch: pytest.MonkeyPatch
) -> None:
    erna = weigher(house)
    users.announce(ADDRESS)
    assert run(house, scales) == Drained()
    pending = house.journal.pending

    def registered_just_now(*lane: Any, **more: Any) -> Any:
        monkeypatch.setattr(house.journal, "pending", pending)
        users.enter(ADDRESS, 1, 4711, house.clock.wall_ms + 10)
        weighed(house, 1, 90)
        return pending(*lane, **more)

    monkeypatch.setattr(house.journal, "pending", registered_just_now)
    assert run(house, scales) == Drained()  # looked at in the next run
    assert run(house, scales) == Drained(unclaimed=1)
    assert house.measured(erna) == []


def test_while_it_cannot_be_read_only_a_scale_s_users_wait(
    house: Any, users: ScaleUsers, scales: CareDrain
) -> None:
    weigher(house)
    path = users.aside.with_name("scale-users.json")
    path.mkdir(parents=True)  # also root cannot read it
    for more in range(2):
        pressed(house, 121 + more)
        weighed(house, 1, 70 + more)
        run(house, scales)
    assert run(house, scales) == Drained(unclaimed=2)
    path.rmdir()
    assert run(house, scales) == Drained(stored=2)  # the word that was given still counts


def test_personal_db_remembers_which_scale_has_users(
    house: Any, users: ScaleUsers, scales: CareDrain
) -> None:
    erna = house.person("Erna", device=SCALE)
    house.consent(erna, kinds.WEIGHT)
    users.announce(ADDRESS)
    weighed(house, None, 70)
    assert run(house, scales) == Drained(unclaimed=1)  # a guest's?
    users.aside.with_name("scale-users.json").unlink()
    weighed(house, None, 71)
    assert run(house, scales) == Drained(unclaimed=2)
    house.personal.confirm(SCALE, erna, "wohnt allein", house.clock.wall_ms)
    assert run(house, scales) == Drained(stored=2)


def test_a_number_that_changed_hands_before_the_clock_was_set_back(
    house: Any, users: ScaleUsers, scales: CareDrain
) -> None:
    erna = weigher(house)
    year_ms = 365 * 86_400_000
    users.put(ADDRESS, ScaleUser(4711, 1, house.clock.wall_ms + year_ms))
    weighed(house, 1, 90)
    now_ms = house.clock.wall_ms
    assert scales.run(house.personal, now_ms, is_clock_set=False) == Drained(unclaimed=1)
    assert users.began()[ADDRESS] == ((1, now_ms - 1000 + year_ms),)  # who has no clock mends none
    assert run(house, scales) == Drained(unclaimed=1)
    assert users.began()[ADDRESS] == ((1, now_ms),)
    house.clock.advance(1000)
    house.personal.confirm(SCALE, erna, "gefragt", house.clock.wall_ms, 1)
    weighed(house, 1, 91)
    assert run(house, scales) == Drained(stored=2)
