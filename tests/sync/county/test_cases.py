"""A case on the county's road: parts out, the answer back, a person erased on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.care import case_letter
from edge.care.case_consent import KIND, PURPOSE
from edge.care.case_state import CaseState
from edge.care.consent import BLOOD_PRESSURE, CARE, HUB
from edge.care.kinds import WEIGHT
from edge.store.connection import Driver
from edge.store.errors import StoreFull
from edge.store.journal import Journal
from sync import cases, erasing
from sync.county import cases as at_county
from sync.county import hub as county_hub
from sync.county.hub import County
from sync.erasure import Eraser
from sync.errors import SyncError
from sync.got import Got
from sync.segment import Segment, StreamClass
from tests.edge.care.clips import CLIP
from tests.edge.ward.case_desk import CaseDesk
from tests.sync.county.erasure.conftest import CLOCK, T0, pull


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    (tmp_path / "kreis").mkdir()
    county_hub.create(tmp_path / "kreis", "Landkreis Gießen")
    with county_hub.open_county(tmp_path / "kreis") as opened:
        yield opened


@pytest.fixture
def ward(village: Any) -> Iterator[CaseDesk]:
    made = CaseDesk(village.folder)
    yield made
    made.vault.close()


def sealed(ward: CaseDesk, *, large: bool = False) -> int:
    number = ward.draft()
    if large:
        filler = CLIP + (600 << 10).to_bytes(4, "big") + b"free" + bytes((600 << 10) - 8)
        ward.desk.add_file(number, filler)
    ward.seal(number)
    return number


def meet(village: Any, county: County, ward: CaseDesk) -> None:
    village.meets(county)
    with ward.open() as personal, county.streams() as streams:
        word = Got(village.identity.name, {}, personal.care_recipient(), T0)
        streams.note(word, T0)


def bodies(village: Any) -> list[Segment]:
    rows = village.store.connection.rows("SELECT data FROM sync_segment ORDER BY seq")
    found = [Segment.decode(data) for (data,) in rows]
    return [one for one in found if one.header.schema == cases.SCHEMA]


def test_parts_go_by_the_county_and_the_answer_comes_back(
    village: Any, county: County, ward: CaseDesk, tmp_path: Path
) -> None:
    meet(village, county, ward)
    number = sealed(ward, large=True)
    assert village.sealer.step(CLOCK.stamp()).cases == 3
    assert ward.desk.opened(number).case.state is CaseState.ON_ITS_WAY
    assert all(one.header.stream is StreamClass.CARE for one in bodies(village))
    pull(county, village)
    folder = tmp_path / "faelle"
    assert at_county.export(county.config, folder) == (3, 3)
    assert at_county.export(county.config, folder) == (0, 3)
    parts = []
    for file in folder.iterdir():
        recipient, (one,) = case_letter.unpack(file.read_bytes())
        assert recipient == at_county.NOBODY_IN_PARTICULAR
        parts.append(one)
    asked = ward.read(case_letter.pack("age1", parts))
    for _ in range(2):  # told twice, taken once
        at_county.answer(county, ward.answer(asked), CLOCK.stamp())
    pull(county, village)
    waiting = village.store.connection.rows("SELECT sealed FROM case_answer_in")
    assert len(waiting) == 2
    village.sealer.step(CLOCK.stamp(), asked=True)
    opened = ward.desk.opened(number)
    assert opened.case.state is CaseState.ANSWERED
    assert len(opened.answers) == 1
    assert not village.store.connection.rows("SELECT sealed FROM case_answer_in")


def test_while_the_people_are_locked_an_answer_waits(
    village: Any, county: County, ward: CaseDesk
) -> None:
    meet(village, county, ward)
    number = sealed(ward)
    village.sealer.step(CLOCK.stamp())
    asked = ward.read(ward.desk.packet(number))
    key = ward.key_file.read_text()
    ward.key_file.unlink()
    at_county.answer(county, ward.answer(asked), CLOCK.stamp())
    pull(county, village)
    village.sealer.step(CLOCK.stamp(), everything=True)
    assert len(village.store.connection.rows("SELECT sealed FROM case_answer_in")) == 1
    ward.key_file.write_text(key)
    village.sealer.step(CLOCK.stamp(), everything=True)
    assert ward.desk.opened(number).answers


def test_without_a_county_a_case_waits_for_a_stick(village: Any, ward: CaseDesk) -> None:
    number = sealed(ward)
    assert village.sealer.step(CLOCK.stamp(), everything=True).cases == 0
    assert ward.desk.opened(number).case.state is CaseState.SEALED


def test_a_consent_taken_back_before_the_road_stops_it(
    village: Any, county: County, ward: CaseDesk
) -> None:
    meet(village, county, ward)
    number = sealed(ward)
    ward.withdraw(purpose=PURPOSE)
    assert village.sealer.step(CLOCK.stamp()).cases == 0
    assert ward.desk.opened(number).case.state is CaseState.CLOSED
    assert not bodies(village)


def test_a_consent_taken_back_later_takes_the_parts_back(
    village: Any, county: County, ward: CaseDesk
) -> None:
    meet(village, county, ward)
    sealed(ward)
    village.sealer.step(CLOCK.stamp())
    village.sealer.step(CLOCK.stamp(), asked=True)  # whoever agrees goes on agreeing
    assert [one.erased for one in bodies(village)] == [False]
    ward.withdraw(purpose=PURPOSE)
    village.sealer.step(CLOCK.stamp(), asked=True)
    assert [one.erased for one in bodies(village)] == [True]
    rows = village.store.connection.rows("SELECT data FROM sync_segment ORDER BY seq")
    assert erasing.orders_in(Segment.decode(rows[-1][0]))


@pytest.mark.parametrize("to", ["practice", "hub"])
def test_values_that_the_practice_may_read_no_more_take_the_parts_back(
    village: Any, county: County, ward: CaseDesk, to: str
) -> None:
    meet(village, county, ward)
    sealed(ward)
    village.sealer.step(CLOCK.stamp())
    ward.withdraw(purpose=CARE, data_kind=WEIGHT)  # none of that went along
    village.sealer.step(CLOCK.stamp(), asked=True)
    assert [one.erased for one in bodies(village)] == [False]
    recipient = HUB if to == "hub" else f"contact:{ward.doctor}"
    ward.withdraw(purpose=CARE, data_kind=BLOOD_PRESSURE, recipient=recipient)
    village.sealer.step(CLOCK.stamp(), asked=True)
    assert [one.erased for one in bodies(village)] == [True]


def test_a_case_of_before_values_were_noted_is_taken_back_as_well(
    village: Any, county: County, ward: CaseDesk
) -> None:
    meet(village, county, ward)
    sealed(ward)
    village.sealer.step(CLOCK.stamp())
    plain = f'["{KIND}:contact:{ward.doctor}"]'
    with ward.open() as personal, personal.connection.transaction() as driver:
        assert driver.execute("UPDATE sent_body SET data_kinds = ?", (plain,)).rowcount == 1
    ward.withdraw(purpose=CARE, data_kind=WEIGHT)  # none of that went along
    village.sealer.step(CLOCK.stamp(), asked=True)
    assert [one.erased for one in bodies(village)] == [False]
    ward.withdraw(purpose=CARE, data_kind=BLOOD_PRESSURE, recipient=f"contact:{ward.doctor}")
    village.sealer.step(CLOCK.stamp(), asked=True)
    assert [one.erased for one in bodies(village)] == [True]


def test_a_stop_between_the_two_databases_loses_nothing_and_an_erasure_knows_of_it(
    village: Any, county: County, ward: CaseDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet(village, county, ward)
    number = sealed(ward)
    write = village.outbox.write

    def stopped(*args: Any, **more: Any) -> int:
        write(*args, **more)
        raise StoreFull("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(type(village.outbox), "write", lambda _self, *a, **m: stopped(*a, **m))
        with pytest.raises(StoreFull):
            village.sealer.step(CLOCK.stamp())
    assert len(bodies(village)) == 1
    with ward.open() as personal:
        digest = erasing.body_id(bodies(village)[0].body)
        assert digest in personal.sent_bodies(ward.erna)
    assert ward.desk.opened(number).case.state is CaseState.SEALED
    assert village.sealer.step(CLOCK.stamp(), asked=True).cases == 1
    first, again = bodies(village)
    assert first.body == again.body
    assert ward.desk.opened(number).case.state is CaseState.ON_ITS_WAY


def test_a_person_s_erasure_takes_the_parts_back_from_everywhere(
    village: Any, county: County, ward: CaseDesk, tmp_path: Path
) -> None:
    meet(village, county, ward)
    number = sealed(ward)
    village.sealer.step(CLOCK.stamp())
    pull(county, village)
    folder = tmp_path / "faelle"
    at_county.export(county.config, folder)
    asked = ward.read(ward.desk.packet(number))
    at_county.answer(county, ward.answer(asked), CLOCK.stamp())
    pull(county, village)
    with ward.open() as personal, Journal(village.folder / "journal.db") as journal:
        done = Eraser(personal, village.store, journal, village.outbox).erase(
            ward.erna, CLOCK.stamp()
        )
        assert done.order is not None
        assert not personal.cases()
    assert [one.erased for one in bodies(village)] == [True]
    assert not village.store.connection.rows("SELECT sealed FROM case_answer_in")
    pull(county, village)
    from sync.county import erasure  # noqa: PLC0415 - here alone

    hub = county.ledger.hubs()[0]
    erasure.carry_out(county, hub, CLOCK.stamp())
    assert at_county.export(county.config, folder) == (0, 0)
    assert not list(folder.glob("*.dhfall"))


def test_what_is_no_answer_goes_to_nobody(village: Any, county: County, ward: CaseDesk) -> None:
    meet(village, county, ward)
    asked = ward.read(ward.desk.packet(sealed(ward)))
    elsewhere = case_letter.pack("age1other", case_letter.unpack(ward.answer(asked))[1])
    with pytest.raises(SyncError):
        at_county.answer(county, elsewhere, CLOCK.stamp())
    with ward.open() as personal:
        recipient = personal.care_recipient()
    with pytest.raises(SyncError):
        at_county.answer(county, case_letter.pack(recipient, [bytes(70_000)]), CLOCK.stamp())


def test_waiting_answers_are_bounded(village: Any) -> None:
    connection = village.store.connection

    def put(driver: Driver, n: int) -> None:
        cases.put_answer(driver, n.to_bytes(4, "big"), T0)

    with connection.transaction() as driver:
        for n in range(cases.MAX_WAITING + 5):
            put(driver, n)
    rows = connection.rows("SELECT sealed FROM case_answer_in ORDER BY number")
    assert len(rows) == cases.MAX_WAITING
    assert rows[-1][0] == (cases.MAX_WAITING + 4).to_bytes(4, "big")


def test_a_segment_of_something_else_holds_no_part(village: Any) -> None:
    village.measure(2)
    village.sealer.step(CLOCK.stamp(), everything=True)
    rows = village.store.connection.rows("SELECT data FROM sync_segment")
    assert [cases.part_in(Segment.decode(data)) for (data,) in rows] == [None] * len(rows)
