from __future__ import annotations

from dataclasses import replace

import pytest

from edge.desk.board_upkeep import board_upkeep
from edge.desk.market import MAX_WAITING, MarketDesk
from edge.store.edited import EditedSince, NotThere
from edge.store.erasure import belongings, erase_from_personal, erase_from_village
from edge.store.errors import Locked, StoreError
from edge.store.village_market import MarketEntry
from edge.village.market import Contact, Draft, Reach
from edge.village.words import Refused
from tests.edge.desk.conftest import NOW_MS, Hall

DAY = 86_400_000
ERNA = Contact("Erna Weber", "06403 998877")


def desk(hall: Hall) -> MarketDesk:
    return MarketDesk(hall.village, hall.vault, hall.clock)


def draft(title: str = "Äpfel", reach: Reach = "desk") -> Draft:
    return Draft(kind="offer", category="farm", title=title, reach=reach)


def hang(hall: Hall, reach: Reach, contact: Contact | None = ERNA, form: str = "a") -> str:
    slip = desk(hall).write(draft(reach=reach), contact, form)
    entry = desk(hall).mine(slip)
    desk(hall).approve(entry.entry, draft(), entry.rev)
    return slip


def test_an_entry_hangs_once_a_volunteer_lets_it_and_for_thirty_days(hall: Hall) -> None:
    slip = desk(hall).write(draft(), None, "a")
    assert desk(hall).hanging() == []
    (waits,) = desk(hall).waiting()
    desk(hall).approve(waits.entry.entry, draft("Birnen"), waits.entry.rev)
    (hung,) = desk(hall).hanging()
    assert (hung.entry.title, hung.contact, hung.is_locked) == ("Birnen", None, False)
    hall.clock.advance(30 * DAY - 1)
    assert len(desk(hall).hanging()) == 1
    # a change does not make it hang longer
    desk(hall).approve(hung.entry.entry, draft("Quitten"), hung.entry.rev)
    hall.clock.advance(1)
    assert desk(hall).hanging() == []
    assert desk(hall).mine(slip).title == "Quitten"


def test_a_number_is_shown_to_those_it_was_given_for(hall: Hall) -> None:
    for form, reach in (("a", "desk"), ("b", "call"), ("c", "public")):
        hang(hall, reach, None if reach == "desk" else ERNA, form)  # type: ignore[arg-type]
    everybody = {one.entry.reach: one.contact for one in desk(hall).hanging()}
    assert everybody == {"desk": None, "call": None, "public": ERNA}
    volunteers = {one.entry.reach: one.contact for one in desk(hall).all_told()}
    assert volunteers == {"desk": None, "call": ERNA, "public": ERNA}


def test_names_and_numbers_are_in_no_readable_file(hall: Hall) -> None:
    hang(hall, "public")
    hall.village.checkpoint()
    for path in hall.folder.iterdir():
        data = path.read_bytes()
        assert b"Weber" not in data, path
        assert b"998877" not in data, path


def test_while_personal_db_is_locked_only_what_needs_no_number_is_kept(hall: Hall) -> None:
    hang(hall, "public", form="before")
    hall.lock()
    with pytest.raises(Locked):
        desk(hall).write(draft(reach="call"), ERNA, "a")
    assert desk(hall).waiting() == []
    desk(hall).write(draft(), None, "a")
    (hung,) = desk(hall).hanging()
    assert (hung.contact, hung.is_locked) == (None, True)
    assert desk(hall).entry(1).is_locked
    desk(hall).decline(1, "doppelt", hung.entry.rev)  # the number goes when it was to go
    with pytest.raises(Locked):
        desk(hall).forget()


def test_a_form_sent_twice_is_one_entry(hall: Hall) -> None:
    slips = {desk(hall).write(draft(reach="call"), ERNA, "a") for _ in range(3)}
    assert len(slips) == 1
    assert len(desk(hall).waiting()) == 1


def test_an_entry_whose_number_cannot_be_kept_is_not_kept_either(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr("edge.store.personal.PersonalStore.put_contact", fail)
    with pytest.raises(StoreError):
        desk(hall).write(draft(reach="call"), ERNA, "a")
    assert desk(hall).waiting() == []


def test_its_slip_takes_it_down_and_deletes_the_number_at_once(hall: Hall) -> None:
    slip = hang(hall, "public")
    desk(hall).remove(slip)
    assert desk(hall).hanging() == []
    with hall.vault.open() as personal:
        assert personal.board_contacts() == {}
    with pytest.raises(Refused) as error:
        desk(hall).remove(slip)
    assert error.value.code == "unknown"


def test_taken_down_while_locked_the_number_goes_as_soon_as_it_can(hall: Hall) -> None:
    slip = hang(hall, "public")
    hall.lock()
    desk(hall).remove(slip)
    hall.unlock()
    assert board_upkeep(hall.village, hall.vault, hall.clock) == 1
    with hall.vault.open() as personal:
        assert personal.board_contacts() == {}


def test_numbers_go_two_weeks_after_the_entry(hall: Hall) -> None:
    hang(hall, "call")
    hall.clock.advance(44 * DAY - 1)
    assert desk(hall).forget() == 0
    hall.clock.advance(2)
    assert desk(hall).forget() == 1
    with pytest.raises(NotThere):
        desk(hall).entry(1)


def test_the_second_of_two_volunteers_is_told(hall: Hall) -> None:
    desk(hall).write(draft(), None, "a")
    desk(hall).approve(1, draft("Von Anna"), 1)
    with pytest.raises(EditedSince):
        desk(hall).approve(1, draft("Von Bert"), 1)
    with pytest.raises(EditedSince):
        desk(hall).decline(1, "doppelt", 1)
    assert desk(hall).entry(1).entry.title == "Von Anna"
    with pytest.raises(NotThere):
        hall.village.change_entry(replace(entry(hall), entry=99), NOW_MS)


def entry(hall: Hall) -> MarketEntry:
    return desk(hall).entry(1).entry


def test_declining_says_why_and_can_be_taken_back(hall: Hall) -> None:
    slip = desk(hall).write(draft(), None, "a")
    desk(hall).decline(1, "Bitte ohne Preise.", 1)
    assert desk(hall).mine(slip).reason == "Bitte ohne Preise."
    desk(hall).approve(1, draft(), 2)
    assert desk(hall).mine(slip).reason == ""
    assert len(desk(hall).hanging()) == 1


def test_too_much_that_waits_is_refused(hall: Hall) -> None:
    for turn in range(MAX_WAITING):
        desk(hall).write(draft(), None, str(turn))
    with pytest.raises(Refused) as error:
        desk(hall).write(draft(), None, "one more")
    assert error.value.code == "full"


def test_who_is_erased_is_erased_from_the_market(hall: Hall) -> None:
    hang(hall, "public")
    hang(hall, "call", Contact("Otto Maier", "06403 1"), "b")
    with hall.vault.open() as personal:
        person = personal.add_person("erna  WEBER", NOW_MS)
        found = belongings(personal, person)
        assert found.entries == (1,)
        with hall.village.connection.transaction() as driver:
            erase_from_village(driver, found)
        erase_from_personal(personal, person, found)
        assert personal.board_contacts() == {2: Contact("Otto Maier", "06403 1")}
    assert [one.entry.entry for one in desk(hall).hanging()] == [2]
