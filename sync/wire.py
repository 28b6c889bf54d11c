"""What hub and county say to each other beside bundles: head, ack, notice, enrolment, call.

Each is canonical CBOR inside a signed envelope ``{"<name>": bytes, "signature": bytes}``; the
signature is over the inner bytes with the prefix of its purpose.

Each may carry what a later minor version adds. Another major one is a `VersionError`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
MAX_MESSAGE = 16 << 10  # an enrolment with its recipients has under 4 KiB
MAX_CALL = MAX_MESSAGE + rotation.MAX_CHAIN
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
    return identity.wrap("head", Purpose.HEAD, inner, signer)


def decode_head(
    data: bytes, *, nonce: bytes, hub: bytes | None = None, key: bytes | None = None
) -> Head:
    """Return the head in ``data``, signed by the hub it names, which is ``hub`` if given.

    ``key`` is the one that the hub signs with now; without it, its name.

    :raises SignatureError: if another hub or key signed it.
    :raises ReplayError: if it answers another nonce.
    :raises FormatError: whatever else the bytes are.
    """
    inner, signature = identity.unwrap("head", data, limit=MAX_MESSAGE)
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
    return identity.wrap("ack", Purpose.ACK, inner, signer)


def decode_ack(data: bytes, key_of: KeyOf | None = None) -> Ack:
    """Return the acknowledgement in ``data``, signed by the county that it names.

    Whether that county is known is the caller's to say; ``key_of`` says which key it signs
    with now.

    :raises FormatError: whatever else the bytes are.
    """
    inner, signature = identity.unwrap("ack", data, limit=MAX_MESSAGE)
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
    return identity.wrap("notice", Purpose.NOTICE, inner, signer)


def decode_notice(data: bytes, key_of: KeyOf | None = None) -> Notice:
    """Return the notice in ``data``, signed by the county that it names; see :func:`decode_ack`.

    :raises FormatError: whatever else the bytes are.
    """
    inner, signature = identity.unwrap("notice", data, limit=MAX_MESSAGE)
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
        return identity.wrap("enrol", Purpose.ENROL, inner, signer)
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


def encode_call(nonce: bytes, signer: Signer, chain: Sequence[Rotation] = ()) -> bytes:
    """Return a county's signed answer to the hub that called it with ``nonce``."""
    inner = cbor.dumps({"v": VERSION, "county": signer.name, "nonce": nonce})
    signature = signer.sign(Purpose.CALL, inner)
    fields: dict[str, object] = {"call": inner, "signature": signature}
    if chain:
        fields["keys"] = rotation.encode(chain)
    return cbor.dumps(fields)


def decode_call(data: bytes, *, nonce: bytes) -> tuple[bytes, tuple[Rotation, ...]]:
    """Return which county answered a call, and how it changed its key.

    Whether that county is known, and its changes are those we know of, is the caller's to say.

    :raises ReplayError: if it answers another call.
    :raises FormatError: whatever else the bytes are.
    """
    outer = cbor.loads(data, limit=MAX_CALL)
    chained = isinstance(outer, dict) and "keys" in outer
    names = ("call", "keys", "signature") if chained else ("call", "signature")
    envelope = cbor.Fields(outer, "call", frozenset(names))
    inner = envelope.any_data("call", MAX_MESSAGE)
    fields = cbor.Fields.versioned(cbor.loads(inner, limit=MAX_MESSAGE), "call", _CALL, VERSION)
    county = fields.data("county", PUBLIC_KEY_SIZE)
    chain: tuple[Rotation, ...] = ()
    if chained:
        chain = rotation.decode(envelope.any_data("keys", rotation.MAX_CHAIN), county)
    key = rotation.key_now(county, chain)
    identity.verify(key, envelope.data("signature", SIGNATURE_SIZE), Purpose.CALL, inner)
    if fields.data("nonce", NONCE_SIZE) != nonce:
        raise ReplayError("the answer is to another call: an old one was played back")
    return county, chain


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
_CALL = frozenset(("v", "county", "nonce"))
_STATE = frozenset(("state", "hub"))
_REFUSAL = frozenset(("error", "message", "hint"))
