"""What a signed proof says, and whether that may be believed.

Stricter than the library: a token has one spelling. Base 64 lets the last sign of a part be written
in several ways that mean the same bytes; here each but the canonical one is refused, so that
whatever was changed is noticed.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from edge.badges.compact import PREFIX, Shown, unpacked
from edge.badges.credential import (
    STATUS_BITS,
    Alignment,
    name_hash,
    status_list_id,
)
from edge.badges.errors import TooEarly, Unreadable
from edge.badges.key import BadgeKey, Retired
from edge.learning.errors import Refused

if TYPE_CHECKING:
    from openbadgeslib.ob3 import OpenBadgeCredential

MAX_TOKEN = 16_000  # ours have two thousand signs
_LEEWAY = timedelta(seconds=60)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{86}")
_DID = re.compile(r"did:key:z6Mk[1-9A-HJ-NP-Za-km-z]{44}")
_ENVELOPE = "data:application/vc+jwt,"

State = Literal["valid", "foreign", "revoked", "stolen"]


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof whose signature is right.

    ``state``: `valid` is ours, `foreign` signed by a key that this hub does not know, `revoked`
    ours and taken back, `stolen` signed by a key of ours that others had. ``name`` is who earned
    it, where that was said and fits, else None. ``issuer`` is what the signer calls itself.
    """

    state: State
    name: str | None
    course: str
    description: str
    criteria: str
    extent: str
    kind: str
    issuer: str
    signer: str
    at_ms: int
    number: str
    index: int | None
    alignments: tuple[Alignment, ...]


def read(text: str) -> Shown:
    """Return what somebody scanned, typed or brought as a file.

    :raises Unreadable: if it is none of ours.
    """
    tidy = text.strip("\ufeff \t\r\n")
    if tidy[: len(PREFIX)].upper() == PREFIX:
        return unpacked(tidy)
    if tidy.startswith("{"):
        tidy = _from_envelope(tidy)
    if len(tidy) > MAX_TOKEN or not _TOKEN.fullmatch(tidy):
        raise Unreadable("neither a token nor a packed one")
    return Shown(tidy, None)


def check(
    shown: Shown, key: BadgeKey, revoked: Collection[int], now_ms: int, name: str = ""
) -> Proof:
    """Return what a proof says. ``name`` is what somebody typed who has none with it.

    :raises Unreadable: if a single sign was changed, or the name is another than was signed.
    :raises TooEarly: if it was signed later than now.
    """
    did = _signer(shown.token)
    credential = _verified(shown.token, did, now_ms)
    index = _index(credential, did)
    known = key.known(did)
    state: State = "valid"
    if not known:
        state = "foreign"
    elif isinstance(known, Retired) and known.stolen:
        state = "stolen"
    elif index in revoked:
        state = "revoked"
    achievement = credential.achievement
    issued = credential.issuance_date or datetime.fromtimestamp(0, UTC)  # it was checked
    return Proof(
        state=state,
        name=_name(credential, shown.name, name),
        course=achievement.name,
        description=achievement.description,
        criteria=achievement.criteria_narrative,
        extent=next((one.narrative or "" for one in credential.evidence), ""),
        kind=achievement.achievement_type or "",
        issuer=credential.issuer.name,
        signer=did,
        at_ms=round(issued.timestamp() * 1000),
        number=number_of(credential.id or ""),
        index=index,
        alignments=tuple(
            Alignment(
                one.target_framework or "",
                one.target_code or "",
                one.target_name,
                one.target_description or "",
            )
            for one in achievement.alignments
        ),
    )


def number_of(credential_id: str) -> str:
    """Return the short number of a credential, for people."""
    digits = credential_id.rpartition(":")[2].replace("-", "")[:8].upper()
    return f"{digits[:4]}-{digits[4:]}"


def _from_envelope(text: str) -> str:
    try:
        found = json.loads(text[: 2 * MAX_TOKEN])
        identifier = found["id"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable("no enveloped credential") from error
    if not isinstance(identifier, str) or not identifier.startswith(_ENVELOPE):
        raise Unreadable("no enveloped credential")
    return identifier.removeprefix(_ENVELOPE)


def _signer(token: str) -> str:
    """Return the `did:key` that the token names, after every part of it has its one spelling."""
    parts = token.split(".")
    if len(token) > MAX_TOKEN or not _TOKEN.fullmatch(token):
        raise Unreadable("no token")
    data = [_decoded(part) for part in parts]
    header, payload = _object(data[0]), _object(data[1])
    did = payload.get("iss")
    if not isinstance(did, str) or not _DID.fullmatch(did):
        raise Unreadable("not signed by a did:key of Ed25519")
    if set(header) != {"alg", "typ", "jwk"} or header["alg"] != "EdDSA":
        raise Unreadable("another kind of signature")
    return did


def _decoded(part: str) -> bytes:
    try:
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError) as error:
        raise Unreadable("not base 64") from error
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode() != part:
        raise Unreadable("not the one spelling in base 64")
    return data


def _object(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Unreadable("no JSON") from error
    if not isinstance(found, dict):
        raise Unreadable("no JSON object")
    return found


def _verified(token: str, did: str, now_ms: int) -> OpenBadgeCredential:
    """Return the credential. The library's own verifier asks the machine what time it is."""
    import jwt  # noqa: PLC0415 - only who checks
    from openbadgeslib.errors import LibOpenBadgesException  # noqa: PLC0415
    from openbadgeslib.ob3 import OpenBadgeCredential  # noqa: PLC0415
    from openbadgeslib.ob3.did import resolve_did  # noqa: PLC0415

    try:
        payload = _object(
            jwt.PyJWS().decode(token, resolve_did(did), algorithms=["EdDSA"])  # signature first
        )
        credential = OpenBadgeCredential.from_jwt_payload(payload)
    except (
        jwt.PyJWTError, LibOpenBadgesException, ValueError, TypeError, KeyError, AttributeError,
    ) as error:  # fmt: skip
        raise Unreadable("the signature or the content is not right") from error
    issued, ends = credential.issuance_date, credential.expiration_date
    types = payload.get("type")
    same = (
        isinstance(types, list)
        and "VerifiableCredential" in types
        and ("OpenBadgeCredential" in types or "AchievementCredential" in types)
        and credential.issuer.id == did
        and payload.get("jti") == credential.id
        and payload.get("sub") == credential.recipient_id
        and issued is not None
        and payload.get("nbf") == int(issued.timestamp())
    )
    if not same or issued is None:
        raise Unreadable("the token's claims are not the credential's")
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    if issued > now + _LEEWAY:
        raise TooEarly("signed in the future")
    if ends is not None and ends < now - _LEEWAY:
        raise Unreadable("expired", hint="Diese Bescheinigung galt nur für eine Zeit, die um ist.")
    return credential


def _index(credential: OpenBadgeCredential, did: str) -> int | None:
    """Return the place in the signer's list; None for one that cannot be revoked."""
    for one in credential.credential_status:
        digits = one.get("statusListIndex")
        if one.get("statusListCredential") == status_list_id(did) and isinstance(digits, str):
            if digits.isascii() and digits.isdecimal() and int(digits) < STATUS_BITS:
                return int(digits)
            raise Unreadable("no place in the list")
    return None


def _name(credential: OpenBadgeCredential, carried: str | None, typed: str) -> str | None:
    hashes = [one for one in credential.identifiers if one.hashed and one.identity_type == "name"]
    told = carried if carried is not None else typed
    if not told.strip():
        return None
    try:
        fits = any(one.identity_hash == name_hash(told, one.salt or "") for one in hashes)
    except Refused:
        fits = False
    if not fits:
        raise Unreadable(
            "another name",
            hint="Die Unterschrift gilt, aber nicht für diesen Namen: Die Bescheinigung gehört "
            "jemand anderem, oder der Name ist anders geschrieben als auf dem Papier.",
        )
    return " ".join(told.split())
