"""What a certificate says: signed in its proof, and printed on its paper."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from edge.badges.compact import Shown, packed
from edge.badges.credential import Alignment, Earned, Kind, sign
from edge.badges.key import BadgeKey
from edge.badges.proof import number_of
from edge.desk.paper import qr_svg
from edge.learning.course import GERMAN, Course
from edge.learning.earning import AREA_NAMES, COMPETENCES, held
from edge.paper.documents import Certificate, Competence, CompetenceProof
from edge.paper.wording import day_of, extent, span_of
from edge.store.personal_awards import Award

CHECK = (
    "Ob sie echt ist, zeigt jeder Dorfhub ohne Internet: Startseite, „Bescheinigung prüfen“, "
    "QR-Code vorzeigen."
)


class Content(TypedDict):
    """What the paper says besides the name, as an award keeps it."""

    course: str
    summary: str
    when: str
    extent: str
    attended: str
    by: str
    issuer: str
    signer: str
    number: str
    framework: str
    areas: list[tuple[str, str]]
    competences: list[str]


@dataclass(frozen=True, slots=True)
class Draft:
    """A certificate to be signed: for whom, for how much of which course."""

    course: Course
    kind: Kind
    name: str
    present: int
    percent: int
    by: str
    issuer: str
    competences: tuple[str, ...] = ()


def signed(draft: Draft, key: BadgeKey, index: int, now_ms: int) -> tuple[str, str]:
    """Return the signed proof of a certificate, and what its paper says, as JSON."""
    course, sessions = draft.course, held(draft.course)
    when, much = span_of(sessions), extent(sessions)
    came = f"{draft.present} von {len(sessions)} Terminen"
    summary = course.text(GERMAN).summary
    framework = f"DigComp {course.digcomp_version}"
    number = uuid.uuid4().urn
    earned = Earned(
        credential_id=number,
        kind=draft.kind,
        name=draft.name,
        course_id=course.course_id,
        course=course.title,
        summary=summary,
        criteria=f"Mindestens {draft.percent} % der Termine besucht.",
        extent=f"{came}, {when}. Der Kurs: {much}.",
        issuer=draft.issuer,
        at_ms=now_ms,
        salt=secrets.token_hex(8),
        index=index,
        alignments=_aligned(course, draft.competences) if draft.kind == "digcomp" else (),
    )
    content: Content = {
        "course": course.title,
        "summary": summary,
        "when": when,
        "extent": much,
        "attended": came,
        "by": draft.by,
        "issuer": draft.issuer,
        "signer": key.did.rpartition(":")[2],
        "number": number_of(number),
        "framework": framework,
        "areas": [(f"{one.area} {AREA_NAMES[one.area]}", one.level) for one in course.digcomp],
        "competences": list(draft.competences),
    }
    return sign(earned, key), json.dumps(content)


def content_of(award: Award) -> Content:
    """Return what the paper of an award says."""
    content: Content = json.loads(award.content)
    return content


def certificate(award: Award, village: str) -> Certificate:
    """Return an award as it is printed, with its proof as a QR code."""
    content = content_of(award)
    said: dict[str, str] = {
        "village": village,
        "hub": content["issuer"],
        "made": day_of(award.issued_at),
        "name": award.name,
        "course": content["course"],
        "summary": content["summary"],
        "when": content["when"],
        "extent": content["extent"],
        "attended": content["attended"],
        "confirmed_by": content["by"],
        "number": content["number"],
        "signer": content["signer"],
        "check": CHECK,
        "qr": qr_svg(packed(Shown(award.token, award.name)), error="m", sized=False),
    }
    if award.kind == "attendance":
        return Certificate(**said)
    return CompetenceProof(
        **said,
        framework=content["framework"],
        areas=tuple((name, level) for name, level in content["areas"]),
        competences=tuple(
            Competence(number=code, name=COMPETENCES[code]) for code in content["competences"]
        ),
    )


def _aligned(course: Course, codes: Sequence[str]) -> tuple[Alignment, ...]:
    framework = f"DigComp {course.digcomp_version}"
    levels = {str(one.area): one.level for one in course.digcomp}
    areas = [
        Alignment(framework, str(one.area), AREA_NAMES[one.area], one.level)
        for one in course.digcomp
    ]
    return (*areas, *(Alignment(framework, c, COMPETENCES[c], levels[c[0]]) for c in codes))
