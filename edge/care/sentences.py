"""The sentences that people sign: for each recipient and kind, in German, ready to be read aloud.

A consent keeps the sentence itself, word for word. Whoever changes one here changes no consent
that was given. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from edge.care.consent import COUNTY, HUB
from edge.care.kinds import BUTTON, HOME_ACTIVITY, ROOM_CLIMATE, WORDS
from edge.care.people import ROLE_WORDS, Contact

_REVOCABLE = "Ich kann das jederzeit widerrufen."
_HUB = (
    "Ich bin damit einverstanden, dass der Dorfhub meine {kind} entgegennimmt und "
    f"hier im Dorf verschlüsselt aufbewahrt.{{use}} {_REVOCABLE}"
)
_COUNTY = (
    "Ich bin damit einverstanden, dass meine {kind} versiegelt über den Landkreis an "
    f"meinen Pflegedienst gehen. {_REVOCABLE}"
)
_CONTACT = (
    "Ich bin damit einverstanden, dass {name} ({role}) meine {kind} am Dorfhub ansehen darf. "
    f"Jedes Ansehen wird aufgeschrieben, und ich kann nachlesen, wann es war. {_REVOCABLE}"
)
_CALLS = "die Menschen rufen, die ich benannt habe, und am Terminal ein Signal geben"
# what the hub does with a kind besides keeping it
_JUDGED = f" Er darf sie nach festen Regeln beurteilen und, wenn etwas auffällt, {_CALLS}."
_USES: Mapping[str, str] = MappingProxyType(
    {
        ROOM_CLIMATE: " Er darf daraus schließen, ob es bei mir zu heiß ist, und es den Helfern "
        f"hier im Dorf sagen, {_CALLS}.",
        HOME_ACTIVITY: " Er darf daraus nach festen Regeln schließen, ob es bei mir ungewöhnlich "
        f"still ist, und dann {_CALLS}.",
        BUTTON: f" Bei einem Ruf darf er sofort {_CALLS}.",
    }
)


def sentence(kind: str, recipient: str | Contact) -> str:
    """Return what a person signs so that a recipient (hub, county, a contact) may have a kind.

    :raises KeyError: if there is no such kind or recipient.
    """
    if isinstance(recipient, Contact):
        role = ROLE_WORDS[recipient.role]
        return _CONTACT.format(kind=WORDS[kind], name=recipient.name, role=role)
    return _OF[recipient].format(kind=WORDS[kind], use=_USES.get(kind, _JUDGED))


def together(sentences: tuple[str, ...]) -> str:
    """Return what is read aloud: each sentence once, the right to withdraw said at the end."""
    said = [one.removesuffix(_REVOCABLE).strip() for one in dict.fromkeys(sentences)]
    return " ".join((*said, _REVOCABLE)) if said else ""


_OF: Mapping[str, str] = MappingProxyType({HUB: _HUB, COUNTY: _COUNTY})
