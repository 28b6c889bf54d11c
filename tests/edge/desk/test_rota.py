"""The rota as it goes: a series, sign-ups, a swap, an expired card, hours, deletion."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from edge.clock import FixedClock
from edge.desk.rota import RotaDesk
from edge.desk.volunteers import KEEP_DAYS, VolunteerDesk
from edge.learning.errors import Refused
from edge.learning.moment import HOUR_MS, local_day, to_ms
from edge.learning.series import Series
from edge.store.errors import Locked
from edge.store.personal_volunteers import NoSuchVolunteer
from edge.store.village_shifts import NoSuchShift, ShiftEditedMeanwhile
from edge.volunteers.qualification import Qualification
from edge.volunteers.rota import Shift
from tests.edge.desk.conftest import NOW_MS, Hall

TODAY = local_day(NOW_MS)  # 1 September 2026
DAY = date(2026, 9, 15)


def shift(**more: object) -> Shift:
    values: dict[str, object] = {
        "task": "Café-Ausgabe", "place": "Küche", "needed": 2,
        "starts_at": to_ms(DAY, time(14)), "ends_at": to_ms(DAY, time(17)),
    }  # fmt: skip
    return Shift(**(values | more))  # type: ignore[arg-type]


def rota(hall: Hall, days: float = 0) -> RotaDesk:
    return RotaDesk(hall.village, hall.vault, FixedClock(NOW_MS + round(days * 24 * HOUR_MS)))


def people(hall: Hall, days: float = 0) -> VolunteerDesk:
    clock = FixedClock(NOW_MS + round(days * 24 * HOUR_MS))
    return VolunteerDesk(hall.village, hall.vault, clock)


@pytest.fixture
def karl(hall: Hall) -> int:
    return people(hall).join("Karl Müller", "06031 1", account=11)


@pytest.fixture
def lina(hall: Hall) -> int:
    return people(hall).join("Lina Öztürk", account=12)


def test_gaps_first_and_nobody_twice(hall: Hall, karl: int, lina: int) -> None:
    at = rota(hall)
    (first,) = at.create(
        shift(starts_at=to_ms(DAY, time(9)), ends_at=to_ms(DAY, time(12)), needed=1)
    )
    (second,) = at.create(shift())
    assert [one.shift for one in at.rows()] == [at.row(1).shift, at.row(2).shift]
    at.sign_up(first.shift, karl)
    at.sign_up(first.shift, karl)
    assert [one.shift.shift for one in at.rows()] == [second.shift, first.shift]
    with pytest.raises(Refused, match="full"):
        at.sign_up(first.shift, lina)
    assert [one.shift.shift for one in at.mine(karl)] == [first.shift]
    clash = at.create(shift(starts_at=to_ms(DAY, time(11)), ends_at=to_ms(DAY, time(13))))[0]
    with pytest.raises(Refused, match="busy"):
        at.sign_up(clash.shift, karl)
    at.leave(first.shift, karl)
    at.leave(first.shift, karl)
    assert at.rows()[0].shift.shift == first.shift
    assert at.mine(karl) == []
    assert [one.shift for one in at.plan()] == [first.shift, clash.shift, second.shift]


def test_a_shift_stays_ones_own_until_somebody_takes_it(hall: Hall, karl: int, lina: int) -> None:
    (one,) = rota(hall).create(shift(needed=1))
    late = rota(hall, 10)  # four days before
    late.sign_up(one.shift, karl)
    with pytest.raises(Refused, match="too late"):
        late.leave(one.shift, karl)
    with pytest.raises(Refused, match="not offered"):
        late.take(one.shift, karl, lina)
    offered = late.offer(one.shift, karl)
    assert [d.volunteer for d in offered.standing.offered] == [karl]
    assert offered.standing.missing == 0
    late.offer(one.shift, karl, offered=False)
    with pytest.raises(Refused, match="not offered"):
        late.take(one.shift, karl, lina)
    late.offer(one.shift, karl)
    taken = late.take(one.shift, karl, lina)
    late.take(one.shift, karl, lina)  # a double click
    assert [d.volunteer for d in taken.standing.duties] == [lina]
    assert [(s.giver, s.taker) for s in late.mine(karl)[0].swaps] == [(karl, lina)]
    assert [(s.giver, s.taker) for s in late.mine(lina)[0].swaps] == [(karl, lina)]
    late.leave(one.shift, lina, at_desk=True)
    assert late.row(one.shift).standing.missing == 1


def test_two_take_the_same_shift_in_the_same_second(hall: Hall, karl: int) -> None:
    (one,) = rota(hall).create(shift(needed=1))
    rota(hall).sign_up(one.shift, karl)
    rota(hall).offer(one.shift, karl)
    others = [people(hall).join(f"P {number}") for number in range(8)]
    gate = threading.Barrier(len(others))

    def take(volunteer: int) -> bool:
        gate.wait()
        try:
            rota(hall).take(one.shift, karl, volunteer)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(len(others)) as pool:
        assert sum(pool.map(take, others)) == 1
    assert len(rota(hall).row(one.shift).standing.duties) == 1


def test_an_expired_card_does_not_count(hall: Hall, karl: int, lina: int) -> None:
    at, who = rota(hall), people(hall)
    (camp,) = at.create(shift(qualification="juleica", needed=1))
    with pytest.raises(Refused, match="not qualified"):
        at.sign_up(camp.shift, karl)
    who.hold(karl, "juleica", until=DAY)
    at.sign_up(camp.shift, karl)
    assert at.row(camp.shift).standing.missing == 0
    (soon,) = who.renewals(karl)
    assert (soon.what, soon.expired) == ("Juleica", False)
    assert who.renewals(lina) == []
    who.hold(karl, "juleica", until=DAY - timedelta(days=1))
    assert at.row(camp.shift).standing.missing == 1
    who.hold(lina, "juleica", since=date(2026, 1, 1))
    at.sign_up(camp.shift, lina)
    assert people(hall, 30).renewals()[0].expired
    who.drop(karl, "juleica")
    assert [one.volunteer for one in who.held()] == [lina]
    who.put_qualification(Qualification("ersthilfe", "Erste Hilfe"))
    assert who.hold(karl, "ersthilfe").valid_until is None
    for kind, more in (("juleica", {}), ("flugschein", {"until": DAY})):
        with pytest.raises(Refused):
            who.hold(karl, kind, **more)  # type: ignore[arg-type]
    with pytest.raises(Refused):
        at.create(shift(qualification="flugschein"))


def test_hours_are_confirmed_by_somebody_else(hall: Hall, karl: int, lina: int) -> None:
    (one,) = rota(hall).create(shift())
    rota(hall).sign_up(one.shift, karl)
    with pytest.raises(Refused):
        people(hall).confirm(one.shift, karl, 180, lina)
    after, who = rota(hall, 20), people(hall, 20)
    after.sign_up(one.shift, lina, at_desk=True)
    assert [(w.name, w.minutes) for w in who.to_confirm()] == [
        ("Karl Müller", 180), ("Lina Öztürk", 180),
    ]  # fmt: skip
    with pytest.raises(Refused, match="own"):
        who.confirm(one.shift, karl, 180, karl)
    who.confirm(one.shift, karl, 180, lina)
    who.confirm(one.shift, karl, 150, lina)  # corrected
    who.confirm(one.shift, lina, 0, None)  # was not there
    assert who.to_confirm() == []
    who.add_hours(karl, DAY, 60, "Putzen", lina)
    with pytest.raises(Refused):
        who.add_hours(karl, date(2030, 1, 1), 60, "Putzen", lina)
    (year,) = who.thanks(karl)
    assert (year.year, year.minutes, year.tasks) == (
        2026, 210, (("Café-Ausgabe", 150), ("Putzen", 60)),
    )  # fmt: skip
    assert [(v.name, t.minutes) for v, t in who.year(2026)] == [("Karl Müller", 210)]
    with hall.vault.open() as personal:
        assert {w.confirmed_by for w in personal.work(karl)} == {"Lina Öztürk"}
        personal.erase_volunteer(lina)
        assert {w.confirmed_by for w in personal.work(karl)} == {"Koordination"}
        personal.remove_work(personal.work(karl)[0].work)
    assert who.thanks(karl)[0].minutes == 60


def test_a_series_is_made_edited_and_cancelled(hall: Hall, karl: int) -> None:
    at = rota(hall)
    hall.village.put_free_days({date(2026, 10, 6): "Ferien"})
    made = at.create(shift(), Series(date(2026, 9, 22), time(14), time(17), 4))
    assert [local_day(one.starts_at) for one in made] == [
        date(2026, 9, 22), date(2026, 9, 29), date(2026, 10, 13), date(2026, 10, 20),
    ]  # fmt: skip
    at.sign_up(made[2].shift, karl)
    changed = at.edit(replace(made[1], needed=3))
    with pytest.raises(ShiftEditedMeanwhile) as late:
        at.edit(replace(made[1], place="Saal"))
    assert late.value.theirs == changed
    assert at.cancel(made[1].shift, series=True) == 3
    assert at.cancel(made[0].shift) == 1
    with pytest.raises(Refused, match="cancelled"):
        at.sign_up(made[3].shift, karl)
    at.leave(made[2].shift, karl)
    with pytest.raises(NoSuchShift):
        at.row(99)
    with pytest.raises(NoSuchShift):
        at.edit(replace(made[0], shift=99))


def test_who_signs_in_as_whom(hall: Hall, karl: int) -> None:
    who = people(hall)
    assert who.join("Karl Müller", account=11) == karl
    found = who.of_account(11)
    assert found is not None
    assert found.volunteer == karl
    assert who.of_account(99) is None
    listed = who.join("Olga Schäfer")
    who.link(listed, 13)
    who.link(listed, 13)
    for volunteer, account in ((listed, 11), (listed, 14), (karl, 13)):
        with pytest.raises(Refused):
            who.link(volunteer, account)
    who.change(listed, "Olga Braun", "06031 9", coordinates=True)
    who.change(listed, "Olga Braun")
    assert who.volunteer(listed).coordinates
    assert who.volunteer(listed).phone is None
    for volunteer in (99,):
        with pytest.raises(NoSuchVolunteer):
            rota(hall).sign_up(rota(hall).create(shift())[0].shift, volunteer)
        with pytest.raises(NoSuchVolunteer):
            who.erase(volunteer)


def test_names_go_two_years_after_the_last_shift(hall: Hall, karl: int) -> None:
    people(hall).join("Lina")
    (one,) = rota(hall).create(shift())
    rota(hall).sign_up(one.shift, karl)
    people(hall, 20).confirm(one.shift, karl, 180, None)
    assert people(hall, KEEP_DAYS - 1).upkeep() == 0
    with hall.vault.open() as personal:
        assert personal.duties() == []
        assert len(personal.work()) == 1
    assert people(hall, KEEP_DAYS + 1).upkeep() == 1  # Lina never did a shift
    assert people(hall, KEEP_DAYS + 30).upkeep() == 1
    assert people(hall).volunteers() == []


def test_hours_of_long_ago_go_though_somebody_goes_on(hall: Hall, karl: int) -> None:
    people(hall).add_hours(karl, TODAY, 60, "Putzen", None)
    with hall.vault.open() as personal:
        personal.forget_work(date(2026, 1, 1))
        assert len(personal.work()) == 1
        assert personal.forget_work(date(2027, 1, 1)) == 1


def test_while_names_are_locked_the_plan_can_be_seen(hall: Hall, karl: int) -> None:
    (one,) = rota(hall).create(shift())
    hall.lock()
    assert [s.shift for s in rota(hall).plan()] == [one.shift]
    with pytest.raises(Locked):
        rota(hall).rows()
    with pytest.raises(Locked):
        rota(hall).sign_up(one.shift, karl)
