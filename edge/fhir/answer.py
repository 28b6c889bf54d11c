"""What a practice answers: limits for a person's values, and words. Pure.

Taken are Goals (`target` with a LOINC code and a range), Observations that carry nothing but a
`referenceRange`, Communications and Tasks; docs/fhir.md says how practice software writes them.
What else is in it is named, so that a person looks at it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from edge.fhir.checker import check
from edge.fhir.definitions import Definitions
from edge.fhir.identity import CASE, PSEUDONYM
from edge.fhir.issue import FhirError, Issue, errors
from edge.fhir.limits import AskedLimit, limits_of

MOST_WORDS = 10_000  # characters of one message: some four pages
MOST_ENTRIES = 500  # resources of one answer; a year of limits and messages is fewer

# said along with an answer, and nothing that a hub acts on
_BESIDE = frozenset({"Patient", "Device", "Practitioner", "PractitionerRole", "Organization"})


@dataclass(frozen=True, slots=True)
class Reply:
    """Words of a practice.

    ``key`` tells it from others, ``sent`` is when it was sent as it says itself, ``about`` is the
    id of the Task that it answers, ``status`` what became of that, as FHIR calls it. ``pointed``
    are the ids of all that it refers to, ``tasks`` those of Tasks that are not in the answer
    itself, ``cases`` the numbers of cases that it names.
    """

    key: str
    text: str = field(repr=False)
    sent: str = ""
    about: str = ""
    status: str = ""
    pointed: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer about one person.

    ``patient`` is the id that exports to this recipient have for the person, or the pseudonym.
    ``left`` names what was not understood.
    """

    patient: str
    limits: tuple[AskedLimit, ...]
    replies: tuple[Reply, ...]
    left: tuple[str, ...]


def answer(resource: Mapping[str, object], definitions: Definitions | None = None) -> Answer:
    """Return what is in a practice's answer: a Bundle, or one resource by itself.

    :raises FhirError: if it is not what FHIR says, is about nobody or several people, or asks for
        a limit that cannot be one. Nothing of it may be used then.
    """
    listed = resource.get("entry")
    if isinstance(listed, list) and len(listed) > MOST_ENTRIES:
        raise FhirError(f"Mehr als {MOST_ENTRIES} Einträge.", "In mehreren Teilen schicken lassen.")
    wrong = errors(check(resource, definitions))
    if wrong:
        said = f"Die Antwort ist kein gültiges FHIR: {wrong[0]}"
        hint = "Alle Fehler der Praxis schicken; nichts davon ist übernommen."
        raise FhirError(said, hint, wrong)
    return understood(resource)


def understood(resource: Mapping[str, object]) -> Answer:
    """Return what is in an answer that was checked before.

    :raises FhirError: as of :func:`answer`.
    """
    entries = list(_entries(resource))
    people = {pointed for _, one in entries for pointed in [_person(one, entries)] if pointed}
    if len(people) != 1:
        said = "mehrere Personen" if people else "niemanden, den dieser Hub kennt"
        hint = (
            "`subject` muss auf den Patient aus dem Export zeigen, in jedem Eintrag auf denselben."
        )
        raise FhirError(f"Die Antwort betrifft {said}.", hint)
    limits: list[AskedLimit] = []
    replies: list[Reply] = []
    left: list[str] = []
    issues: list[Issue] = []
    inside = {f"{one.get('resourceType')}/{one.get('id')}" for _, one in entries}
    for address, one in entries:
        kind = str(one.get("resourceType"))
        words = tuple(_replies(one, address, inside))
        asked, unfit = limits_of(one, f"{kind}/{one.get('id', address)}")
        limits += asked
        replies += words
        issues += unfit
        if not asked and not words and not unfit and kind not in _BESIDE:
            left.append(f"{kind}/{one.get('id', address)}")
    if issues:
        said = f"Eine Grenze ist so nicht zu übernehmen: {issues[0]}"
        raise FhirError(said, "Mit der Praxis klären; nichts davon ist übernommen.", issues)
    return Answer(people.pop(), tuple(limits), tuple(replies), tuple(left))


def _entries(resource: Mapping[str, object]) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield each resource with its full address; a resource by itself has none."""
    if resource.get("resourceType") != "Bundle":
        yield "", resource
        return
    listed = resource.get("entry")
    for number, one in enumerate(listed if isinstance(listed, list) else ()):
        inner = one.get("resource")
        if isinstance(inner, dict):
            yield str(one.get("fullUrl", number)), inner


def _person(resource: Mapping[str, object], entries: list[tuple[str, Mapping[str, object]]]) -> str:
    """Return whom a resource is about, empty if it says nothing."""
    if resource.get("resourceType") == "Patient":
        return _named(resource.get("identifier")) or str(resource.get("id", ""))
    pointer = resource.get("subject") or resource.get("for")
    if not isinstance(pointer, dict):
        return ""
    text = str(pointer.get("reference", ""))
    for address, one in entries:
        if text and text in {address, f"{one.get('resourceType')}/{one.get('id')}"}:
            return _person(one, []) if one.get("resourceType") == "Patient" else ""
    identifier = pointer.get("identifier")
    return _named([identifier]) or text.removeprefix("urn:uuid:").rpartition("/")[2]


def _named(identifiers: object) -> str:
    """Return the pseudonym among identifiers, empty if there is none."""
    for one in identifiers if isinstance(identifiers, list) else ():
        if isinstance(one, dict) and one.get("system") == PSEUDONYM:
            return str(one.get("value", ""))
    return ""


def _replies(
    resource: Mapping[str, object], address: str, inside: Collection[str]
) -> Iterator[Reply]:
    kind = resource.get("resourceType")
    if kind == "Communication":
        texts = [_text(one, "contentString") for one in _list(resource, "payload")]
        texts += [_text(one, "text") for one in _list(resource, "note")]
        about = [
            *_list(resource, "basedOn"),
            *_list(resource, "about"),
            *_list(resource, "inResponseTo"),
        ]
        sent = str(resource.get("sent", resource.get("received", "")))
        status = ""
    elif kind == "Task":
        texts = [_text(one, "text") for one in _list(resource, "note")]
        texts += [_text(one, "valueString") for one in _list(resource, "output")]
        reason = resource.get("statusReason")
        texts.append(_text(reason, "text") if isinstance(reason, dict) else "")
        focus = resource.get("focus")
        about = [
            {"reference": f"Task/{resource.get('id', '')}"},
            *_list(resource, "basedOn"),
            *([focus] if isinstance(focus, dict) else ()),
        ]
        sent = str(resource.get("lastModified", ""))
        status = str(resource.get("status", ""))
    else:
        return
    text = "\n".join(one for one in texts if one)
    if not text and not status:
        return
    pointed = tuple(dict.fromkeys(one for one in map(_id, about) if one))
    named = [*_list(resource, "identifier"), *(one.get("identifier") for one in about)]
    key = str(resource.get("id") or address)
    about_id = pointed[0] if pointed else ""
    tasks = (one for one in map(_task, about) if one and f"Task/{one}" not in inside)
    outside = tuple(dict.fromkeys(tasks))
    yield Reply(key, text[:MOST_WORDS], sent, about_id, status, pointed, outside, _cases(named))


def _cases(identifiers: Iterable[object]) -> tuple[str, ...]:
    """Return the numbers of cases among identifiers, as they are written there."""
    found = [
        _text(one, "value").lower()
        for one in identifiers
        if isinstance(one, dict) and one.get("system") == CASE
    ]
    return tuple(dict.fromkeys(one for one in found if one))


def _list(resource: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    listed = resource.get(name)
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _text(one: Mapping[str, object], key: str) -> str:
    return str(one.get(key, "")).strip()


def _id(pointer: Mapping[str, object]) -> str:
    return str(pointer.get("reference", "")).removeprefix("urn:uuid:").rpartition("/")[2]


def _task(pointer: Mapping[str, object]) -> str:
    """Return the id of the Task that a reference names by its type, else empty."""
    before, _, id_ = str(pointer.get("reference", "")).rpartition("/")
    return id_ if before.rpartition("/")[2] == "Task" else ""
