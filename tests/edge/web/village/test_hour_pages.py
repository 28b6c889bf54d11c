from __future__ import annotations

from datetime import date

from flask.testing import FlaskClient

from edge.access.role import Role
from edge.clock import FixedClock
from edge.config import Config
from edge.learning.moment import to_ms
from edge.store.village import VillageStore
from tests.edge.web.village.conftest import post, text_of
from tests.signed_in import sign_in

HALL = {"name": "Halle", "phone": "06403 1234", "tag0": "9 bis 12, 14:30 bis 18", "tag5": "20-1"}


def test_a_place_is_entered_and_everybody_sees_whether_it_is_open(
    villager: FlaskClient, volunteer: FlaskClient, clock: FixedClock
) -> None:
    assert "noch keine Öffnungszeiten" in text_of(villager, "/oeffnung")
    post(volunteer, "/pult/oeffnung/0", **HALL)
    for path in ("/", "/oeffnung", "/pult/oeffnung"):  # a Monday, 16:24
        assert "Jetzt offen bis 18 Uhr" in text_of(
            villager if path[1:5] != "pult" else volunteer, path
        )
    assert "9:00 bis 12:00 Uhr, 14:30 bis 18:00 Uhr" in text_of(villager, "/oeffnung")
    clock.advance(3 * 3_600_000)
    assert "Geschlossen, öffnet am Samstag, 28. November 2026 um 20 Uhr" in text_of(villager, "/")
    villager.set_cookie("anzeige", "en.normal.wie-geraet")
    assert "Closed, opens on Saturday, 28 November 2026 at 20" in text_of(villager, "/").replace(
        ", November 28, 2026", ", 28 November 2026"
    )


def test_each_way_to_say_it(
    villager: FlaskClient, volunteer: FlaskClient, clock: FixedClock
) -> None:
    post(
        volunteer, "/pult/oeffnung/0",
        name="Halle", tag0="9-12", tag1="9-24", tag2="20-2", tag3="0-24", tag4="0-24", tag5="0-3",
    )  # fmt: skip
    for day, minutes, said in (
        (23, 8 * 60, "Geschlossen, öffnet heute um 9 Uhr"),
        (23, 13 * 60, "Geschlossen, öffnet morgen um 9 Uhr"),
        (24, 13 * 60, "Jetzt offen bis Mitternacht"),
        (26, 60, "Jetzt offen bis Samstag, 28. November 2026, 3 Uhr"),
        (29, 60, "Geschlossen, öffnet morgen um 9 Uhr"),
    ):
        clock.wall_ms = _at(day, minutes)
        assert said in text_of(villager, "/oeffnung")


def _at(day: int, minutes: int) -> int:
    from datetime import time  # noqa: PLC0415

    return to_ms(date(2026, 11, day), time(*divmod(minutes, 60)))


def test_a_holiday_and_a_special_day(
    villager: FlaskClient, volunteer: FlaskClient, clock: FixedClock
) -> None:
    post(
        volunteer, "/pult/oeffnung/0", **HALL, tag4="9-12",
        first="2026-12-28", last="2027-01-02", why="Betriebsferien",
    )  # fmt: skip
    assert 'geschlossen (<span lang="de">Betriebsferien</span>)' in text_of(villager, "/oeffnung")
    clock.wall_ms = _at(25, 600) + 30 * 86_400_000  # 25 December, a Friday
    html = text_of(villager, "/oeffnung")
    assert "1. Weihnachtstag" in html
    form = HALL | {"tag4": "9-12", "rev": 1, "on_holidays": "1", "weg": "2026-12-28_2027-01-02"}
    post(volunteer, "/pult/oeffnung/1", **form)
    html = text_of(villager, "/oeffnung")
    assert "Jetzt offen bis 12 Uhr" in html
    assert "Betriebsferien" not in html


def test_what_is_wrong_is_said_and_nothing_is_lost(volunteer: FlaskClient) -> None:
    for changes, said in (
        ({"name": ""}, "Hier fehlt noch etwas."),
        ({"tag0": "morgens"}, "Bitte so schreiben"),
        ({"phone": "ruf an"}, "keine Telefonnummer"),
        ({"first": "bald"}, "Das ist kein Tag"),
        ({"first": "2026-12-28", "last": "2026-12-01"}, "Das Ende liegt vor dem Anfang."),
    ):
        html = post(volunteer, "/pult/oeffnung/0", 422, **HALL | changes)
        assert said in html
        assert 'value="20-1"' in html
    for number in range(12):
        post(volunteer, "/pult/oeffnung/0", name=f"Ort {number}")
    assert "Mehr gehen nicht." in post(volunteer, "/pult/oeffnung/0", 422, **HALL)


def test_two_volunteers_at_once_the_second_is_told_and_loses_nothing(
    volunteer: FlaskClient, config: Config
) -> None:
    post(volunteer, "/pult/oeffnung/0", **HALL)
    other = sign_in(volunteer.application.test_client(), Role.VOLUNTEER)
    post(volunteer, "/pult/oeffnung/1", **HALL | {"name": "Von Anna", "rev": 1})
    html = post(other, "/pult/oeffnung/1", 409, **HALL | {"tag1": "10-11", "rev": 1})
    assert "Jemand war schneller" in html
    assert "Von Anna" in html
    assert 'value="10-11"' in html
    html = post(other, "/pult/oeffnung/1/entfernen", 409, rev=1)
    assert "Jemand war schneller" in html
    post(other, "/pult/oeffnung/1", **HALL | {"tag1": "10-11", "rev": 2})
    post(other, "/pult/oeffnung/1/entfernen", rev=3)
    post(other, "/pult/oeffnung/1/entfernen", rev=3)  # pressed twice
    with VillageStore(config.hub.village_db) as village:
        assert village.places() == []
    assert "Das gibt es nicht mehr." in text_of(volunteer, "/pult/oeffnung/1", 503)
    post(volunteer, "/pult/oeffnung/1", 503, **HALL | {"rev": 3})
