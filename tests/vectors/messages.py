"""Test vectors of what is signed beside segments: changes of keys, and what hub and county say."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from typing import Any

from sync import again, bundle, cbor, custody, got, rotation, wire
from sync.again import Again, Answer
from sync.custody import Act
from sync.got import Got
from sync.identity import Identity, Purpose
from sync.rotation import Rotation
from sync.segment import NO_PREVIOUS, ClockState, Segment, StreamClass, seal

T0 = 1_795_000_000_000
EPOCH = bytes(range(1, 9))
NONCE = bytes(range(16))
RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
PURPOSES = {
    "head": Purpose.HEAD,
    "ack": Purpose.ACK,
    "notice": Purpose.NOTICE,
    "enrol": Purpose.ENROL,
    "receipt": Purpose.RECEIPT,
    "got": Purpose.GOT,
    "again": Purpose.AGAIN,
    "answer": Purpose.ANSWER,
}
Key = Callable[[str], Identity]
Read = tuple[str, str, bytes, str, dict[str, Any]]  # file, what, bytes, why, says
Refused = tuple[str, str, bytes, str, str]  # file, what, bytes, kind, why


def said(value: Any) -> dict[str, Any]:
    """Return what a record or message says, without the bytes and the version it came in."""
    names = [one.name for one in fields(value) if one.name not in ("raw", "chain")]
    told = {name: plainly(getattr(value, name)) for name in names}
    if told.get("ends", ()) is None:  # of a receipt that does not say so
        del told["ends"]
    return told


def plainly(value: Any) -> Any:
    if isinstance(value, dict):
        return [[epoch, seq] for epoch, seq in sorted(value.items())]
    if isinstance(value, frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


def said_keys(chain: Sequence[Rotation]) -> list[dict[str, Any]]:
    return [said(one) for one in chain]


def heir(key: Key, who: str, number: int) -> Identity:
    """Return the key that ``who`` has after ``number`` changes; the name is the first."""
    first = key(who)
    return Identity(key(f"{who} {number}")._key.private, name=first.name) if number else first


def chain_of(key: Key, who: str, count: int, epoch: bytes, step: int) -> tuple[Rotation, ...]:
    return tuple(
        rotation.record(heir(key, who, n), heir(key, who, n + 1), epoch=epoch, seq=step * (n + 1))
        for n in range(count)
    )


def record(old: Identity, new: Identity, by_old: Identity, by_new: Identity, **more: Any) -> bytes:
    """Return a record as another version, or a forger, would write it."""
    inner: Any = {"v": 1, "name": old.name, "old": old.public_key, "new": new.public_key}
    inner |= {"epoch": EPOCH, "seq": 2} | more
    raw = cbor.dumps({name: value for name, value in inner.items() if value is not ...})
    return cbor.dumps(
        {
            "rotate": raw,
            "by_old": by_old.sign(Purpose.ROTATE, raw),
            "by_new": by_new.sign(Purpose.ROTATE, raw),
        }
    )


def keys(name: bytes, records: Sequence[bytes]) -> bytes:
    return cbor.dumps({"name": name, "keys": list(records)})


def messages(key: Key) -> dict[str, tuple[bytes, Any, Identity]]:
    """Return of each kind its bytes, what it says and who signed it."""
    hub, county = key("hub"), key("county")
    head = wire.Head(hub.name, "Wetterfeld", EPOCH, 1, 5, bytes(range(32)), NONCE, T0, 4)
    ack = wire.Ack(hub.name, EPOCH, 5, county.name, T0 + 1)
    notice = wire.Notice(hub.name, county.name, "fork", EPOCH, 5, T0 + 2)
    enrol = wire.Enrolment(county.name, "Landkreis Gießen", (RECIPIENT,))
    receipt = custody.sign(
        key("bus"),
        bundle.manifest_of(stream([hub])),
        kind=custody.Kind.BUS,
        name="Bus 7, Linie Lich",
        act=Act.TAKEN,
        at_ms=T0 + 3,
        time_quality=1,
    )
    word = Got(hub.name, {EPOCH: 7, bytes(range(8, 16)): 2}, RECIPIENT, T0 + 4)
    asked = Again(hub.name, county.name, EPOCH, 3, 9, T0 + 5)
    answer = Answer(hub.name, county.name, T0 + 5, 6, "room", "Kein Platz für mehr.", T0 + 6)
    return {
        "head": (wire.encode_head(head, hub), head, hub),
        "ack": (wire.encode_ack(ack, county), ack, county),
        "notice": (wire.encode_notice(notice, county), notice, county),
        "enrol": (wire.encode_enrolment(enrol, county), enrol, county),
        "receipt": (receipt.raw, receipt, key("bus")),
        "got": (got.encode(word, hub), word, hub),
        "again": (again.encode(asked, county), asked, county),
        "answer": (again.encode_answer(answer, hub), answer, hub),
    }


def resigned(
    what: str, data: bytes, signer: Identity, purpose: Purpose | None = None, **changes: Any
) -> bytes:
    outer: Any = cbor.loads(data, limit=wire.MAX_MESSAGE)
    inner: Any = cbor.loads(outer[what], limit=wire.MAX_MESSAGE)
    raw = cbor.dumps({k: v for k, v in (inner | changes).items() if v is not ...})
    signature = signer.sign(purpose or PURPOSES[what], raw)
    return cbor.dumps(outer | {what: raw, "signature": signature})


def stream(signers: Sequence[Identity]) -> list[Segment]:
    """Return one segment of an unknown class by each."""
    made: list[Segment] = []
    for seq, signer in enumerate(signers, start=1):
        made.append(
            seal(
                signer,
                epoch=EPOCH,
                seq=seq,
                previous=made[-1].hash if made else NO_PREVIOUS,
                stream=StreamClass.EVENT,
                schema="vector/1",
                count=0,
                first_ms=0,
                last_ms=0,
                clock=ClockState(T0 + seq, 4, bytes(16), seq),
                salt=bytes([seq]) * 16,
                body=b"opaque",
            )
        )
    return made


def packed(chain: Sequence[Rotation], segments: Sequence[Segment]) -> bytes:
    """Return a chain of keys and segments, each behind its length."""
    parts = [rotation.encode(chain), *(one.encode() for one in segments)]
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def to_read(key: Key) -> Iterator[Read]:
    hub = key("hub")
    chain = chain_of(key, "hub", 2, EPOCH, 2)
    yield ("hub.keys", "keys", rotation.encode(chain), "two changes of a key",
           {"keys": said_keys(chain)})  # fmt: skip
    past = (rotation.record(hub, heir(key, "hub", 1), epoch=EPOCH, seq=2, past=[(bytes(8), 40)]),)
    yield ("past.keys", "keys", rotation.encode(past), "an epoch that ended before",
           {"keys": said_keys(past)})  # fmt: skip
    later = keys(hub.name, [record(hub, heir(key, "hub", 1), hub, heir(key, "hub", 1),
                                   minor=1, place="Lich")])  # fmt: skip
    yield ("minor.keys", "keys", later, "a later minor version's field",
           {"keys": said_keys(rotation.decode(later))})  # fmt: skip
    for name, (data, message, signer) in messages(key).items():
        yield (f"plain.{name}", name, data, "as this version writes it", {"message": said(message)})
        later = resigned(name, data, signer, minor=1, place={"a": [1]})
        yield (f"minor.{name}", name, later, "a later minor version's field",
               {"message": said(message)})  # fmt: skip
    erased = custody.sign(
        key("bus"),
        bundle.manifest_of(stream([hub])),
        kind=custody.Kind.BUS,
        name="Bus 7, Linie Lich",
        act=Act.ERASED,
        at_ms=0,
        time_quality=0,
        ends=[bytes.fromhex(messages(key)["receipt"][1].id), bytes(16)],
    )
    yield ("ends.receipt", "receipt", erased.raw, "says which copies are gone",
           {"message": said(erased)})  # fmt: skip
    county = chain_of(key, "county", 1, rotation.NO_EPOCH, 0)
    enrol = wire.Enrolment(key("county").name, "Landkreis", (), county)
    yield ("changed.enrol", "enrol", wire.encode_enrolment(enrol, heir(key, "county", 1)),
           "a county that changed its key", {"message": said(enrol),
                                             "keys": said_keys(county)})  # fmt: skip
    signers = [heir(key, "hub", n // 2) for n in range(6)]
    yield ("changed.stream", "stream", packed(chain, stream(signers)),
           "the key changes above segments 2 and 4", {})  # fmt: skip


def to_refuse(key: Key) -> Iterator[Refused]:
    yield from _keys_to_refuse(key)
    for name, (data, _, signer) in messages(key).items():
        for file, changes, kind, why in (
            ("v-2", {"v": 2, "epoch": "another shape"}, "version", "another major version"),
            ("field-unknown", {"place": 1}, "format", "an unknown field without a minor version"),
            ("minor-missing", {"minor": 2, "hub": ..., "name": ...}, "format", "a field lacks"),
        ):
            yield f"{file}.{name}", name, resigned(name, data, signer, **changes), kind, why
        stranger = resigned(name, data, key("stranger"))
        yield f"stranger.{name}", name, stranger, "signature", "signed by another key"
        other = Purpose.NOTICE if name != "notice" else Purpose.ACK
        yield (f"purpose.{name}", name, resigned(name, data, signer, other), "signature",
               "signed for another purpose")  # fmt: skip
        yield f"cut.{name}", name, data[:-1], "format", "cut"
    head, _, hub = messages(key)["head"]
    yield ("old.head", "head", resigned("head", head, hub, nonce=bytes(16)), "replay",
           "answers another question")  # fmt: skip
    yield ("last.head", "head", resigned("head", head, hub, first_seq=7), "format",
           "ends before it begins")  # fmt: skip
    receipt, _, bus = messages(key)["receipt"]
    for file, changes, why in (
        ("order", {"first": 2}, "ends before it begins"),
        ("act", {"act": "lost"}, "an act that there is not"),
        ("name", {"name": "x" * 101}, "a name too long"),
        ("digest", {"digest": bytes(31)}, "a digest too short"),
        ("ends-short", {"minor": 1, "ends": [bytes(15)]}, "ends no receipt"),
        ("ends-5", {"minor": 1, "ends": [bytes([n] * 16) for n in range(5)]}, "ends too many"),
    ):
        yield (f"{file}.receipt", "receipt", resigned("receipt", receipt, bus, **changes),
               "format", why)  # fmt: skip
    got_, _, hub = messages(key)["got"]
    for file, changes, why in (
        ("pair", {"streams": [[EPOCH]]}, "a stream without a number"),
        ("many", {"streams": [[bytes([n] * 8), 1] for n in range(65)]}, "too many streams"),
        ("key", {"care_key": "age2x"}, "a care key that is none"),
    ):
        yield f"{file}.got", "got", resigned("got", got_, hub, **changes), "format", why
    again_, _, county = messages(key)["again"]
    yield ("last.again", "again", resigned("again", again_, county, until=3), "format",
           "ends before it begins")  # fmt: skip
    answer, _, hub = messages(key)["answer"]
    yield ("text.answer", "answer", resigned("answer", answer, hub, text="x" * 401), "format",
           "a text too long")  # fmt: skip
    enrol, _, county = messages(key)["enrol"]
    for file, given in (("recipient", ["age1 evil"]), ("recipients-17", [RECIPIENT] * 17)):
        yield (f"{file}.enrol", "enrol", resigned("enrol", enrol, county, care_recipients=given),
               "format", "recipients that are none, or too many")  # fmt: skip
    chain = chain_of(key, "county", 1, rotation.NO_EPOCH, 0)
    retired = wire.encode_enrolment(wire.Enrolment(county.name, "Landkreis", (), chain), county)
    yield "retired.enrol", "enrol", retired, "signature", "signed by the key that was replaced"
    chain = chain_of(key, "hub", 1, EPOCH, 2)
    for file, signers in (("retired", [0, 0, 0]), ("early", [0, 1, 1])):
        data = packed(chain, stream([heir(key, "hub", n) for n in signers]))
        yield f"{file}.stream", "stream", data, "signature", "the key changes above segment 2"


def _keys_to_refuse(key: Key) -> Iterator[Refused]:
    hub, new, stranger = key("hub"), heir(key, "hub", 1), key("stranger")
    two = [one.raw for one in chain_of(key, "hub", 2, EPOCH, 2)]
    many = [one.raw for one in chain_of(key, "hub", rotation.MAX_ROTATIONS + 1, EPOCH, 1)]
    back = record(new, hub, new, hub, name=hub.name)
    for file, records, kind, why in (
        ("none", [], "format", "no record"),
        ("many", many, "format", "more than 24 records"),
        ("order", two[::-1], "signature", "the later record first"),
        ("gap", two[1:], "signature", "the first record is missing"),
        ("back", [two[0], back], "format", "the first key comes back"),
        ("by-old", [record(hub, new, stranger, new)], "signature", "not by the old key"),
        ("by-new", [record(hub, new, hub, stranger)], "signature", "not by the new key"),
        ("v-2", [record(hub, new, hub, new, v=2)], "version", "another major version"),
        ("field-unknown", [record(hub, new, hub, new, place=1)], "format", "an unknown field"),
        ("minor-missing", [record(hub, new, hub, new, minor=1, seq=...)], "format", "no seq"),
        ("text", ["record"], "format", "a record that is text"),
    ):
        yield f"{file}.keys", "keys", keys(hub.name, records), kind, why  # type: ignore[arg-type]
    yield "owner.keys", "keys", keys(stranger.name, two), "signature", "the chain of another"
    yield "cut.keys", "keys", keys(hub.name, two)[:-1], "format", "cut"
