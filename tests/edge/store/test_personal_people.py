"""Circles and the book of who read what, as personal.db keeps them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.care.audit import Fault, Look
from edge.care.consent import BLOOD_PRESSURE, CARE, HUB
from edge.care.people import ContactRole, QuietHours
from edge.clock import FixedClock
from edge.store import erasure
from edge.store.errors import StoreError
from edge.store.personal import PersonalStore
from edge.store.personal_circle import MAX_CIRCLE, NoSuchContact

NOON = 1_790_000_000_000
NIGHT = QuietHours(1320, 360)
STAMP = FixedClock(NOON).stamp()


def look(person: int, why: str = "Runde") -> Look:
    return Look(person, "contact:1", ContactRole.NURSE, (BLOOD_PRESSURE,), 0, None, why)


def test_a_circle_is_asked_in_its_order(personal: PersonalStore) -> None:
    erna = personal.add_person("Erna", NOON)
    daughter = personal.add_contact(" Mia ", ContactRole.RELATIVE, NOON, phone="06403 1")
    nurse = personal.add_contact("Anna", ContactRole.NURSE, NOON, account=5)
    personal.put_in_circle(erna, daughter, NOON, relation="Tochter", may_name=True)
    personal.put_in_circle(erna, nurse, NOON, quiet=NIGHT)
    first, second = personal.circle(erna)
    assert (first.contact.name, first.contact.phone, first.relation) == (
        "Mia",
        "06403 1",
        "Tochter",
    )
    assert (first.position, first.quiet, first.may_name) == (1, None, True)
    assert (second.position, second.quiet, second.may_name) == (2, NIGHT, False)
    personal.place_in_circle(erna, nurse, 1)
    personal.put_in_circle(erna, daughter, NOON + 5, relation="meine Mia")  # keeps her place
    assert [(one.contact.contact, one.since) for one in personal.circle(erna)] == [
        (nurse, NOON),
        (daughter, NOON),
    ]
    assert personal.circle(erna)[1].relation == "meine Mia"
    assert personal.contact_of_account(5) == personal.contact(nurse)
    assert personal.contact_of_account(6) is None
    assert [one.person for one in personal.circles_of(nurse)] == [erna]


def test_who_leaves_a_circle_reads_no_more(personal: PersonalStore) -> None:
    erna, karl = (personal.add_person(name, NOON) for name in ("Erna", "Karl"))
    nurse = personal.contact(personal.add_contact("Anna", ContactRole.NURSE, NOON))
    for person in (erna, karl):
        personal.put_in_circle(person, nurse.contact, NOON)
        personal.give_consent(
            person, purpose=CARE, data_kind=BLOOD_PRESSURE, sentence="Ja.", given_how="", at=NOON,
            recipient=nurse.recipient, recorded_by=3,
        )  # fmt: skip
    assert personal.take_from_circle(erna, nurse.contact, NOON + 1)
    assert not personal.take_from_circle(erna, nurse.contact, NOON + 1)
    assert personal.consents(erna)[0].withdrawn_at == NOON + 1
    assert personal.consents(karl)[0].withdrawn_at is None
    assert personal.consents(karl)[0].recorded_by == 3


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
def test_a_name_that_cannot_be_one_is_refused(personal: PersonalStore, name: str) -> None:
    with pytest.raises(StoreError) as caught:
        personal.add_contact(name, ContactRole.NURSE, NOON)
    assert caught.value.hint
    assert personal.contacts() == []


def test_what_is_not_there_is_said(personal: PersonalStore) -> None:
    erna = personal.add_person("Erna", NOON)
    nurse = personal.add_contact("Anna", ContactRole.NURSE, NOON, account=5)
    for step in (
        lambda: personal.contact(9),
        lambda: personal.put_in_circle(erna, 9, NOON),
        lambda: personal.change_contact(9, "A", ContactRole.NURSE, NOON, phone="", account=None),
        lambda: personal.give_consent(
            erna,
            purpose=CARE,
            data_kind="weight",
            sentence="Ja.",
            given_how="",
            at=0,
            recipient="contact:9",
        ),
    ):
        with pytest.raises(NoSuchContact):
            step()
    with pytest.raises(StoreError, match="no person"):
        personal.put_in_circle(9, nurse, NOON)
    with pytest.raises(StoreError, match="another contact"):
        personal.add_contact("Berta", ContactRole.NURSE, NOON, account=5)
    personal.change_contact(nurse, "Anna B.", ContactRole.CARER, NOON, phone="1", account=5)
    assert personal.contact(nurse).name == "Anna B."
    for number in range(MAX_CIRCLE):
        one = personal.add_contact(f"N{number}", ContactRole.RELATIVE, NOON)
        personal.put_in_circle(erna, one, NOON)
    with pytest.raises(StoreError, match="full"):
        personal.put_in_circle(erna, nurse, NOON)


def test_a_card_opens_one_person_s_page(personal: PersonalStore) -> None:
    erna = personal.add_person("Erna", NOON)
    assert not personal.has_person_card(erna)
    personal.give_person_card(erna, b"a" * 32, NOON)
    personal.give_person_card(erna, b"b" * 32, NOON)
    assert personal.person_of_card(b"a" * 32) is None
    assert personal.person_of_card(b"b" * 32) == erna
    assert personal.take_person_card(erna)
    assert not personal.take_person_card(erna)


def test_consents_for_one_use_are_numbered(personal: PersonalStore) -> None:
    erna = personal.add_person("Erna", NOON)
    for sentence, recipient in (("Ja.", HUB), ("Ja.", "county"), ("Doch.", HUB)):
        personal.give_consent(
            erna, purpose=CARE, data_kind="weight", sentence=sentence, given_how="Formular",
            at=NOON, recipient=recipient,
        )  # fmt: skip
    personal.withdraw_consent(erna, NOON + 1, recipient=HUB, how="mündlich")
    found = [(one.recipient, one.version, one.withdrawn_how) for one in personal.consents(erna)]
    assert found == [(HUB, 1, "mündlich"), ("county", 1, ""), (HUB, 2, "mündlich")]


def test_the_book_is_sealed_and_holds_on_after_an_erasure(
    personal: PersonalStore, tmp_path: Path
) -> None:
    erna, karl = (personal.add_person(name, NOON) for name in ("Erna", "Karl"))
    personal.note_looks([look(erna), look(karl), look(erna, "Übersicht")], STAMP)
    raw = personal.connection.rows("SELECT sealed FROM care_audit")
    assert all(isinstance(row[0], bytes) and b"Runde" not in row[0] for row in raw)
    head = personal.audit_head()
    personal.copy_to(tmp_path / "old.db", tmp_path / "old-keys.db")
    emptied = erasure.erase_from_personal(personal, erna, erasure.belongings(personal, erna), STAMP)
    assert emptied["care_audit"] == 2
    verdict = personal.check_audit()
    assert verdict.holds
    assert (verdict.entries, verdict.erased) == (4, 2)
    assert personal.audit_digest(head[0]) == head[1]
    assert personal.audit_digest(99) is None
    assert personal.audit_lines(erna) == []
    assert len(personal.audit_lines(karl)) == personal.audit_count(karl) == 1


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("UPDATE care_audit SET at = at + 1 WHERE number = 2", Fault.CHAIN),
        ("DELETE FROM care_audit WHERE number = 2", Fault.MISSING),
        ("UPDATE care_audit SET sealed = NULL, person = NULL WHERE number = 2", Fault.EMPTIED),
        (
            "UPDATE care_audit SET sealed = seal_cells(1, '00', '{}') WHERE number = 2",
            Fault.CONTENT,
        ),
        ("UPDATE care_audit SET sealed = zeroblob(80) WHERE number = 2", Fault.CONTENT),
        ("UPDATE care_audit SET person = 2 WHERE number = 2", Fault.CONTENT),
    ],
)
def test_whoever_changes_the_file_is_found(personal: PersonalStore, sql: str, fault: Fault) -> None:
    erna = personal.add_person("Erna", NOON)
    personal.add_person("Karl", NOON)
    personal.note_looks([look(erna)] * 3, STAMP)
    assert personal.check_audit().holds
    with personal.connection.transaction() as driver:
        driver.execute(sql)
    assert fault in {one for _, one in personal.check_audit().faults}


def test_an_older_copy_without_the_key_has_no_fault(personal: PersonalStore) -> None:
    erna = personal.add_person("Erna", NOON)
    personal.note_looks([look(erna), replace(look(erna), refused=True)], STAMP)
    personal.destroy_key(erna)
    verdict = personal.check_audit()
    assert verdict.holds
    assert verdict.erased == 2


def test_who_was_around_the_erased_alone_goes_too(personal: PersonalStore) -> None:
    erna, karl = (personal.add_person(name, NOON) for name in ("Erna", "Karl"))
    names = ("Mia", "Anna", "Praxis", "Erna")
    mia, anna, practice, herself = (
        personal.add_contact(name, ContactRole.RELATIVE, NOON, account=n if n == 2 else None)
        for n, name in enumerate(names)
    )
    for one in (mia, anna, practice):
        personal.put_in_circle(erna, one, NOON)
    for one in (anna, herself):
        personal.put_in_circle(karl, one, NOON)
    found = erasure.belongings(personal, erna)
    assert set(found.contacts) == {mia, herself}  # she helps Karl, under her own name
    erasure.erase_from_personal(personal, erna, found, STAMP)
    assert {one.contact for one in personal.contacts()} == {anna, practice}
    assert [one.contact.contact for one in personal.circle(karl)] == [anna]


def test_who_was_erased_is_found_by_no_pseudonym(personal: PersonalStore) -> None:
    erna, karl = (personal.add_person(name, NOON) for name in ("Erna", "Karl"))
    named = personal.pseudonym(erna, "county")
    assert named == personal.pseudonym(erna, "county") != personal.pseudonym(karl, "county")
    assert personal.person_called(named, "county") == erna
    assert personal.person_called(named, "contact:1") is None
    assert personal.person_called("Erna", "county") is None
    erasure.erase_from_personal(personal, erna, erasure.belongings(personal, erna), STAMP)
    assert personal.person_called(named, "county") is None
    with pytest.raises(StoreError, match="no person"):
        personal.pseudonym(erna, "county")
    personal.destroy_key(karl)
    with pytest.raises(StoreError, match="erased"):
        personal.pseudonym(karl, "county")
