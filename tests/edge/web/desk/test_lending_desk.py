"""Lending at the desk: out, back, longer, broken, edited by two."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edge.desk.lending import LendingDesk, LoanSlip
from edge.learning.moment import HOUR_MS, local_day
from edge.learning.slip import slip_of
from edge.lending.availability import whole_days
from edge.store.village import VillageStore
from tests.edge.web.desk.conftest import NOW_MS, Hall, fields, words

TODAY = local_day(NOW_MS)
NEW = {"kind": "device", "name": "Beamer", "longest_days": 14, "deposit": "20", "state": "ready"}


def lending(hall: Hall) -> LendingDesk:
    return LendingDesk.of(hall.config, hall.village, hall.vault, hall.clock)


@pytest.fixture
def beamer(hall: Hall) -> int:
    answer = hall.post("/pult/ausleihe/dinge/neu", **NEW, shelf="Regal 2", parts="Kabel\nTasche")
    return int(answer.location.rpartition("/")[2])


def reserved(hall: Hall, asset: int, first: int = 0, last: int = 2, name: str = "Erna") -> LoanSlip:
    span = whole_days(TODAY + timedelta(days=first), TODAY + timedelta(days=last))
    return lending(hall).reserve(asset, span, name, phone="06031 1234")


def test_out_and_back(hall: Hall, beamer: int) -> None:
    slip = reserved(hall, beamer)
    page = words(hall.get("/pult/ausleihe"))
    assert "Heute ausgeben Beamer Regal 2 Erna · 06031 1234" in page
    found = hall.post("/pult/ausleihe/zettel", zettel=slip.shown.lower()).location
    assert found.endswith(f"/pult/ausleihe/{slip.loan.loan}")
    assert "Kabel" in hall.get(found)
    loan = f"/pult/ausleihe/{slip.loan.loan}"
    assert "Ausgegeben." in hall.followed(f"{loan}/ausgeben")
    hall.post(f"{loan}/ausgeben")  # a double click
    assert "Unterwegs" in hall.get("/pult/ausleihe")
    assert "Verlängert." in hall.followed(f"{loan}/verlaengern", last_day=str(TODAY + timedelta(4)))
    assert "Beispiel" in hall.post(f"{loan}/verlaengern", 422, last_day="bald").text
    hall.clock.advance(8 * 24 * HOUR_MS)
    hall.client = hall.another()  # who signed in a week ago must do so again
    late = words(hall.get("/pult/ausleihe"))
    assert "Überfällig: bitte anrufen" in late
    assert "seit 4 Tagen überfällig" in late
    assert "wie es zurückkam" in hall.post(f"{loan}/zurueck", 422).text
    form = {"condition": "damaged", "remark": "Lampe <b>durch", "broken": "1"}
    done = hall.followed(f"{loan}/zurueck", **form)
    assert "Zurückgenommen." in done
    assert "Lampe &lt;b&gt;durch" in done
    board = words(hall.get("/pult/ausleihe"))
    assert "defekt: Lampe <b>durch" in board
    assert "Überfällig" not in board
    assert "Etwas ist kaputt" not in done


def test_a_wrong_number_and_what_is_not_there(hall: Hall, beamer: int) -> None:
    assert "9 Zeichen" in hall.post("/pult/ausleihe/zettel", 422, zettel="x").text
    hall.post("/pult/ausleihe/zettel", 503, zettel=slip_of("nobody"))
    hall.get("/pult/ausleihe/99", 503)
    hall.get(f"/pult/ausleihe/dinge/{beamer}?ab=kaputt")
    hall.get(f"/pult/ausleihe/dinge/{beamer}?ab=9999-12-31")
    path = "/pult/ausleihe/dinge/neu"
    assert "12,50" in hall.post(path, 422, **(NEW | {"deposit": "viel"})).text
    assert "1 bis 60" in hall.post(path, 422, **(NEW | {"longest_days": 0})).text


def test_two_edit_one_asset(hall: Hall, beamer: int) -> None:
    path = f"/pult/ausleihe/dinge/{beamer}/aendern"
    form = fields(hall.get(path))
    first, second = NEW | form | {"shelf": "Keller"}, NEW | form | {"notes": "Vorsicht, schwer"}
    hall.post(path, **first)
    page = hall.post(path, 409, **second).text
    assert "Keller" in page
    assert "Vorsicht, schwer" in page
    hall.post(path, **(NEW | {"notes": "Vorsicht, schwer"} | fields(page)))
    assert hall.village.asset(beamer).notes == "Vorsicht, schwer"


def test_a_room_of_courses_and_its_course(hall: Hall) -> None:
    room = NEW | {"kind": "room", "name": "Saal", "room_id": "saal", "buffer_minutes": 15}
    hall.post("/pult/ausleihe/dinge/neu", **room)
    assert "steht schon in der Ausleihe" in hall.post("/pult/ausleihe/dinge/neu", 422, **room).text
    course = hall.published()
    assert course.first_at is not None
    page = hall.get(f"/pult/ausleihe/dinge/1?ab={local_day(course.first_at)}")
    assert page.count("18:30–20:00") == 4


def test_locked_it_goes_on_without_names(hall: Hall, beamer: int) -> None:
    slip = reserved(hall, beamer)
    hall.lock()
    page = words(hall.get("/pult/ausleihe"))
    assert "Die Namen sind verschlossen" in page
    assert "Erna" not in page
    assert "Ausgegeben." in hall.followed(f"/pult/ausleihe/{slip.loan.loan}/ausgeben")
    assert "(ohne Namen)" in hall.get(f"/pult/ausleihe/dinge/{beamer}")


def test_an_asset_that_is_gone_is_not_offered(hall: Hall, beamer: int) -> None:
    path = f"/pult/ausleihe/dinge/{beamer}/aendern"
    form = fields(hall.get(path))
    hall.post(path, **(NEW | form | {"state": "gone"}))
    assert "Es gibt noch nichts auszuleihen." in hall.get("/pult/ausleihe/dinge")
    assert hall.client.get(f"/ausleihe/{beamer}").status_code == 404
    with VillageStore(hall.config.hub.village_db) as village:
        assert village.asset(beamer).state == "gone"
