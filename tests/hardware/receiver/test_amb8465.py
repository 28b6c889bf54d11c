from __future__ import annotations

import pytest

from hardware.errors import DeviceRefused
from hardware.receiver.amb8465 import RESET_PAUSE_S, Amb8465, encode_message
from hardware.receiver.base import Answer, Command, Damage, Heard, LinkMode

BODY = bytes.fromhex("442D2C1133557799080278")
TELEGRAM = bytes((len(BODY),)) + BODY


def test_documented_checksums() -> None:
    assert encode_message(0x05) == bytes.fromhex("FF0500FA")  # reset
    assert encode_message(0x0C) == bytes.fromhex("FF0C00F3")  # firmware version
    assert encode_message(0x0B) == bytes.fromhex("FF0B00F4")  # serial number
    assert encode_message(0x06, b"\x0b") == bytes.fromhex("FF06010BF3")  # channel 11
    assert encode_message(0x0A, b"\x00\x80") == bytes.fromhex("FF0A02008077")  # all parameters


def test_signal_strength_counts_in_the_length() -> None:
    raw = encode_message(3, BODY + b"\x1c")
    assert list(Amb8465(rssi=True).feed(raw)) == [Heard(TELEGRAM, "checked", -60.0)]
    raw = encode_message(3, BODY + b"\xd8")
    assert list(Amb8465(rssi=True).feed(raw)) == [Heard(TELEGRAM, "checked", -94.0)]
    assert list(Amb8465(rssi=False).feed(encode_message(3, BODY))) == [Heard(TELEGRAM, "checked")]


def test_a_telegram_in_single_bytes_is_the_same() -> None:
    receiver = Amb8465(rssi=True)
    found = [
        heard
        for byte in encode_message(3, BODY + b"\x1c") * 2
        for heard in receiver.feed(bytes((byte,)))
    ]
    assert found == [Heard(TELEGRAM, "checked", -60.0)] * 2
    assert not receiver.damage


def test_until_it_is_known_what_the_last_byte_is_nothing_is_passed_on() -> None:
    receiver = Amb8465()
    raw = encode_message(3, BODY + b"\x1c")
    assert not list(receiver.feed(raw))
    receiver.feed(encode_message(0x8A, b"\x05\x01\x01"))  # tells of another parameter
    assert not list(receiver.feed(raw))
    assert receiver.damage == {Damage.UNSURE: 2}
    receiver.feed(encode_message(0x8A, b"\x45\x01\x01"))
    assert list(receiver.feed(raw)) == [Heard(TELEGRAM, "checked", -60.0)]
    receiver.feed(encode_message(0x89, b"\x00"))  # something was set: unsure again
    assert not list(receiver.feed(raw))
    receiver.feed(encode_message(0x8A))  # an empty answer teaches nothing
    assert not list(receiver.feed(raw))


def test_the_whole_memory_tells_too() -> None:
    # asked for 0x80 parameters from 0 on, a stick gives the 0x78 that it has
    memory = bytearray(b"\xff" * 0x78)
    memory[0x45] = 0
    receiver = Amb8465()
    receiver.feed(encode_message(0x8A, b"\x00\x78" + memory))
    assert not receiver.damage
    (answer,) = receiver.answers()
    assert (answer.code, len(answer.payload)) == (0x8A, 0x7A)
    assert list(receiver.feed(encode_message(3, BODY))) == [Heard(TELEGRAM, "checked")]


@pytest.mark.parametrize("head", ["FF00", "FF04", "FFFE", "FF0309"])
def test_impossible_header_is_seen_at_once(head: str) -> None:
    receiver = Amb8465(rssi=False)
    receiver.feed(bytes.fromhex(head))
    assert receiver.damage[Damage.HEADER] == 1
    assert list(receiver.feed(encode_message(3, BODY))) == [Heard(TELEGRAM, "checked")]


def test_telegram_that_the_strength_leaves_too_short() -> None:
    receiver = Amb8465(rssi=True)
    assert not list(receiver.feed(encode_message(3, BODY[:10])))
    assert receiver.damage == {Damage.LENGTH: 1}


def test_wrong_checksum() -> None:
    receiver = Amb8465(rssi=False)
    raw = encode_message(3, BODY)
    assert not list(receiver.feed(raw[:-1] + bytes((raw[-1] ^ 4,))))
    assert receiver.damage[Damage.CHECKSUM] == 1


def _converse(mode: LinkMode, *answers: str) -> list[Command]:
    """Return the commands of a set-up that gets these answers (code and payload)."""
    setup = Amb8465().configure(mode)
    commands = [next(setup)]
    for answer in map(bytes.fromhex, answers):
        given = Answer(answer[0], answer[1:])
        recognises = commands[-1].is_answer
        assert recognises is not None
        assert recognises(given)
        assert not recognises(Answer(0x8C, answer[1:]))
        try:
            commands.append(setup.send(given))
        except StopIteration:
            return commands
    raise AssertionError("the set-up wants more")


def test_a_stick_that_is_right_is_not_written() -> None:
    commands = _converse(LinkMode.C1_T1, "8A050101", "8A450101", "8400")
    assert [command.data.hex() for command in commands] == [
        "ff0a020501f3",
        "ff0a024501b3",
        "ff040109f3",
    ]


@pytest.mark.parametrize(("mode", "number"), [("S1", 3), ("T1", 8), ("C1", 14), ("C1+T1", 9)])
def test_modes(mode: str, number: int) -> None:
    commands = _converse(LinkMode(mode), "8A050101", "8A450101", "8400")
    assert commands[-1].data == encode_message(4, bytes((number,)))


def test_only_what_is_wrong_is_written_then_reset_and_read_again() -> None:
    commands = _converse(
        LinkMode.T1, "8A050101", "8A450100", "8900", "8500", "8A050101", "8A450101", "8400"
    )
    assert commands[2].data == encode_message(9, b"\x45\x01\x01")
    assert commands[3].data == encode_message(5)
    assert [command.pause_s for command in commands[2:5]] == [0.0, RESET_PAUSE_S, 0.0]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (("8A050101", "8A450101", "8401"), "command 0x04 with status 01"),
        (("8A050101", "8A450100", "8901"), "command 0x09 with status 01"),
        (("8A050100", "8A450101", "8900", "85"), "command 0x05 with status none"),
        (
            ("8A050100", "8A450101", "8900", "8500", "8A050100"),
            "parameter 0x05 stays 0",
        ),
        (
            ("8A050100", "8A450101", "8900", "8500", "8A050101", "8A4501"),
            "parameter 0x45 stays None",
        ),
    ],
)
def test_a_stick_that_says_no_is_refused(answers: tuple[str, ...], words: str) -> None:
    with pytest.raises(DeviceRefused, match=words) as caught:
        _converse(LinkMode.T1, *answers)
    assert caught.value.hint
