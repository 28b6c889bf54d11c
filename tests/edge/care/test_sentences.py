"""What people sign: a sentence for every kind and recipient, which names both and can be undone."""

from __future__ import annotations

import pytest

from edge.care.consent import COUNTY, HUB
from edge.care.kinds import BUTTON, KINDS, ROOM_CLIMATE, WORDS
from edge.care.people import Contact, ContactRole
from edge.care.sentences import sentence, together

ANNA = Contact(3, "Anna {kind}", ContactRole.NURSE)


@pytest.mark.parametrize("kind", KINDS)
def test_each_sentence_names_what_and_who_and_that_it_can_be_withdrawn(kind: str) -> None:
    for recipient, words in ((HUB, "Dorfhub"), (COUNTY, "Landkreis"), (ANNA, "Pflegefachkraft")):
        said = sentence(kind, recipient)
        assert WORDS[kind] in said
        assert words in said
        assert said.endswith("Ich kann das jederzeit widerrufen.")
    assert "Anna {kind}" in sentence(kind, ANNA)  # a name is no pattern


@pytest.mark.parametrize("kind", KINDS)
def test_who_agrees_to_the_hub_is_told_that_people_are_called(kind: str) -> None:
    assert "die Menschen rufen, die ich benannt habe" in sentence(kind, HUB)
    if kind not in {BUTTON, ROOM_CLIMATE}:  # a press and heat need no judging
        assert "nach festen Regeln" in sentence(kind, HUB)
    assert "benannt" not in sentence(kind, COUNTY)


def test_what_the_hub_does_with_a_room_s_air_is_said() -> None:
    assert "zu heiß" in sentence(ROOM_CLIMATE, HUB)
    assert "zu heiß" not in sentence(ROOM_CLIMATE, COUNTY)


@pytest.mark.parametrize(("kind", "recipient"), [("soul", HUB), ("weight", "contact:3")])
def test_there_is_no_sentence_for_what_is_not(kind: str, recipient: str) -> None:
    with pytest.raises(KeyError):
        sentence(kind, recipient)


def test_several_are_read_aloud_with_the_right_once() -> None:
    both = (sentence("weight", HUB), sentence("oxygen", HUB), sentence("weight", HUB))
    said = together(both)
    assert said.count("Ich kann das jederzeit widerrufen.") == 1
    assert said.count(WORDS["weight"]) == 1
    assert together(()) == ""
