"""What devices of a recording said to whoever connected: pure, packet by packet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import DecodeError
from hardware.hci import sessions as module
from hardware.hci.btsnoop import HEADER, encode_packet
from hardware.hci.sessions import INDICATE, NOTIFY, READ, WRITE, Device, Said, Sessions

AT = datetime(2026, 11, 23, tzinfo=UTC)
ADDRESS = "C0:11:22:33:44:55"
WIRE = bytes.fromhex("5544332211c0")
RECORD, POINT, TIME, BATTERY, UNKNOWN = 10, 13, 16, 19, 99

Step = tuple[bytes, bool]


def le(body: bytes) -> Step:
    return bytes((0x04, 0x3E, len(body))) + body, True


def acl(pdu: bytes, *, received: bool) -> Step:
    frame = len(pdu).to_bytes(2, "little") + b"\x04\x00" + pdu
    return b"\x02\x40\x20" + len(frame).to_bytes(2, "little") + frame, received


def heard(data: bytes, kind: int = 1) -> Step:
    return le(b"\x02\x01\x00" + bytes((kind,)) + WIRE + bytes((len(data),)) + data + b"\xc3")


def at(handle: int) -> bytes:
    return handle.to_bytes(2, "little")


def notified(handle: int, value: bytes, op: int = 0x1B) -> Step:
    return acl(bytes((op,)) + at(handle) + value, received=True)


def written(handle: int, value: bytes) -> Step:
    return acl(b"\x12" + at(handle) + value, received=False)


def read(handle: int, value: bytes) -> tuple[Step, Step]:
    return acl(b"\x0a" + at(handle), received=False), acl(b"\x0b" + value, received=True)


MET = le(b"\x01\x00\x40\x00\x00\x01" + WIRE + bytes(7))
LEFT: Step = (bytes((0x04, 0x05, 4, 0, 0x40, 0, 0x13)), True)
DISCOVERY = (
    acl(b"\x08\x01\x00\xff\xff\x03\x28", received=False),
    acl(
        b"\x09\x07"
        + b"".join(
            at(handle - 1) + bytes((properties,)) + at(handle) + uuid
            for handle, properties, uuid in (
                (RECORD, NOTIFY, b"\x18\x2a"),
                (POINT, WRITE | INDICATE, b"\x52\x2a"),
                (TIME, READ | WRITE | NOTIFY, b"\x2b\x2a"),
                (BATTERY, READ, b"\x19\x2a"),
            )
        ),
        received=True,
    ),
)
ADVERT = bytes.fromhex("0201060303081803ff99aa")


def recording(*steps: Step) -> bytes:
    return HEADER + b"".join(
        encode_packet(raw, received=received, at=AT + timedelta(seconds=second))
        for second, (raw, received) in enumerate(steps)
    )


def devices(raw: bytes) -> list[Device]:
    sessions = Sessions()
    sessions.feed(raw)
    return sessions.devices()


STEPS = (
    heard(ADVERT),
    heard(ADVERT),
    heard(b"\x05\x09Oma!"),
    MET,
    *DISCOVERY,
    *read(BATTERY, b"\x57"),
    written(TIME, b"now"),
    notified(RECORD, b"live"),
    written(POINT, b"\x01\x01"),
    notified(RECORD, b"one"),
    notified(UNKNOWN, b"whose?"),
    notified(POINT, b"\x06\x00\x01\x01", 0x1D),
    *read(BATTERY, b"\x56"),
    LEFT,
    MET,
    LEFT,
    MET,
    notified(RECORD, b"two"),
)


def test_what_was_said_by_itself_and_what_was_asked_for() -> None:
    (device,) = devices(recording(*STEPS))
    assert (device.address, device.public, device.name) == (ADDRESS, False, "Oma!")
    assert device.services == ["1808"]
    assert len(device.adverts) == 2
    assert device.reads == {"2A19": [b"\x57", b"\x56"]}
    assert device.properties == {
        "2A18": NOTIFY,
        "2A52": WRITE | INDICATE,
        "2A2B": READ | WRITE | NOTIFY,
        "2A19": READ,
    }
    first, last = device.sessions  # in the second connection nothing was said
    assert first.unasked == [Said("2A18", b"live", False, 0.0)]
    (request,) = first.requests  # the time was written too, and is no question
    assert (request.uuid, request.value) == ("2A52", b"\x01\x01")
    assert request.answers == [
        Said("2A18", b"one", False, 1.0),
        Said("2A52", b"\x06\x00\x01\x01", True, 2.0),
    ]
    assert last.unasked == [Said("2A18", b"two", False, 0.0)]


@given(st.lists(st.integers(1, 400), max_size=5))
def test_a_file_in_pieces_is_the_same_file(cuts: list[int]) -> None:
    raw, sessions, start = recording(*STEPS), Sessions(), 0
    for cut in cuts:
        sessions.feed(raw[start : start + cut])
        start += cut
    sessions.feed(raw[start:])
    assert sessions.devices() == devices(raw)


def test_who_was_only_heard_or_was_there_before_is_not_played() -> None:
    assert devices(recording(heard(ADVERT), notified(RECORD, b"before"))) == []
    assert devices(recording(MET, *DISCOVERY, written(TIME, b"now"))) == []


def test_a_public_address_and_a_device_without_a_name() -> None:
    (device,) = devices(recording(heard(ADVERT, 0), MET, *DISCOVERY, notified(RECORD, b"x")))
    assert device.public
    assert device.name == ""


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [heard(bytes((3, 0xFF, number, 0))) for number in range(20)]
    (device,) = devices(recording(*many, MET, *DISCOVERY, notified(RECORD, b"x")))
    assert device.adverts == [bytes((3, 0xFF, number, 0)) for number in range(12, 20)]
    monkeypatch.setattr(module, "MAX_VALUES", 3)
    with pytest.raises(DecodeError, match="more than 3"):
        devices(recording(*STEPS))


def test_what_is_no_recording() -> None:
    with pytest.raises(DecodeError):
        devices(b"x" * 100)
