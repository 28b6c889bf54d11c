"""What a practice answers as FHIR comes into the case that it names, and into no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.care.case_consent import KIND, PURPOSE
from edge.care.case_state import CaseState
from edge.care.consent import BLOOD_PRESSURE, CARE
from edge.care.people import ContactRole
from edge.config import Config, load
from edge.fhir.bundle import bundle
from edge.fhir.checker import check
from edge.fhir.definitions import standard
from edge.fhir.identity import CASE
from edge.fhir.issue import errors
from edge.fhir.json_text import read, write
from edge.ward.interchange import Interchange, Taken
from edge.ward.reading import NotAllowed
from tests.edge.ward.case_desk import NOON, CaseDesk

WORDS = "Bitte kühlen und morgen kommen."


class Practice(CaseDesk):
    """A desk with a hub around it, and the practice's side of FHIR."""

    config: Config

    def exchange(self) -> Interchange:
        return Interchange(self.config, self.vault, self.clock)

    def received(self, contact: int) -> list[dict[str, Any]]:
        with self.open() as personal:
            reader = personal.contact(contact)
        made = self.exchange().export(self.erna, reader, 0, None, why="x")
        return [json.loads(write(one)) for one in made.resources]

    def take(self, contact: int, *resources: dict[str, Any]) -> Taken:
        with self.open() as personal:
            sender = personal.contact(contact)
        entries = [{"fullUrl": f"urn:uuid:{n}", "resource": one} for n, one in enumerate(resources)]
        text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
        return self.exchange().take(sender, text)

    def sent(self) -> tuple[int, str]:
        number = self.draft()
        self.seal(number)
        self.desk.packet(number)
        return number, self.desk.opened(number).case.id.hex()


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Practice]:
    (tmp_path / "hub.toml").write_text('[hub]\nname = "DGH"\nvillage = "Holzheim"\n')
    made = Practice(tmp_path)
    made.config = load(tmp_path / "hub.toml")
    made.config.hub.state.mkdir(exist_ok=True)
    with made.vault:
        yield made


def subject(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {"reference": f"Patient/{found[0]['id']}"}


def asked(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in found if any(x["system"] == CASE for x in one.get("identifier", ()))]


def said(who: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Communication",
        "id": "wort-1",
        "status": "completed",
        "subject": who,
        "sent": "2026-09-21T14:00:00+02:00",
        "payload": [{"contentString": WORDS}],
        **more,
    }


def named(case: str) -> dict[str, Any]:
    return {"identifier": {"system": CASE, "value": case}}


def test_a_case_that_left_goes_out_as_a_task_without_its_question(practice: Practice) -> None:
    practice.draft()  # a draft is nobody's yet
    number, case = practice.sent()
    found = practice.received(practice.doctor)
    (task,) = asked(found)
    assert (task["resourceType"], task["status"]) == ("Task", "requested")
    assert task["identifier"] == [{"system": CASE, "value": case}]
    assert "Knöchel" not in json.dumps(found, ensure_ascii=False)
    with practice.open() as personal:
        other = personal.add_contact("Praxis Dr. Blau", ContactRole.PRACTICE, NOON)
    practice.agree(CARE, BLOOD_PRESSURE, f"contact:{other}")
    assert asked(practice.received(other)) == []
    with practice.open() as personal:
        reader = personal.contact(practice.doctor)
    made = practice.exchange().export(practice.erna, reader, 0, None, why="x")
    whole = bundle(made.whose, list(made.resources), made.at)
    assert errors(check(read(write(whole)), standard())) == []
    assert practice.desk.opened(number).case.state is CaseState.ON_ITS_WAY


@pytest.mark.parametrize("how", ["basedOn", "about", "inResponseTo", "identifier"])
def test_words_come_into_the_case_they_refer_to(practice: Practice, how: str) -> None:
    number, case = practice.sent()
    found = practice.received(practice.doctor)
    (task,) = asked(found)
    pointer = named(case.upper()) if how == "identifier" else {"reference": f"Task/{task['id']}"}
    where = "basedOn" if how == "identifier" else how
    if how == "inResponseTo":  # FHIR wants another Communication there: a number tells which
        pointer = named(case)
    taken = practice.take(practice.doctor, said(subject(found), **{where: [pointer]}))
    assert (taken.cases, taken.astray) == ((number,), ())
    opened = practice.desk.opened(number)
    (answer,) = opened.answers
    assert (answer.text, answer.sender, answer.is_fhir) == (WORDS, "Praxis Dr. Grün", True)
    assert answer.at == 1_789_992_000_000
    assert opened.case.state is CaseState.ANSWERED
    assert practice.desk.unseen() == {number: 1}
    again = practice.take(practice.doctor, said(subject(found), **{where: [pointer]}))
    assert not again.is_new
    assert len(practice.desk.opened(number).answers) == 1


def test_a_task_answers_for_itself(practice: Practice) -> None:
    number, _ = practice.sent()
    found = practice.received(practice.doctor)
    (task,) = asked(found)
    assert practice.take(practice.doctor, task | {"status": "accepted"}).cases == ()
    assert practice.desk.opened(number).case.state is CaseState.RECEIVED
    practice.take(practice.doctor, task | {"status": "rejected"})
    with_words = task | {"status": "completed", "note": [{"text": "Erledigt."}]}
    practice.take(practice.doctor, with_words)
    told = [one.text for one in practice.desk.opened(number).answers]
    assert told == ["Die Praxis hat die Frage abgelehnt.", "Erledigt."]
    own = {
        "resourceType": "Task",
        "id": "eigene",
        "status": "completed",
        "intent": "order",
        "for": subject(found),
        "focus": {"reference": f"Task/{task['id']}"},
        "note": [{"text": "Siehe Brief."}],
    }
    assert practice.take(practice.doctor, own).cases == (number,)


@pytest.mark.parametrize("moment", ["2026", "2027-01-01T00:00:00+01:00", ""])
def test_a_moment_that_cannot_be_is_when_it_came(practice: Practice, moment: str) -> None:
    number, case = practice.sent()
    found = practice.received(practice.doctor)
    reply = said(subject(found), basedOn=[named(case)], sent=moment)
    if not moment:
        del reply["sent"]
    practice.take(practice.doctor, reply)
    assert practice.desk.opened(number).answers[0].at == NOON


def test_what_leads_nowhere_is_told_and_kept(practice: Practice) -> None:
    number, case = practice.sent()
    draft = practice.draft()
    unsent = practice.desk.opened(draft).case.id.hex()
    found = practice.received(practice.doctor)
    for astray, pointer in (
        ("0" * 32, named("0" * 32)),
        (unsent, named(unsent)),
        ("gibt-es-nicht", {"reference": "Task/gibt-es-nicht"}),
    ):
        taken = practice.take(practice.doctor, said(subject(found), basedOn=[pointer]))
        assert (taken.cases, taken.astray) == ((), (astray,))
        assert taken.is_new
    assert practice.desk.opened(number).answers == []
    assert len(practice.desk.refused()) == 3
    kept = [one.replies[0].text for _, _, one in practice.exchange().answers(practice.erna)]
    assert kept == [WORDS] * 3
    both = said(subject(found), id="wort-2", basedOn=[named("0" * 32), named(case)])
    taken = practice.take(practice.doctor, both)
    assert (taken.cases, taken.astray) == ((number,), ("0" * 32,))
    assert practice.take(practice.doctor, said(subject(found), id="wort-3")).astray == ()


def test_what_points_at_other_things_than_a_case_is_not_astray(practice: Practice) -> None:
    practice.sent()
    found = practice.received(practice.doctor)
    seen = next(one for one in found if one["resourceType"] == "Observation")
    own = {
        "resourceType": "Task",
        "id": "eigene",
        "status": "requested",
        "intent": "order",
        "for": subject(found),
        "note": [{"text": "Blut abnehmen."}],
    }
    answers: tuple[list[dict[str, Any]], ...] = (
        [{"about": [{"reference": f"Observation/{seen['id']}"}]}],
        [{"inResponseTo": [{"reference": "Communication/unsere-frage"}]}],
        [{"basedOn": [{"reference": "https://praxis.example/fhir/ServiceRequest/7"}]}],
        [{"basedOn": [{"reference": "Task/eigene"}]}, own],
        [{"basedOn": [{"reference": "urn:uuid:1"}]}, own],
        [own],
    )
    for number, resources in enumerate(answers):
        wrapped = [
            said(subject(found), id=f"wort-{number}", **one) if "resourceType" not in one else one
            for one in resources
        ]
        taken = practice.take(practice.doctor, *wrapped)
        assert (taken.cases, taken.astray) == ((), ()), resources
    assert practice.desk.refused() == []
    for reference in ("Task/fremd", "https://praxis.example/fhir/Task/fremd"):
        reply = said(subject(found), basedOn=[{"reference": reference}])
        assert practice.take(practice.doctor, reply, own).astray == ("fremd",)


def test_another_practice_answers_no_case_that_it_was_not_asked(practice: Practice) -> None:
    number, case = practice.sent()
    with practice.open() as personal:
        other = personal.add_contact("Praxis Dr. Blau", ContactRole.PRACTICE, NOON)
    practice.agree(CARE, BLOOD_PRESSURE, f"contact:{other}")
    found = practice.received(other)
    taken = practice.take(other, said(subject(found), basedOn=[named(case)]))
    assert (taken.cases, taken.astray) == ((), (case,))
    assert practice.desk.opened(number).answers == []


def test_who_may_be_asked_and_read_nothing_may_answer_and_set_no_limit(practice: Practice) -> None:
    number, case = practice.sent()
    found = practice.received(practice.doctor)
    practice.withdraw(purpose=CARE, recipient=f"contact:{practice.doctor}")
    reply = said(subject(found), basedOn=[named(case)])
    assert practice.take(practice.doctor, reply).cases == (number,)
    goal = {
        "resourceType": "Goal",
        "id": "ziel",
        "lifecycleStatus": "active",
        "description": {"text": "Blutdruck"},
        "subject": subject(found),
        "target": [{
            "measure": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]},
            "detailRange": {"high": {
                "value": 150, "system": "http://unitsofmeasure.org", "code": "mm[Hg]",
            }},
        }],
    }  # fmt: skip
    with pytest.raises(NotAllowed):
        practice.take(practice.doctor, goal)
    practice.withdraw(purpose=PURPOSE, data_kind=KIND)
    with pytest.raises(NotAllowed):
        practice.take(practice.doctor, reply)
