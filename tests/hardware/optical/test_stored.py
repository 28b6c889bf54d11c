"""What was kept of a readout decodes to the same readout."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import DecodeError, FrameError
from hardware.optical import kmp
from hardware.optical.iec62056 import REQUEST, WAKE_UP, Iec62056Session, encode_block
from hardware.optical.kmp import KmpSession
from hardware.optical.session import Readout, Session
from hardware.optical.stored import DECODERS
from hardware.sim.optical import MulticalMeter, OpticalMeter, UltraheatMeter

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
INSTALLED = datetime(2026, 1, 31, 11, 0, tzinfo=UTC)
WHO = b"/LUGCUH50\r\n"


def read(session: Session, meter: OpticalMeter) -> Session:
    sent = b""
    while (step := session.step()) is not None:
        bursts = meter.feed(step.send, NOON) if step.send else ()
        sent += b"".join(burst.data for burst in bursts)
        session.feed(sent)
        sent = b""
    return session


@pytest.mark.parametrize("protocol", ["iec62056", "kmp"])
def test_a_readout_goes_round_through_its_bytes(protocol: str) -> None:
    session: Session = Iec62056Session() if protocol == "iec62056" else KmpSession()
    meter: OpticalMeter = (
        UltraheatMeter(12, installed=INSTALLED)
        if protocol == "iec62056"
        else MulticalMeter(12, installed=INSTALLED)
    )
    assert session.raw() == b""
    readout = read(session, meter).readout()
    assert DECODERS[protocol](session.raw()) == readout
    names = {"iec62056": "optical:LUG-66000012", "kmp": "optical:KAM-76000012"}
    assert readout.device_id == names[protocol]


def test_who_does_not_say_who_it_is_has_no_device_id() -> None:
    assert Readout(None, "1", None, None, ()).device_id == ""
    assert Readout("LUG", None, None, None, ()).device_id == ""


BLOCK = encode_block(b"6.8(1*kWh)\r\n!\r\n")
SERIAL = kmp.Frame(to_meter=False, destination=0x3F, command=kmp.GET_SERIAL_NUMBER,
                   data=bytes(4)).raw  # fmt: skip
REGISTER = kmp.Frame(to_meter=False, destination=0x3F, command=kmp.GET_REGISTER).raw


@pytest.mark.parametrize(
    ("protocol", "payload", "error"),
    [
        ("iec62056", b"", DecodeError),
        ("iec62056", WHO, DecodeError),
        ("iec62056", BLOCK, DecodeError),
        ("iec62056", BLOCK + WHO, DecodeError),
        ("iec62056", WHO + BLOCK + BLOCK, DecodeError),
        ("iec62056", WHO + BLOCK[:-1], FrameError),
        ("iec62056", WHO + BLOCK + b"x", FrameError),
        ("iec62056", WHO + encode_block(b"nonsense"), DecodeError),
        ("kmp", b"", DecodeError),
        ("kmp", SERIAL, DecodeError),
        ("kmp", REGISTER, DecodeError),
        ("kmp", REGISTER + SERIAL, DecodeError),
        ("kmp", SERIAL + SERIAL, DecodeError),
        ("kmp", SERIAL + REGISTER[:-1], FrameError),
        ("kmp", b"x" + SERIAL + REGISTER, FrameError),
    ],
)
def test_a_near_miss_is_an_error(protocol: str, payload: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        DECODERS[protocol](payload)


@given(st.sampled_from(sorted(DECODERS)), st.binary(max_size=80))
def test_whatever_comes_only_its_own_errors_come_out(protocol: str, payload: bytes) -> None:
    try:
        DECODERS[protocol](payload)
    except (FrameError, DecodeError):
        return


def test_the_echo_of_the_request_is_no_part_of_it() -> None:
    session = Iec62056Session()
    session.step()
    session.feed(WAKE_UP + REQUEST + WHO)
    assert session.raw() == WHO
