from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sync import cbor, requests, wire
from sync.errors import FormatError, SignatureError, VersionError
from sync.identity import Identity, Purpose
from sync.wire import Ack, Enrolment, Head, Notice

NONCE = bytes(range(16))
RECIPIENT = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"


@pytest.fixture
def head(signer: Identity) -> Head:
    return Head(signer.public_key, "Wetterfeld", bytes(8), 1, 7, bytes(32), NONCE, 1, 4)


def test_a_head_travels(head: Head, signer: Identity) -> None:
    data = wire.encode_head(head, signer)
    assert wire.decode_head(data, nonce=NONCE, hub=signer.public_key) == head
    assert wire.decode_head(data, nonce=NONCE) == head


def test_an_old_or_foreign_head_is_refused(head: Head, signer: Identity) -> None:
    data = wire.encode_head(head, signer)
    with pytest.raises(SignatureError, match="played back"):
        wire.decode_head(data, nonce=bytes(16), hub=signer.public_key)
    with pytest.raises(SignatureError, match="not"):
        wire.decode_head(data, nonce=NONCE, hub=bytes(32))
    other = Identity.generate()
    with pytest.raises(SignatureError):
        wire.decode_head(wire.encode_head(head, other), nonce=NONCE)


@pytest.mark.parametrize(
    "change",
    [{"first_seq": 9}, {"name": "x" * 101}, {"name": "a\x1b[31m"}, {"epoch": b""}, {"now_ms": 1.5}],
)
def test_a_head_of_a_wrong_shape_is_refused(
    head: Head, signer: Identity, change: dict[str, object]
) -> None:
    wrong = replace(head, **change)  # type: ignore[arg-type]
    with pytest.raises(FormatError):
        wire.decode_head(wire.encode_head(wrong, signer), nonce=NONCE)


def test_an_acknowledgement_travels(signer: Identity) -> None:
    ack = Ack(bytes(32), bytes(8), 5, signer.public_key, 1)
    data = wire.encode_ack(ack, signer)
    assert wire.decode_ack(data) == ack
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(FormatError):
            wire.decode_ack(bytes(changed))
    with pytest.raises(SignatureError):
        wire.decode_ack(wire.encode_ack(ack, Identity.generate()))


def test_an_enrolment_travels(signer: Identity) -> None:
    enrolment = Enrolment(signer.public_key, "Landkreis Gießen", (RECIPIENT,))
    assert wire.decode_enrolment(wire.encode_enrolment(enrolment, signer)) == enrolment
    for recipients in (("ssh-ed25519 AAAA",), ("age1 evil",), (RECIPIENT,) * 17, ("age1" * 1000,)):
        wrong = replace(enrolment, care_recipients=recipients)
        with pytest.raises(FormatError):
            wire.decode_enrolment(wire.encode_enrolment(wrong, signer))


@pytest.mark.parametrize("name", ["head", "ack", "notice", "enrol"])
def test_a_message_of_another_version_is_told_from_a_damaged_one(
    signer: Identity, name: str
) -> None:
    key = signer.public_key
    messages: dict[str, tuple[bytes, Purpose, Callable[[bytes], object]]] = {
        "head": (
            wire.encode_head(Head(key, "Lich", bytes(8), 1, 0, bytes(32), bytes(16), 5, 4), signer),
            Purpose.HEAD,
            lambda data: wire.decode_head(data, nonce=bytes(16)),
        ),
        "ack": (
            wire.encode_ack(Ack(bytes(32), bytes(8), 5, key, 1), signer),
            Purpose.ACK,
            wire.decode_ack,
        ),
        "notice": (
            wire.encode_notice(Notice(bytes(32), key, "fork", bytes(8), 5, 1), signer),
            Purpose.NOTICE,
            wire.decode_notice,
        ),
        "enrol": (
            wire.encode_enrolment(Enrolment(key, "Landkreis", (RECIPIENT,)), signer),
            Purpose.ENROL,
            wire.decode_enrolment,
        ),
    }
    data, purpose, decode = messages[name]
    outer = cbor.loads(data, limit=9999)
    assert isinstance(outer, dict)
    fields = cbor.loads(outer[name], limit=9999)
    assert isinstance(fields, dict)

    def later(**changes: object) -> bytes:
        inner = cbor.dumps(fields | changes)
        return cbor.dumps({name: inner, "signature": signer.sign(purpose, inner)})

    with pytest.raises(VersionError, match="version 2") as caught:
        decode(later(v=2))
    assert "aktualisieren" in caught.value.hint
    assert decode(later(minor=1, place="Lich")) == decode(data)
    with pytest.raises(FormatError, match="has not the fields"):
        decode(later(place="Lich"))


def test_a_request_is_signed_for_its_method_and_target(signer: Identity) -> None:
    target = requests.segments_target(bytes(8), 3, 9)
    assert target == "/v1/segments?epoch=0000000000000000&after=3&until=9"
    headers = requests.sign_request(signer, "GET", target)
    assert requests.verify_request(headers, "GET", target) == signer.public_key
    for method, other in (("POST", target), ("GET", target + "0"), ("GET", "")):
        with pytest.raises(SignatureError):
            requests.verify_request(headers, method, other)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {requests.COUNTY_FIELD: "zz", requests.SIGNATURE_FIELD: "00"},
        {requests.COUNTY_FIELD: "00" * 32},
        {requests.COUNTY_FIELD: "00" * 32, requests.SIGNATURE_FIELD: "00" * 64},
        {requests.COUNTY_FIELD: "00" * 1000, requests.SIGNATURE_FIELD: "00" * 64},
    ],
)
def test_an_unsigned_request_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(SignatureError):
        requests.verify_request(headers, "GET", "/")


def test_a_refusal_tells_what_to_do() -> None:
    error = wire.decode_refusal(wire.encode_refusal("pending", "Noch nicht.", "Bitte warten."))
    assert str(error) == "Noch nicht. (pending)"
    assert error.hint == "Bitte warten."
    assert wire.decode_state(wire.encode_state("pending", bytes(32))) == ("pending", bytes(32))
