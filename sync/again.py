"""A range asked for again on a stick: the county's signed request, the hub's signed answer.

Over a line nobody needs it: there the county fetches any range that the hub keeps. Either word that
is played back makes a hub write again what it would write anyway, or a county read an old answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from sync import cbor, identity
from sync.errors import FormatError
from sync.identity import EPOCH_SIZE, PUBLIC_KEY_SIZE, Purpose, Signer
from sync.wire import MAX_MESSAGE, KeyOf

VERSION = 1
ASKED = ".again"  # of the request's file, beside a county's acknowledgements
ANSWERED = ".answer"  # of the answer's file beside the hub's bundles, named by the county
_MAX_CODE = 40
_MAX_TEXT = 400
_ASK = frozenset(("v", "hub", "county", "epoch", "after", "until", "at_ms"))
_ANSWER = frozenset(("v", "hub", "county", "asked_at_ms", "given", "code", "text", "at_ms"))


@dataclass(frozen=True, slots=True)
class Again:
    """A county asks ``hub`` for the segments ``after`` + 1 to ``until`` of ``epoch`` again."""

    hub: bytes
    county: bytes
    epoch: bytes
    after: int
    until: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub did with the request that ``county`` made at ``asked_at_ms``.

    ``given`` is the last number that lies on the medium, 0 for none; ``code`` says for programs,
    and ``text`` in German for people, why it is not all: `ok`, `room`, `pruned`, `epoch`, `ahead`.
    """

    hub: bytes
    county: bytes
    asked_at_ms: int
    given: int
    code: str
    text: str
    at_ms: int


def encode(again: Again, signer: Signer) -> bytes:
    """Return the signed request."""
    inner = cbor.dumps(
        {
            "v": VERSION,
            "hub": again.hub,
            "county": again.county,
            "epoch": again.epoch,
            "after": again.after,
            "until": again.until,
            "at_ms": again.at_ms,
        }
    )
    return identity.wrap("again", Purpose.AGAIN, inner, signer)


def decode(data: bytes, key_of: KeyOf | None = None) -> Again:
    """Return the request in ``data``, signed by the county that it names.

    Whether that county is known is the caller's to say; ``key_of`` says which key it signs
    with now.

    :raises SignatureError: if another key signed it.
    :raises VersionError: if it is of another major version.
    :raises FormatError: whatever else the bytes are.
    """
    inner, signature = identity.unwrap("again", data, limit=MAX_MESSAGE)
    fields = cbor.Fields.versioned(cbor.loads(inner, limit=MAX_MESSAGE), "again", _ASK, VERSION)
    again = Again(
        hub=fields.data("hub", PUBLIC_KEY_SIZE),
        county=fields.data("county", PUBLIC_KEY_SIZE),
        epoch=fields.data("epoch", EPOCH_SIZE),
        after=fields.number("after"),
        until=fields.number("until", 1),
        at_ms=fields.number("at_ms", -cbor.INT_LIMIT),
    )
    key = key_of(again.county) if key_of else again.county
    identity.verify(key, signature, Purpose.AGAIN, inner)
    if again.until <= again.after:
        raise FormatError("again: until does not lie behind after")
    return again


def encode_answer(answer: Answer, signer: Signer) -> bytes:
    """Return the signed answer."""
    inner = cbor.dumps(
        {
            "v": VERSION,
            "hub": answer.hub,
            "county": answer.county,
            "asked_at_ms": answer.asked_at_ms,
            "given": answer.given,
            "code": answer.code,
            "text": answer.text,
            "at_ms": answer.at_ms,
        }
    )
    return identity.wrap("answer", Purpose.ANSWER, inner, signer)


def decode_answer(data: bytes, *, hub: bytes, key: bytes | None = None) -> Answer:
    """Return the answer in ``data``, signed by ``hub`` with ``key`` (its name, if not given).

    :raises SignatureError: if it is by another.
    :raises VersionError: if it is of another major version.
    :raises FormatError: whatever else the bytes are.
    """
    inner, signature = identity.unwrap("answer", data, limit=MAX_MESSAGE)
    identity.verify(hub if key is None else key, signature, Purpose.ANSWER, inner)
    fields = cbor.Fields.versioned(cbor.loads(inner, limit=MAX_MESSAGE), "answer", _ANSWER, VERSION)
    if fields.data("hub", PUBLIC_KEY_SIZE) != hub:
        raise FormatError("answer: it is of another hub")
    return Answer(
        hub=hub,
        county=fields.data("county", PUBLIC_KEY_SIZE),
        asked_at_ms=fields.number("asked_at_ms", -cbor.INT_LIMIT),
        given=fields.number("given"),
        code=fields.text("code", _MAX_CODE),
        text=fields.text("text", _MAX_TEXT),
        at_ms=fields.number("at_ms", -cbor.INT_LIMIT),
    )
