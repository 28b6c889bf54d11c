"""A proof as an Open Badges 3.0 credential, signed.

An AchievementCredential as a JSON Web Token (VC-JWT) with EdDSA. Who earned it stands in it as a
salted hash of the name (`IdentityObject` of type `name`): the signed bytes name nobody, and a name
that is shown with them can be compared.

Source: Open Badges 3.0, clauses 8.2 (VC-JWT) and B.1 (data models); W3C VC Data Model 2.0;
W3C Bitstring Status List 1.0. The library brings the model and the contexts' addresses.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from edge.badges.key import BadgeKey
from edge.learning.course import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["attendance", "digcomp"]
KINDS: tuple[Kind, ...] = ("attendance", "digcomp")
STATUS_BITS = 131_072  # the standard's least: one award among so many
MAX_SUMMARY = 240  # what a QR code has room for
_TYPES = {"attendance": "CertificateOfCompletion", "digcomp": "Competency"}
DIGCOMP_URL = "https://joint-research-centre.ec.europa.eu/digcomp_en"


@dataclass(frozen=True, slots=True)
class Alignment:
    """A place in a framework: `DigComp 3.0`, `1.1`, what it is called, and the level."""

    framework: str
    code: str
    name: str
    level: str = ""


@dataclass(frozen=True, slots=True)
class Earned:
    """What is signed.

    ``credential_id`` is a URN of its own; ``salt`` and ``index`` (in the list of revoked ones) are
    random; ``course_id`` is the course's lasting name; ``extent`` says how much it was, in words.
    """

    credential_id: str
    kind: Kind
    name: str
    course_id: str
    course: str
    summary: str
    criteria: str
    extent: str
    issuer: str
    at_ms: int
    salt: str
    index: int
    alignments: tuple[Alignment, ...] = ()


def sign(earned: Earned, key: BadgeKey) -> str:
    """Return the signed credential as a compact token."""
    from openbadgeslib.ob3 import (  # noqa: PLC0415 - loads an HTTP client; only who signs needs it
        Achievement,
        Evidence,
        IdentityObject,
        Issuer,
        OB3Signer,
        OpenBadgeCredential,
    )
    from openbadgeslib.ob3 import Alignment as Aligned  # noqa: PLC0415
    from openbadgeslib.ob3.status_list import status_entry  # noqa: PLC0415

    achievement = Achievement(
        id=uuid.uuid5(uuid.NAMESPACE_URL, f"{earned.kind}:{earned.course_id}").urn,
        name=earned.course,
        description=shortened(earned.summary) or earned.course,
        criteria_narrative=earned.criteria,
        achievement_type=_TYPES[earned.kind],
        alignments=[
            Aligned(
                target_name=one.name,
                target_url=DIGCOMP_URL,
                target_framework=one.framework,
                target_code=one.code,
                target_description=one.level or None,
            )
            for one in earned.alignments
        ],
    )
    credential = OpenBadgeCredential(
        issuer=Issuer(id=key.did, name=earned.issuer),
        recipient_id=None,
        achievement=achievement,
        id=earned.credential_id,
        issuance_date=datetime.fromtimestamp(earned.at_ms // 1000, UTC),
        evidence=[Evidence(narrative=earned.extent)],
        identifiers=[
            IdentityObject(
                identity_hash=name_hash(earned.name, earned.salt),
                identity_type="name",
                hashed=True,
                salt=earned.salt,
            )
        ],
        credential_status=[status_entry(status_list_id(key.did), "revocation", earned.index)],
    )
    return OB3Signer(key.pem, algorithm="EdDSA").sign(credential)


def revocation_list(revoked: Iterable[int], key: BadgeKey, at_ms: int) -> str:
    """Return the signed list of what was revoked: bits, and nobody's name."""
    from openbadgeslib.ob3 import OB3Signer  # noqa: PLC0415
    from openbadgeslib.ob3.status_list import build_status_list_credential  # noqa: PLC0415

    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    document = build_status_list_credential(
        key.did, status_list_id(key.did), "revocation", revoked, STATUS_BITS, issued=moment
    )
    payload = {**document, "iss": key.did, "jti": document["id"], "nbf": at_ms // 1000}
    return OB3Signer(key.pem, algorithm="EdDSA").sign_payload(payload)


def status_list_id(did: str) -> str:
    """Return the name of a signer's list; the hub has no address on the net that could be one."""
    return f"urn:dorfhub:gesperrt:{did.rpartition(':')[2]}"


def enveloped(token: str) -> str:
    """Return a token as a JSON document, as wallets take it in."""
    document = {
        "@context": "https://www.w3.org/ns/credentials/v2",
        "id": f"data:application/vc+jwt,{token}",
        "type": "EnvelopedVerifiableCredential",
    }
    return json.dumps(document, indent=1) + "\n"


def name_hash(name: str, salt: str) -> str:
    """Return what a credential says of a name."""
    return "sha256$" + hashlib.sha256((tidy_name(name) + salt).encode()).hexdigest()


def tidy_name(name: str) -> str:
    """Return a name as it is printed and hashed: NFC, single spaces.

    :raises Refused: if it is empty or longer than a name.
    """
    return one_line(name, "name", 120, least=1)


def shortened(summary: str) -> str:
    """Return the beginning of a summary, whole words."""
    tidy = " ".join(summary.split())
    if len(tidy) <= MAX_SUMMARY:
        return tidy
    return tidy[:MAX_SUMMARY].rpartition(" ")[0] + " …"
