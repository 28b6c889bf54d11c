"""An erasure takes what is a volunteer's and a borrower's, however the name was spelt."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from edge.learning.signup import Applicant
from edge.store import erasure
from edge.store.personal import PersonalStore
from edge.store.personal_borrowers import add_borrower
from edge.store.personal_volunteers import OnShift
from edge.store.village import VillageStore
from edge.volunteers.qualification import Held

NOON = 1_790_000_000_000
TABLES = ("volunteer", "held_qualification", "duty", "swap", "work", "borrower")


def anything(_: OnShift) -> None:
    """Object to nothing."""


def test_volunteers_and_borrowers_go_with_the_person(personal: PersonalStore) -> None:
    erna = personal.add_person("Erna Weber", NOON)
    helpers = [
        personal.add_volunteer(Applicant(name), NOON, NOON + 1)
        for name in ("erna  WEBER", "Karl Müller")
    ]
    for number, one in enumerate(helpers):
        personal.hold(Held(one, "juleica", date(2027, 1, 1)), NOON)
        personal.put_on(number, one, anything, at=NOON, delete_after=NOON)
        personal.confirm_work(
            one, date(2026, 9, 1), 60, "Café", shift=number, by=helpers[0], at=NOON, delete_after=0
        )
        with personal.connection.transaction() as driver:
            name = Applicant(("Erna Weber", "Karl Müller")[number])
            token = f"{number:032d}"
            add_borrower(driver, number, name, token, at=NOON, delete_after=NOON)
    personal.put_on(5, helpers[0], anything, at=NOON, delete_after=NOON)
    personal.put_on(5, helpers[1], anything, at=NOON, delete_after=NOON, takes=helpers[0])
    found = erasure.belongings(personal, erna)
    assert (found.volunteers, found.loans) == ((helpers[0],), (0,))
    erasure.erase_from_personal(personal, erna, found)
    counts = [
        personal.connection.rows(f"SELECT count(*) FROM {table}")[0][0]  # noqa: S608  # own tables
        for table in TABLES
    ]
    assert counts == [1, 1, 2, 0, 1, 1]
    assert personal.volunteers()[0].name == "Karl Müller"
    assert personal.work()[0].confirmed_by == "Koordination"


def test_what_was_said_of_a_loan_goes_too(personal: PersonalStore, tmp_path: Path) -> None:
    with VillageStore(tmp_path / "village.db") as village:
        with village.connection.transaction() as driver:
            driver.execute(
                "INSERT INTO asset VALUES (1, 'device', 'Beamer', NULL, '', '', '', 7, 0, 0,"
                " 'ready', '', 1, 0)"
            )
            for loan in (1, 2):
                driver.execute(
                    "INSERT INTO loan (loan, asset, starts_at, ends_at, state, made_at, remark)"
                    " VALUES (?, 1, 0, 1, 'back', 0, 'Frau Weber fehlte das Kabel')",
                    (loan,),
                )
        with personal.connection.transaction() as driver:
            for loan, name in ((1, "Erna Weber"), (2, "Karl")):
                token = f"{loan:032d}"
                add_borrower(driver, loan, Applicant(name), token, at=NOON, delete_after=NOON)
        found = erasure.belongings(personal, personal.add_person("Erna Weber", NOON))
        with village.connection.transaction() as driver:
            erasure.erase_from_village(driver, found)
        assert [village.loan(loan).remark for loan in (1, 2)] == ["", "Frau Weber fehlte das Kabel"]
