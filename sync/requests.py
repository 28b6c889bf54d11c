"""A county's or a bus's request to a hub: its paths, and the two header fields that sign it.

A request has no body: its signature is over ``METHOD SP TARGET``.
"""

from __future__ import annotations

from collections.abc import Mapping

from sync import identity
from sync.errors import SignatureError
from sync.identity import PUBLIC_KEY_SIZE, Purpose, Signer
from sync.wire import KeyOf

ACK_TARGET = "/v1/ack"
BUNDLE_TARGET = "/v1/bundle"
RECEIPTS_TARGET = "/v1/receipts"
ENROL_TARGET = "/v1/enrol"
KEYS_TARGET = "/v1/keys"
NOTICE_TARGET = "/v1/notice"
COUNTY_FIELD = "Dorfhub-County"
SIGNATURE_FIELD = "Dorfhub-Signature"


def sign_request(signer: Signer, method: str, target: str) -> dict[str, str]:
    """Return the header fields for a request; ``target`` is its path with the query, as sent."""
    signature = signer.sign(Purpose.REQUEST, f"{method} {target}".encode())
    return {COUNTY_FIELD: signer.name.hex(), SIGNATURE_FIELD: signature.hex()}


def verify_request(
    headers: Mapping[str, str], method: str, target: str, key_of: KeyOf | None = None
) -> bytes:
    """Return the name of the county that signed a request; whether it is known is not asked.

    ``key_of`` says which key a county signs with now.

    :raises SignatureError: if the fields are missing or wrong.
    """
    try:
        county = bytes.fromhex(headers.get(COUNTY_FIELD, ""))
        signature = bytes.fromhex(headers.get(SIGNATURE_FIELD, ""))
    except ValueError as error:
        raise SignatureError("the request's signature is no hex") from error
    if not county or not signature:
        raise SignatureError(f"the request lacks {COUNTY_FIELD} or {SIGNATURE_FIELD}")
    if len(county) != PUBLIC_KEY_SIZE:
        raise SignatureError("a county's name has 32 bytes")
    key = key_of(county) if key_of else county
    identity.verify(key, signature, Purpose.REQUEST, f"{method} {target}".encode())
    return county


def segments_target(epoch: bytes, after: int, until: int) -> str:
    """Return the path and query of the bundle with the segments ``after + 1`` to ``until``."""
    return f"/v1/segments?epoch={epoch.hex()}&after={after}&until={until}"


def head_target(nonce: bytes) -> str:
    """Return the path and query of the head."""
    return f"/v1/head?nonce={nonce.hex()}"


def got_target(county: bytes) -> str:
    """Return the path and query of how far a hub has a county's streams."""
    return f"/v1/got?county={county.hex()}"


def receipts_target(after: int) -> str:
    """Return the path and query of the receipts above a number."""
    return f"{RECEIPTS_TARGET}?after={after}"
