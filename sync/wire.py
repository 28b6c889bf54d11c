"""What hub and county say to each other beside bundles: head, ack, notice, enrolment, request.

Each is canonical CBOR inside a signed envelope ``{"<name>": bytes, "signature": bytes}``; the
signature is over the inner bytes with the prefix of its purpose. A request has no body: its
signature is over ``METHOD SP TARGET`` and travels in two header fields.

Each may carry what a later minor version adds. Another major one is a `VersionError`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sync import cbor, identity, rotation
from sync.errors import FormatError, Refused, ReplayError, SignatureError
from sync.identity import EPOCH_SIZE, PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Purpose, Signer
from sync.rotation import Rotation
from sync.segment import HASH_SIZE

VERSION = 1
NONCE_SIZE = 16
MEDIA_TYPE = "application/cbor"
BUNDLE_TYPE = "application/vnd.dorfhub.bundle"
COUNTY_FIELD = "Dorfhub-County"
SIGNATURE_FIELD = "Dorfhub-Signature"
MAX_MESSAGE = 16 << 10  # an enrolment with its recipients has under 4 KiB
MAX_NAME = 100
MAX_RECIPIENTS = 16  # each costs some 100 bytes in every care segment
_MAX_RECIPIENT = 2048  # an X25519 recipient has 62 characters, a post-quantum one some 1,960
_MAX_TEXT = 1000
_MAX_CODE = 40
KeyOf = Callable[[bytes], bytes]
"""From a name (the first public key) to the key that signs now."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a hub's stream stands. The stream holds the segments ``first_seq`` to ``last_seq``.

    It is empty if ``last_seq`` is ``first_seq - 1``. ``last_hash`` is the hash of segment
    ``last_seq``, also after that one was pruned; 32 zero bytes before the first.
    ``nonce`` is the asker's, so that an old head cannot be played back.
    """

    hub: bytes
    name: str
    epoch: bytes
    first_seq: int
    last_seq: int
    last_hash: bytes
    nonce: bytes
    now_ms: int
    time_quality: int


@dataclass(frozen=True, slots=True)
class Ack:
    """A county's word that it keeps all segments of ``epoch`` up to ``seq``."""

    hub: bytes
    epoch: bytes
    seq: int
    county: bytes
    at_ms: int


@dataclass(frozen=True, slots=True)
class Notice:
    """A county tells a hub that it takes nothing from it, and why: ``code`` is its reason.

    ``epoch`` and ``seq`` say where in the stream. ``at_ms`` is by the county's clock; a
    notice older than the county's last word is worth nothing.
    """

    hub: bytes
    county: bytes
    code: str
    epoch: bytes
    seq: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A county asks to be known. ``care_recipients`` are age public keys, ``age1...``.

    ``chain`` is how it changed its key; it travels beside the signed part.
    """

    county: bytes
    name: str
    care_recipients: tuple[str, ...]
    chain: tuple[Rotation, ...] = ()


def encode_head(head: Head, signer: Signer) -> bytes:
    """Return the signed head."""
    inner = cbor.dumps(
        {
            "v": VERSION,
            "hub": head.hub,
            "name": head.name,
            "epoch": head.epoch,
            "first_seq": head.first_seq,
            "last_seq": head.last_seq,
            "last_hash": head.last_hash,
            "nonce": head.nonce,
            "now_ms": head.now_ms,
            "time_quality": head.time_quality,
        }
    )
    return _envelope("head", Purpose.HEAD, inner, signer)


def decode_head(
    data: bytes, *, nonce: bytes, hub: bytes | None = None, key: bytes | None = None
) -> Head:
    """Return the head in ``data``, signed by the hub it names, which is ``hub`` if given.

    ``key`` is the one that the hub signs with now; without it, its name.

    :raises SignatureError: if another hub or key signed it.
    :raises ReplayError: if it answers another nonce.
    :raises FormatError: whatever else the bytes are.
    """
    inner, signature = _open("head", data)
    fields = cbor.Fields.versioned(cbor.loads(inner, limit=MAX_MESSAGE), "head", _HEAD, VERSION)
    head = Head(
        hub=fields.data("hub", PUBLIC_KEY_SIZE),
        name=fields.text("name", MAX_NAME),
        epoch=fields.data("epoch", EPOCH_SIZE),
        first_seq=fields.number("first_seq", 1),
        last_seq=fields.number("last_seq"),
        last_hash=fields.data("last_hash", HASH_SIZE),
        nonce=fields.data("nonce", NONCE_SIZE),
        now_ms=fields.number("now_ms", -cbor.INT_LIMIT),
        time_quality=fields.number("time_quality", 0, 255),
    )
    if hub is not None and head.hub != hub:
        raise SignatureError(
            f"the answer is by hub {identity.short_id(head.hub)}, not {identity.short_id(hub)}",
            hint="An dieser Adresse antwortet ein anderer Hub.",
        )
    identity.verify(head.hub if key is None else key, signature, Purpose.HEAD, inner)
    if head.nonce != nonce:
        raise ReplayError("the head answers another question: an old one was played back")
    if head.last_seq < head.first_seq - 1:
        raise FormatError("head: last_seq lies before first_seq")
    return head


def encode_ack(ack: Ack, signer: Signer) -> bytes:
    """Return the signed acknowledgement."""
    inner = cbor.dumps(
        {
            "v": VERSION,
            "hub": ack.hub,
            "epoch": ack.epoch,
            "seq": ack.seq,
            "county": ack.county,
            "at_ms": ack.at_ms,
        }
    )
    return _envelope("ack", Purpose.ACK, inner, signer)


def decode_ack(data: bytes, key_of: KeyOf | None = None) -> Ack:
    """Return the acknowledgement in ``data``, signed by the county that it names.

    Whether that county is known is the caller's to say; ``key_of`` says which key it signs
    with now.

    :raises FormatError: whatever else the bytes are.
    """
    inner, signature = _open("ack", data)
    fields = cbor.Fields.versioned(cbor.loads(inner, limit=MAX_MESSAGE), "ack", _ACK, VERSION)
    ack = Ack(
        hub=fields.data("hub", PUBLIC_KEY_SIZE),
        epoch=fields.data("epoch", EPOCH_SIZE),
        seq=fields.number("seq"),
        county=fields.data("county", PUBLIC_KEY_SIZE),
        at_ms=fields.number("at_ms", -cbor.INT_LIMIT),
    )
    identity.verify(key_of(ack.county) if key_of else ack.county, signature, Purpose.ACK, inner)
    return ack


def encode_notice(notice: Notice, signer: Signer) -> bytes:
    """Return the signed notice."""
    inner = cbor.dumps(
        {
            "v": VERSION,
            "hub": notice.hub,
            "county": notice.county,
            "code": notice.code,
            "epoch": notice.epoch,
            "seq": notice.seq,
            "at_ms": notice.at_ms,
        }
    )
    return _envelope("notice", Purpose.NOTICE, inner, signer)


def decode_notice(data: bytes, key_of: KeyOf | None = None) -> Notice:
    """Return the notice in ``data``, signed by the county that it names; see :func:`decode_ack`.

    :raises FormatError: whatever else the bytes are.
    """
    inner, signature = _open("notice", data)
    fields = cbor.Fields.versioned(cbor.loads(inner, limit=MAX_MESSAGE), "notice", _NOTICE, VERSION)
    notice = Notice(
        hub=fields.data("hub", PUBLIC_KEY_SIZE),
        county=fields.data("county", PUBLIC_KEY_SIZE),
        code=fields.text("code", _MAX_CODE),
        epoch=fields.data("epoch", EPOCH_SIZE),
        seq=fields.number("seq"),
        at_ms=fields.number("at_ms", -cbor.INT_LIMIT),
    )
    key = key_of(notice.county) if key_of else notice.county
    identity.verify(key, signature, Purpose.NOTICE, inner)
    return notice


def encode_enrolment(enrolment: Enrolment, signer: Signer) -> bytes:
    """Return the signed enrolment."""
    inner = cbor.dumps(
        {
            "v": VERSION,
            "county": enrolment.county,
            "name": enrolment.name,
            "care_recipients": list(enrolment.care_recipients),
        }
    )
    if not enrolment.chain:
        return _envelope("enrol", Purpose.ENROL, inner, signer)
    return cbor.dumps(
        {
            "enrol": inner,
            "keys": rotation.encode(enrolment.chain),
            "signature": signer.sign(Purpose.ENROL, inner),
        }
    )


def decode_enrolment(data: bytes) -> Enrolment:
    """Return the enrolment in ``data``, signed by the county that it names.

    :raises FormatError: whatever else the bytes are.
    """
    outer = cbor.loads(data, limit=MAX_MESSAGE)
    chained = isinstance(outer, dict) and "keys" in outer
    names = ("enrol", "keys", "signature") if chained else ("enrol", "signature")
    envelope = cbor.Fields(outer, "enrol", frozenset(names))
    inner = envelope.any_data("enrol", MAX_MESSAGE)
    signature = envelope.data("signature", SIGNATURE_SIZE)
    fields = cbor.Fields.versioned(
        cbor.loads(inner, limit=MAX_MESSAGE), "enrolment", _ENROL, VERSION
    )
    recipients = []
    for item in fields.items("care_recipients", MAX_RECIPIENTS):
        if type(item) is not str or not item.startswith("age1") or not item.isascii():
            raise FormatError("enrolment: a care recipient is no age public key")
        if len(item) > _MAX_RECIPIENT or not item.isalnum():
            raise FormatError("enrolment: a care recipient is no age public key")
        recipients.append(item)
    enrolment = Enrolment(
        county=fields.data("county", PUBLIC_KEY_SIZE),
        name=fields.text("name", MAX_NAME),
        care_recipients=tuple(recipients),
    )
    if chained:
        chain = rotation.decode(envelope.any_data("keys", MAX_MESSAGE), enrolment.county)
        enrolment = replace(enrolment, chain=chain)
    key = rotation.key_now(enrolment.county, enrolment.chain)
    identity.verify(key, signature, Purpose.ENROL, inner)
    return enrolment


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


ACK_TARGET = "/v1/ack"
ENROL_TARGET = "/v1/enrol"
KEYS_TARGET = "/v1/keys"
NOTICE_TARGET = "/v1/notice"


def encode_state(state: str, hub: bytes) -> bytes:
    """Return the body of the answer to an enrolment: ``pending`` or ``confirmed``."""
    return cbor.dumps({"state": state, "hub": hub})


def decode_state(data: bytes) -> tuple[str, bytes]:
    """Return state and public key of the hub that answered an enrolment; not signed: a hint.

    :raises FormatError: if the bytes are no such answer.
    """
    fields = cbor.Fields(cbor.loads(data, limit=MAX_MESSAGE), "answer", _STATE)
    return fields.text("state", 20), fields.data("hub", PUBLIC_KEY_SIZE)


def encode_refusal(code: str, message: str, hint: str) -> bytes:
    """Return the body of an answer that says no. ``code`` is for programs."""
    return cbor.dumps({"error": code, "message": message, "hint": hint})


def decode_refusal(data: bytes) -> Refused:
    """Return, not raise, the error that an answer's body tells of.

    :raises FormatError: if the bytes are no refusal.
    """
    fields = cbor.Fields(cbor.loads(data, limit=MAX_MESSAGE), "refusal", _REFUSAL)
    code = fields.text("error", 40)
    message = fields.text("message", _MAX_TEXT)
    return Refused(f"{message} ({code})", hint=fields.text("hint", _MAX_TEXT))


_HEAD = frozenset(
    (
        *("v", "hub", "name", "epoch", "first_seq", "last_seq", "last_hash"),
        *("nonce", "now_ms", "time_quality"),
    )
)
_ACK = frozenset(("v", "hub", "epoch", "seq", "county", "at_ms"))
_NOTICE = frozenset(("v", "hub", "county", "code", "epoch", "seq", "at_ms"))
_ENROL = frozenset(("v", "county", "name", "care_recipients"))
_STATE = frozenset(("state", "hub"))
_REFUSAL = frozenset(("error", "message", "hint"))


def _envelope(name: str, purpose: Purpose, inner: bytes, signer: Signer) -> bytes:
    return cbor.dumps({name: inner, "signature": signer.sign(purpose, inner)})


def _open(name: str, data: bytes) -> tuple[bytes, bytes]:
    outer = cbor.loads(data, limit=MAX_MESSAGE)
    fields = cbor.Fields(outer, name, frozenset((name, "signature")))
    return fields.any_data(name, MAX_MESSAGE), fields.data("signature", SIGNATURE_SIZE)
