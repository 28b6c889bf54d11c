"""Certificates: who earned one, what stands on it, what is left of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.badges.compact import Shown, packed
from edge.badges.errors import Unreadable
from edge.desk.awards import Awards, Choice, ClockNotSet, NoSuchAward
from edge.desk.register import card_hash
from edge.desk.upkeep import upkeep
from edge.learning.course import Course, DigComp
from edge.learning.errors import Refused
from edge.paper.documents import CompetenceProof
from edge.store import erasure
from edge.store.errors import Locked
from hardware.reading import TimeQuality
from tests.edge.desk.conftest import Hall

DAY_MS = 86_400_000


def awards_of(hall: Hall) -> Awards:
    return Awards(
        hall.village, hall.vault, hall.clock, hall.folder / "keys", ("Holzheim", "Dorfhub Holzheim")
    )


def a_course(hall: Hall, came: dict[str, tuple[int, int]]) -> tuple[Course, dict[str, str]]:
    """Hold a course of four sessions to which name came so often, with so many; slips by name."""
    course = hall.published(seats=20, digcomp=(DigComp(1, "Grundlagen"), DigComp(4, "Aufbau")))
    slips = {
        name: hall.desk.signup(course.course, name, count).number
        for name, (_, count) in came.items()
    }
    for at, session in enumerate(course.sessions):
        hall.clock.wall_ms = session.starts_at
        for row in hall.register.rows(session.session):
            if at < came[row.enrolment.name][0]:
                hall.register.tick(session.session, row.enrolment.enrolment)
    hall.clock.wall_ms = course.sessions[-1].ends_at + 60_000
    return course, slips


def choice(awards: Awards, course: int, name: str, seat: int = 1, called: str = "") -> Choice:
    found = {one.name: one for one in awards.candidates(course)}[name]
    return Choice(found.enrolment, seat, called or name)


def test_who_came_to_four_of_five_gets_one(hall: Hall) -> None:
    course, _ = a_course(hall, {"Immer": (4, 1), "Dreimal": (3, 1), "Nie": (0, 1)})
    awards = awards_of(hall)
    found = awards.candidates(course.course)
    assert [(one.name, one.present, one.has_earned) for one in found] == [
        ("Dreimal", 3, False), ("Immer", 4, True), ("Nie", 0, False)
    ]  # fmt: skip
    with pytest.raises(Refused):
        awards.give(course.course, [choice(awards, course.course, "Dreimal")])
    awards.set_threshold(course.course, 75)
    (made,) = awards.give(course.course, [choice(awards, course.course, "Dreimal")], by="Petra")
    proof = awards.check(packed(Shown(made.token, made.name)))
    assert (proof.state, proof.name, proof.course) == ("valid", "Dreimal", "Sicher im Netz")
    assert proof.criteria == "Mindestens 75 % der Termine besucht."
    assert proof.extent.startswith("3 von 4 Terminen, 6. Oktober bis 27. Oktober 2026.")
    paper = awards.paper(made)
    assert (paper.name, paper.confirmed_by, paper.number) == ("Dreimal", "Petra", proof.number)
    assert "8 Unterrichtseinheiten" in paper.extent
    for share in (0, 101):
        with pytest.raises(Refused):
            awards.set_threshold(course.course, share)


def test_nobody_gets_one_before_it_is_earned(hall: Hall) -> None:
    course, _ = a_course(hall, {"Erst": (3, 1)})
    hall.clock.wall_ms = course.sessions[2].ends_at
    awards = awards_of(hall)
    (one,) = awards.candidates(course.course)
    assert (one.present, one.sessions, one.has_earned) == (3, 4, False)


def test_a_double_click_gives_one(hall: Hall) -> None:
    course, _ = a_course(hall, {"Anna": (4, 1), "Ben": (4, 1)})
    awards = awards_of(hall)
    anna = choice(awards, course.course, "Anna")
    first = awards.give(course.course, [anna])
    assert awards.give(course.course, [anna, anna]) == [*first, *first]
    assert awards.give(course.course, [replace(anna, name="Anders")]) == first
    assert len(awards.given(course.course)) == 1
    both = awards.give(course.course, [anna, choice(awards, course.course, "Ben")])
    assert [one.name for one in both] == ["Anna", "Ben"]
    assert len(awards.papers(course.course).pages) == 2


def test_of_a_party_each_has_a_name(hall: Hall) -> None:
    course, _ = a_course(hall, {"Familie": (4, 3)})
    session = course.sessions[0].session
    (row,) = hall.register.rows(session)
    hall.register.tick(session, row.enrolment.enrolment, 1)
    awards = awards_of(hall)
    found = awards.candidates(course.course)
    assert [(one.seat, one.name, one.present) for one in found] == [
        (1, "Familie", 4), (2, "", 3), (3, "", 3)
    ]  # fmt: skip
    awards.set_threshold(course.course, 75)
    with pytest.raises(Refused) as told:
        awards.give(course.course, [Choice(found[1].enrolment, 2, "  ")])
    assert told.value.field == "name"
    assert awards.given(course.course) == []
    awards.give(course.course, [Choice(found[1].enrolment, 2, " Öykü   Familie ")])
    assert [one.name for one in awards.candidates(course.course)][1] == "Öykü Familie"


def test_digcomp_says_area_level_and_competence(hall: Hall) -> None:
    course, _ = a_course(hall, {"Anna": (4, 1)})
    awards = awards_of(hall)
    anna = choice(awards, course.course, "Anna")
    (made,) = awards.give(course.course, [anna], "digcomp", competences=("4.2", "1.1"))
    paper = awards.paper(made)
    assert isinstance(paper, CompetenceProof)
    assert paper.framework == "DigComp 3.0"
    assert [one.number for one in paper.competences] == ["1.1", "4.2"]
    assert paper.areas[1] == ("4 Sicher und gesund im Netz", "Aufbau")
    proof = awards.check(awards.document(made), "Anna")
    assert [(one.framework, one.code, one.level) for one in proof.alignments] == [
        ("DigComp 3.0", "1", "Grundlagen"), ("DigComp 3.0", "4", "Aufbau"),
        ("DigComp 3.0", "1.1", "Grundlagen"), ("DigComp 3.0", "4.2", "Aufbau"),
    ]  # fmt: skip
    for kind, codes in (("digcomp", ("2.1",)), ("meisterbrief", ())):
        with pytest.raises(Refused):
            awards.give(course.course, [anna], kind, competences=codes)


def test_taken_back_it_counts_no_more_and_another_can_be_given(hall: Hall) -> None:
    course, _ = a_course(hall, {"Anna": (4, 1)})
    awards = awards_of(hall)
    anna = choice(awards, course.course, "Anna")
    (made,) = awards.give(course.course, [anna])
    text = packed(Shown(made.token, made.name))
    assert awards.revoke(made.award)
    assert not awards.revoke(made.award)
    assert awards.check(text).state == "revoked"
    assert awards.given(course.course)[0].is_revoked
    with pytest.raises(NoSuchAward):
        awards.papers(course.course)
    (again,) = awards.give(course.course, [anna])
    assert again.status_index != made.status_index
    assert awards.check(again.token).state == "valid"
    assert awards.check(text).state == "revoked"
    with pytest.raises(NoSuchAward):
        awards.revoke(4711)
    awards.rotate_key()
    assert awards.revoke_shown(again.token).state == "revoked"


def test_of_another_hub_it_is_not_ours_to_take_back(hall: Hall) -> None:
    course, _ = a_course(hall, {"Anna": (4, 1)})
    awards = awards_of(hall)
    (made,) = awards.give(course.course, [choice(awards, course.course, "Anna")])
    other = Awards(
        hall.village, hall.vault, hall.clock, hall.folder / "others", ("Fremdorf", "Fremd")
    )
    assert other.check(made.token, "Anna").state == "foreign"
    with pytest.raises(Refused):
        other.revoke_shown(made.token)
    with pytest.raises(Unreadable):
        other.check(made.token, "Berta")
    awards.rotate_key(stolen=True)
    assert awards.check(made.token).state == "stolen"


def test_a_card_shows_what_its_owner_earned(hall: Hall) -> None:
    course, slips = a_course(hall, {"Anna": (4, 1), "Ben": (4, 1)})
    awards = awards_of(hall)
    for name in slips:
        awards.give(course.course, [choice(awards, course.course, name)])
    card = hall.register.give_card(slips["Anna"])
    (mine,) = awards.of(card_hash(card))
    assert (mine.award.name, mine.title, mine.kind, mine.is_revoked) == (
        "Anna", "Sicher im Netz", "Teilnahme-Bescheinigung", False
    )  # fmt: skip
    assert awards.of(b"\0" * 32) == []


def test_locked_nothing_is_given_but_proofs_are_checked(hall: Hall) -> None:
    course, _ = a_course(hall, {"Anna": (4, 1)})
    awards = awards_of(hall)
    (made,) = awards.give(course.course, [choice(awards, course.course, "Anna")])
    hall.lock()
    assert awards.check(made.token).state == "valid"
    assert awards.revoke_shown(made.token).state == "revoked"
    with pytest.raises(Locked):
        awards.candidates(course.course)
    with pytest.raises(Locked):
        awards.give(course.course, [Choice(1, 1, "Anna")])


def test_without_the_date_nothing_is_signed(hall: Hall) -> None:
    course, _ = a_course(hall, {"Anna": (4, 1)})
    awards = awards_of(hall)
    anna = choice(awards, course.course, "Anna")
    hall.clock.quality = TimeQuality.UNKNOWN
    with pytest.raises(ClockNotSet):
        awards.give(course.course, [anna])


def test_after_ninety_days_no_name_is_left(hall: Hall) -> None:
    course, slips = a_course(hall, {"Annegret Unverwechselbar": (4, 1)})
    awards = awards_of(hall)
    hall.clock.wall_ms += 80 * DAY_MS  # given late: so long it stays
    anna = choice(awards, course.course, "Annegret Unverwechselbar")
    (made,) = awards.give(course.course, [anna])
    hall.clock.wall_ms += 89 * DAY_MS
    upkeep(hall.village, hall.vault, hall.desk, hall.clock.wall_ms)
    assert len(awards.given(course.course)) == 1
    hall.clock.wall_ms += 2 * DAY_MS
    upkeep(hall.village, hall.vault, hall.desk, hall.clock.wall_ms)
    assert awards.given(course.course) == []
    with pytest.raises(NoSuchAward):
        awards.award(made.award)
    assert slips
    # what is on paper still counts, and can still be taken back
    text = packed(Shown(made.token, made.name))
    assert awards.check(text).state == "valid"
    assert awards.revoke_shown(text).state == "revoked"
    with hall.vault.open() as personal:
        (count,) = personal.connection.row("SELECT count(*) FROM award") or (None,)
    assert count == 0
    assert b"Unverwechselbar" not in (hall.folder / "village.db").read_bytes()


def test_an_award_whose_time_is_up_goes_though_the_name_stays(hall: Hall) -> None:
    course, _ = a_course(hall, {"Anna": (4, 1)})
    awards = awards_of(hall)
    awards.give(course.course, [choice(awards, course.course, "Anna")])
    with hall.vault.open() as personal:
        assert personal.forget_awards(hall.clock.wall_ms) == 0
        assert personal.forget_awards(hall.clock.wall_ms + 91 * DAY_MS) == 1
    assert awards.candidates(course.course)[0].name == "Anna"


def test_whoever_is_erased_has_none(hall: Hall) -> None:
    course, slips = a_course(hall, {"Anna": (4, 1), "Ben Weber": (4, 1)})
    awards = awards_of(hall)
    for name in slips:
        awards.give(course.course, [choice(awards, course.course, name)])
    hall.desk.erase(slips["Anna"])
    assert [one.award.name for one in awards.given(course.course)] == ["Ben Weber"]
    with hall.vault.open() as personal:
        person = personal.add_person("Ben Weber", 1)
        found = erasure.belongings(personal, person)
        erasure.erase_from_personal(personal, person, found)
    assert awards.given(course.course) == []


def test_the_list_of_revoked_ones_is_signed_and_nameless(hall: Hall) -> None:
    course, _ = a_course(hall, {"Anna": (4, 1)})
    awards = awards_of(hall)
    (made,) = awards.give(course.course, [choice(awards, course.course, "Anna")])
    before = awards.revocation_list()
    awards.revoke(made.award)
    assert awards.revocation_list() != before


def test_an_erasure_finds_the_name_wherever_it_stands(hall: Hall) -> None:
    course, _ = a_course(hall, {"Karl": (4, 2), "Anna": (4, 1)})
    awards = awards_of(hall)
    with hall.vault.open() as personal:
        person = personal.add_person("Erna Weber", hall.clock.wall_ms)
        personal.add_trainer("erna  WEBER", "0641 1", hall.clock.wall_ms, 1 << 60)
        kept = personal.add_trainer("Petra", None, hall.clock.wall_ms, 1 << 60)
    asked = [choice(awards, course.course, "Karl", 2, "Erna  Weber"),
             choice(awards, course.course, "Anna")]  # fmt: skip
    awards.give(course.course, asked, by="Erna Weber")
    with hall.vault.open() as personal:
        erasure.erase_from_personal(personal, person, erasure.belongings(personal, person))
        assert [one.trainer for one in personal.trainers()] == [kept]
        (left,) = personal.awards(course.course)
        assert left.name == "Anna"
        assert awards.paper(left).confirmed_by == ""
        dump = "".join(str(row) for row in personal.connection.rows("SELECT * FROM award"))
        assert "Erna" not in dump
