"""What is read out of HCI packets, which another implementation puts together."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from bumble import att, hci
from bumble.core import UUID
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.hci import listen
from hardware.hci.advertising import Report, content
from hardware.hci.att import Declared, How, Value
from hardware.hci.btsnoop import Kind, Packet
from hardware.hci.listen import Event, Garbled, Heard, Listener, Met, Passed

AT = datetime(2026, 11, 23, tzinfo=UTC)
ADDRESS = "C0:11:22:33:44:55"
HANDLE = 0x0040


def packet(raw: bytes, *, received: bool = True, adapter: int = 0) -> Packet:
    return Packet(AT, adapter, received, Kind(raw[0]), raw[1:])


def connected(handle: int = HANDLE, status: int = 0) -> Packet:
    return packet(
        bytes(
            hci.HCI_LE_Connection_Complete_Event(
                status=status,
                connection_handle=handle,
                role=hci.Role.CENTRAL,
                peer_address_type=1,
                peer_address=hci.Address(ADDRESS),
                connection_interval=24,
                peripheral_latency=0,
                supervision_timeout=100,
                central_clock_accuracy=0,
            )
        )
    )


def disconnected(status: int = 0) -> Packet:
    event = hci.HCI_Disconnection_Complete_Event(
        status=status, connection_handle=HANDLE, reason=0x13
    )
    return packet(bytes(event))


def acl(pdu: bytes, *, received: bool = True, piece: int = 4096, cid: int = 4) -> list[Packet]:
    frame = len(pdu).to_bytes(2, "little") + cid.to_bytes(2, "little") + pdu
    pieces = [frame[at : at + piece] for at in range(0, len(frame), piece)]
    first = 2 if received else 0
    return [
        packet(
            bytes(hci.HCI_AclDataPacket(HANDLE, 1 if number else first, 0, len(data), data)),
            received=received,
        )
        for number, data in enumerate(pieces)
    ]


def discovery(size: int = 4096) -> list[Packet]:
    ask = att.ATT_Read_By_Type_Request(
        starting_handle=1, ending_handle=0xFFFF, attribute_type=UUID.from_16_bits(0x2803)
    )
    declarations = bytes((7,)) + b"".join(
        own.to_bytes(2, "little") + b"\x20" + value.to_bytes(2, "little") + uuid
        for own, value, uuid in ((9, 10, b"\x35\x2a"), (12, 13, b"\x19\x2a"))
    )
    return acl(bytes(ask), received=False) + acl(b"\x09" + declarations, piece=size)


def events(packets: Iterable[Packet]) -> list[Event]:
    listener, got = Listener(), []
    for each in packets:
        got += [event for event in listener.packet(each) if not isinstance(event, Met)]
    return got + list(listener.end())


def values(packets: Iterable[Packet]) -> list[Value]:
    got = events(packets)
    assert all(isinstance(event, Passed) for event in got), got
    return [event.value for event in got if isinstance(event, Passed)]


INDICATION = acl(
    bytes(att.ATT_Handle_Value_Indication(attribute_handle=10, attribute_value=b"abc"))
)


def test_who_is_met_and_what_they_declare() -> None:
    listener = Listener()
    assert list(listener.packet(connected(status=0x3E))) == []
    assert list(listener.packet(connected())) == [Met(AT, ADDRESS)]
    assert listener.declared(ADDRESS) == ()
    for each in discovery():
        assert list(listener.packet(each)) == []
    assert listener.declared(ADDRESS) == (Declared("2A35", 0x20), Declared("2A19", 0x20))
    assert listener.declared("C0:00:00:00:00:00") == ()


def test_a_legacy_report() -> None:
    data = bytes.fromhex("020106030309180409414243")
    report = hci.HCI_LE_Advertising_Report_Event.Report(
        event_type=0, address_type=1, address=hci.Address(ADDRESS), data=data, rssi=-61
    )
    raw = bytes(hci.HCI_LE_Advertising_Report_Event([report, report]))
    assert events([packet(raw)]) == [Heard(AT, Report(ADDRESS, False, -61, data))] * 2
    said = content(data)
    assert (said.name, said.services) == ("ABC", ["1809"])


@pytest.mark.parametrize(("event_type", "whole"), [(0x13, True), (0x33, False), (0x53, False)])
def test_an_extended_report(event_type: int, *, whole: bool) -> None:
    data = bytes.fromhex("0616d2fc404501")
    report = hci.HCI_LE_Extended_Advertising_Report_Event.Report(
        event_type=event_type,
        address_type=0,
        address=hci.Address(ADDRESS, hci.Address.PUBLIC_DEVICE_ADDRESS),
        primary_phy=1,
        secondary_phy=1,
        advertising_sid=0,
        tx_power=0,
        rssi=127,
        periodic_advertising_interval=0,
        direct_address_type=0,
        direct_address=hci.Address.ANY,
        data=data,
    )
    raw = bytes(hci.HCI_LE_Extended_Advertising_Report_Event([report]))
    assert events([packet(raw)]) == [Heard(AT, Report(ADDRESS, True, None, data, whole))]
    assert content(data).service_data == {"FCD2": bytes.fromhex("404501")}


def test_every_structure_of_an_advertisement() -> None:
    long = bytes(range(16))
    data = b"".join(
        bytes((len(value) + 1, kind)) + value
        for kind, value in (
            (0x02, b"\x10\x18\x09"),  # one service and half of another
            (0x05, b"\x0d\x18\x00\x00"),
            (0x07, long),
            (0x08, b"short"),
            (0x16, b"\xd2\xfc\x40"),
            (0x16, b"\xd2"),
            (0x20, b"\x09\x18\x00\x00\x01"),
            (0x21, long + b"\x02"),
            (0xFF, b"\x99\x04\x05"),
            (0xFF, b"\x99"),
            (0x0A, b"\x00"),
        )
    )
    said = content(data)
    uuid = "0F0E0D0C-0B0A-0908-0706-050403020100"
    assert said.services == ["1810", "180D", uuid]
    assert said.name == "short"
    assert said.service_data == {"FCD2": b"\x40", "1809": b"\x01", uuid: b"\x02"}
    assert said.manufacturer_data == {0x0499: b"\x05"}
    assert content(data + bytes((0, 3, 9)) + b"xx").name == "short"  # the rest is padding
    assert content(data + b"\x09\x09abc").name == "short"  # cut short


def test_values_get_their_names_from_the_discovery() -> None:
    notification = att.ATT_Handle_Value_Notification(attribute_handle=13, attribute_value=b"W")
    both = b"\x23" + b"\x0d\x00\x01\x00X" + b"\x0a\x00\x02\x00yz"
    got = values([connected(), *discovery(), *INDICATION, *acl(bytes(notification)), *acl(both)])
    assert got == [
        Value(How.INDICATED, 10, "2A35", b"abc"),
        Value(How.NOTIFIED, 13, "2A19", b"W"),
        Value(How.NOTIFIED, 13, "2A19", b"X"),
        Value(How.NOTIFIED, 10, "2A35", b"yz"),
    ]


def test_a_later_connection_knows_the_device() -> None:
    first = [connected(), *discovery(), disconnected()]
    assert values([*first, connected(), *INDICATION])[0].uuid == "2A35"
    assert values([connected(), *INDICATION])[0].uuid is None
    [event] = events(INDICATION)  # connected before the recording began
    assert isinstance(event, Passed)
    assert event.address is None


@pytest.mark.parametrize("piece", [1, 3, 5, 27])
def test_pieces_are_put_together(piece: int) -> None:
    pieces = acl(
        bytes(att.ATT_Handle_Value_Indication(attribute_handle=10, attribute_value=b"abc")),
        piece=piece,
    )
    assert values([connected(), *discovery(piece), *pieces])[0].value == b"abc"
    assert values([connected(), *pieces[1:]]) == []  # its beginning was not recorded


def test_reading_and_writing() -> None:
    got = values(
        [
            connected(),
            *discovery(),
            *acl(b"\x0a\x0a\x00", received=False),
            *acl(b"\x0b" + b"a" * 22),
            *acl(b"\x0c\x0a\x00\x16\x00", received=False),
            *acl(b"\x0d" + b"b" * 3),
            *acl(b"\x12\x0d\x00new", received=False),
            *acl(b"\x0a\x0d\x00", received=False),
            *acl(b"\x0bW"),
            *acl(b"\x52\x0a\x00cmd", received=False),
            *acl(b"\x0a\x0a\x00", received=False),
            *acl(b"\x0blast"),
        ]
    )
    assert got == [
        Value(How.READ, 10, "2A35", b"a" * 22 + b"b" * 3),
        Value(How.WRITTEN, 13, "2A19", b"new"),
        Value(How.READ, 13, "2A19", b"W"),
        Value(How.WRITTEN, 10, "2A35", b"cmd"),
        Value(How.READ, 10, "2A35", b"last"),
    ]


def test_a_read_whose_beginning_is_missing_is_no_value() -> None:
    blob = [*acl(b"\x0c\x0a\x00\x16\x00", received=False), *acl(b"\x0dtail")]
    assert values([connected(), *blob, *acl(b"\x0bnobody asked")]) == []
    refused = [*acl(b"\x0a\x0a\x00", received=False), *acl(b"\x01\x0a\x0a\x00\x05")]
    assert values([connected(), *refused, disconnected()]) == []


def test_what_else_passes_is_passed_over() -> None:
    other_type = acl(b"\x08\x01\x00\xff\xff\x00\x2a", received=False) + acl(b"\x09\x07" + b"x" * 7)
    got = events(
        [
            packet(b"\x01\x03\x0c\x00", received=False),
            packet(bytes.fromhex("040e0401030c00")),
            packet(bytes.fromhex("043e0103")),  # another LE event
            connected(status=2),
            connected(),
            *acl(b"smp", cid=6),
            *acl(bytes(600)),
            *other_type,
            *acl(b"\x02\xf7\x00", received=False),
            disconnected(status=1),
            *INDICATION,
            disconnected(),
            disconnected(),
        ]
    )
    assert [type(event) for event in got] == [Passed]


@pytest.mark.parametrize(
    "bad",
    [
        packet(b"\x04"),
        packet(b"\x04\x3e\x05\x02"),
        packet(b"\x04\x3e\x02\x02\x01"),
        packet(b"\x04\x3e\x02\x0d\x01"),
        packet(b"\x04\x3e\x02\x01\x00"),
        packet(b"\x04\x05\x01\x00"),
        packet(b"\x02\x40"),
        packet(b"\x02\x40\x20\x05\x00a"),
        acl(b"\x1b\x01")[0],
        acl(b"\x23\x01\x00\x09\x00a")[0],
        acl(b"")[0],
        acl(b"\x0a\x01", received=False)[0],
    ],
)
def test_a_packet_that_breaks_its_standard_stops_nothing(bad: Packet) -> None:
    got = events([connected(), *discovery(), bad, *INDICATION])
    assert isinstance(got[0], Garbled)
    assert got[1:] == [Passed(AT, ADDRESS, Value(How.INDICATED, 10, "2A35", b"abc"))]


def test_a_declaration_that_is_too_short() -> None:
    ask = discovery()[:1]
    assert isinstance(events([connected(), *ask, *acl(b"\x09\x06" + bytes(6))])[0], Garbled)


def test_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listen, "MAX_CONNECTIONS", 2)
    monkeypatch.setattr(listen, "MAX_DEVICES", 1)
    listener = Listener()
    for handle in range(5):
        list(listener.packet(connected(handle)))
    assert len(listener._connections) == 2
    assert len(listener._known) == 1


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.builds(
            lambda kind, data, received: Packet(AT, 0, received, kind, data),
            st.sampled_from(Kind),
            st.binary(max_size=40),
            st.booleans(),
        ),
        max_size=8,
    )
)
def test_garbage_raises_nothing(packets: list[Packet]) -> None:
    events([connected(), *discovery(), *packets])


@settings(max_examples=400, deadline=None)
@given(pdu=st.binary(max_size=60), received=st.booleans())
def test_any_pdu_raises_nothing(pdu: bytes, *, received: bool) -> None:
    events([connected(), *discovery(), *acl(pdu, received=received)])
    content(pdu)
