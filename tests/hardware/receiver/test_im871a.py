from __future__ import annotations

import pytest

from hardware.errors import DeviceRefused
from hardware.receiver.base import NO_ANSWER, Answer, Damage, Heard, LinkMode
from hardware.receiver.im871a import Im871a, encode_message, parse_config

BODY = bytes.fromhex("442D2C1133557799080278")  # C field to CI and one byte more
TELEGRAM = bytes((len(BODY),)) + BODY
BARE = b"\xa5\x02\x03" + TELEGRAM  # no time, no strength, no check


def test_message_without_check_is_only_stripped() -> None:
    assert list(Im871a().feed(BARE)) == [Heard(TELEGRAM, "stripped")]


@pytest.mark.parametrize(("answer", "code"), [("A58102004CA3", 0x0102), ("A58104009CF7", 0x0104)])
def test_what_a_real_stick_answered_to_a_ping_and_to_its_configuration(
    answer: str, code: int
) -> None:
    receiver = Im871a()
    assert not list(receiver.feed(bytes.fromhex(answer)))
    assert list(receiver.answers()) == [Answer(code, b"")]
    assert not receiver.damage
    assert encode_message(code >> 8, code & 0xFF) == bytes.fromhex(answer)


@pytest.mark.parametrize(
    ("control", "tail", "rssi_dbm"),
    [
        (0x02, "", None),
        (0x22, "11223344", None),
        (0x42, "7D", -60.0),
        (0x62, "112233447D", -60.0),
        (0x42, "FF", 0.0),  # as strong as it can be said
    ],
)
def test_control_bits_say_what_follows(control: int, tail: str, rssi_dbm: float | None) -> None:
    raw = bytes((0xA5, control, 3)) + TELEGRAM + bytes.fromhex(tail)
    receiver = Im871a()
    assert list(receiver.feed(raw + BARE)) == [
        Heard(TELEGRAM, "stripped", rssi_dbm),
        Heard(TELEGRAM, "stripped"),
    ]
    assert not receiver.damage


def test_wrong_check_is_counted_and_the_next_frame_found() -> None:
    whole = encode_message(2, 3, BODY)
    receiver = Im871a()
    damaged = whole[:-1] + bytes((whole[-1] ^ 1,))
    assert list(receiver.feed(damaged + whole)) == [Heard(TELEGRAM, "checked")]
    assert receiver.damage == {Damage.CHECKSUM: 1}


@pytest.mark.parametrize("head", ["A512", "A505", "A500", "A50100", "A50128", "A50206"])
def test_impossible_header_is_seen_at_once(head: str) -> None:
    receiver = Im871a()
    assert not list(receiver.feed(bytes.fromhex(head)))
    assert receiver.damage == {Damage.HEADER: 1}
    assert receiver.pending == 0


def test_noise_counts_once_a_stretch() -> None:
    receiver = Im871a()
    assert len(list(receiver.feed(b"\x00\x01\x02" + BARE + b"\x03" + BARE))) == 2
    assert receiver.damage == {Damage.NOISE: 2}


def test_silence_ends_a_frame_and_finds_the_one_inside() -> None:
    receiver = Im871a()
    assert not list(receiver.feed(b"\xa5\x02\x03\xf0" + BARE))
    assert receiver.pending > 0
    assert list(receiver.silence()) == [Heard(TELEGRAM, "stripped")]
    assert receiver.damage == {Damage.CUT: 1}
    assert receiver.pending == 0


def test_header_cut_by_silence() -> None:
    receiver = Im871a()
    receiver.feed(b"\xa5\x02")
    assert not list(receiver.silence())
    assert receiver.damage == {Damage.CUT: 1}


def test_short_telegram_is_none() -> None:
    receiver = Im871a()
    assert not list(receiver.feed(encode_message(2, 3, BODY[:9])))
    assert receiver.damage == {Damage.LENGTH: 1}


def test_other_messages_are_answers_at_most_sixteen() -> None:
    receiver = Im871a()
    for number in range(20):
        receiver.feed(encode_message(1, 6, bytes((number,))))
    assert [answer.payload[0] for answer in receiver.answers()] == list(range(4, 20))
    assert not list(receiver.answers())


def test_configuration_fields() -> None:
    assert parse_config(bytes.fromhex("0A031122300100")) == {
        "link_mode": 3,
        "manufacturer": 0x2211,
        "attach_rssi": 1,
        "attach_time": 0,
    }
    assert parse_config(b"\x00\x00") == {}
    for cut in (b"", b"\x00", b"\x02", b"\x02\x03", b"\x02\x03\x10"):
        with pytest.raises(DeviceRefused, match="cut short"):
            parse_config(cut)


def test_commands_of_the_set_up() -> None:
    receiver = Im871a()
    setup = receiver.configure(LinkMode.C1_T1)
    assert next(setup).data[:4] == b"\xa5\x81\x0f\x00"
    command = setup.send(Answer(0x0110, bytes.fromhex("3300141778563412")))
    assert command.data[:-2] == bytes.fromhex("A5810308 00 03000A 38000100".replace(" ", ""))
    assert command.is_answer is not None
    assert command.is_answer(Answer(0x0104, b""))
    assert not command.is_answer(Answer(0x0106, b""))
    assert setup.send(Answer(0x0104, b"")).data[:4] == b"\xa5\x81\x05\x00"
    with pytest.raises(StopIteration):
        setup.send(Answer(0x0106, bytes.fromhex("020A00")))


@pytest.mark.parametrize(
    ("info", "config", "words"),
    [
        ("", "", "is not that of an iM871A"),
        ("36001517", "", "is not that of an iM871A"),
        ("33001317", "", "firmware 13 cannot hear C1 and T1"),
        ("33001417", "020300", "keeps link mode 3 instead of 10"),
        ("33001417", "0000", "keeps link mode None instead of 10"),
    ],
)
def test_a_stick_that_cannot_is_refused(info: str, config: str, words: str) -> None:
    setup = Im871a().configure(LinkMode.C1_T1)
    next(setup)
    with pytest.raises(DeviceRefused, match=words) as caught:  # noqa: PT012 - which answer says no differs
        setup.send(Answer(0x0110, bytes.fromhex(info)))
        setup.send(NO_ANSWER)
        setup.send(Answer(0x0106, bytes.fromhex(config)))
    assert caught.value.hint
