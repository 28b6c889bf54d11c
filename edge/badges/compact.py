"""A signed token with its name, small enough for a QR code on paper.

`DHZ1-` and base 32 (what QR codes hold in their dense mode, and what a scanner that types like a
keyboard gets right on any layout) of: deflated ``name NUL header NUL payload`` with a dictionary of
what all proofs share, the 64 bytes of the signature, and four bytes of SHA-256 over both. The token
comes back to the byte; a name is there because the token holds only its hash.

Source: RFC 1950 (zlib, preset dictionary), RFC 4648 (base 32), ISO/IEC 18004 (QR).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from dataclasses import dataclass

from edge.badges.errors import Unreadable

PREFIX = "DHZ1-"
MAX_TEXT = 4000  # more does not fit into the largest QR code
_MAX_PLAIN = 32_000
_SIGNATURE, _SUM = 64, 4
# Frozen with the prefix: another dictionary is another format.
_DICTIONARY = (
    b'{"alg":"EdDSA","jwk":{"crv":"Ed25519","kty":"OKP","x":"","typ":"JWT"},"typ":"JWT"}'
    b'{"@context":["https://www.w3.org/ns/credentials/v2",'
    b'"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",'
    b'"https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"],"id":"urn:uuid:",'
    b'"type":["VerifiableCredential","OpenBadgeCredential"],"name":"","issuer":{"id":"did:key:z6Mk'
    b'","type":["Profile"],"name":"Dorfhub "},"validFrom":"2026-01-01T00:00:00Z",'
    b'"credentialSubject":{"type":["AchievementSubject"],"achievement":{"id":"urn:uuid:",'
    b'"type":["Achievement"],"name":"","description":"","criteria":{"narrative":"Mindestens 80 % '
    b'der Termine besucht."},"achievementType":"CertificateOfCompletion","Competency",'
    b'"alignment":[{"type":["Alignment"],"targetName":"",'
    b'"targetUrl":"https://joint-research-centre.ec.europa.eu/digcomp_en",'
    b'"targetFramework":"DigComp 3.0","targetCode":"","targetDescription":""}]},'
    b'"identifier":[{"type":"IdentityObject","hashed":true,"identityHash":"sha256$",'
    b'"identityType":"name","salt":""}]},'
    b'"credentialSchema":[{"id":"https://purl.imsglobal.org/spec/ob/v3p0/schema/json/'
    b'ob_v3p0_achievementcredential_schema.json","type":"1EdTechJsonSchemaValidator2019"}],'
    b'"evidence":[{"type":["Evidence"],"narrative":" Termine,  Unterrichtseinheiten, "}],'
    b'"credentialStatus":{"id":"urn:dorfhub:gesperrt:z6Mk#","type":"BitstringStatusListEntry",'
    b'"statusPurpose":"revocation","statusListIndex":"",'
    b'"statusListCredential":"urn:dorfhub:gesperrt:z6Mk"},"iss":"did:key:z6Mk",'
    b'"jti":"urn:uuid:","nbf":17}'
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What was scanned or brought: a token, and the name that came with it, if one did."""

    token: str
    name: str | None


def packed(shown: Shown) -> str:
    """Return the text of the QR code."""
    header, payload, signature = shown.token.split(".")
    plain = b"\0".join(((shown.name or "").encode(), _bytes(header), _bytes(payload)))
    press = zlib.compressobj(
        9, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, _DICTIONARY
    )
    body = press.compress(plain) + press.flush() + _bytes(signature)
    return PREFIX + base64.b32encode(body + _sum(body)).decode().rstrip("=")


def unpacked(text: str) -> Shown:
    """Return what :func:`packed` was given.

    Capitals and what stands between groups do not count; a scanner or a person may lose them.

    :raises Unreadable: if a sign is missing or another.
    """
    tidy = re.sub(r"\s", "", text).upper()
    if len(tidy) > MAX_TEXT or not tidy.startswith(PREFIX):
        raise Unreadable("not packed")
    digits = tidy.removeprefix(PREFIX)
    try:
        data = base64.b32decode(digits + "=" * (-len(digits) % 8))
    except (binascii.Error, ValueError) as error:
        raise Unreadable("not base 32") from error
    body, told = data[:-_SUM], data[-_SUM:]
    one_spelling = base64.b32encode(data).decode().rstrip("=") == digits
    if len(body) <= _SIGNATURE or told != _sum(body) or not one_spelling:
        raise Unreadable("a sign is wrong")
    parts = _inflated(body[:-_SIGNATURE]).split(b"\0")
    if len(parts) != 3:
        raise Unreadable("not three parts")
    try:
        name = parts[0].decode()
    except UnicodeDecodeError as error:
        raise Unreadable("no name") from error
    token = ".".join(_text(part) for part in (*parts[1:], body[-_SIGNATURE:]))
    return Shown(token, name or None)


def _inflated(data: bytes) -> bytes:
    press = zlib.decompressobj(zlib.MAX_WBITS, _DICTIONARY)
    try:
        plain = press.decompress(data, _MAX_PLAIN)
    except zlib.error as error:
        raise Unreadable("not deflated") from error
    if not press.eof or press.unused_data or press.unconsumed_tail:
        raise Unreadable("too long, or cut")
    return plain


def _sum(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:_SUM]


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
