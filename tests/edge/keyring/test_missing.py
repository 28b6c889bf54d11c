from __future__ import annotations

import pytest

from edge.keyring.keys import Keys
from edge.keyring.makers import maker, question
from edge.keyring.missing import Missing, missing, waiting_for
from edge.keyring.reasons import names_of, no_format, signature_of
from edge.keyring.words import MeterName
from edge.store.journal_rows import Kept
from edge.store.personal_rows import MeterKey
from edge.store.village_rows import HeardMeter

KAM = "wmbus:KAM-76348799-1B-04"
PAD = "wmbus:PAD-00000007-01-36"


def kept(device: str, message: str, count: int = 2, first: int = 100, last: int = 200) -> Kept:
    return Kept("village", device, message, count, first, last)


def heard(device: str, encryption: str = "aes-cbc-iv", first: int = 50) -> HeardMeter:
    letters, digits = device.partition(":")[2].split("-")[:2]
    return HeardMeter(device, letters, digits, 27, "heat", encryption, first, 300, 9)


def key(manufacturer: str, identification: str, number: int = 1) -> MeterKey:
    return MeterKey(number, manufacturer, identification, bytes(16), "x", 0, None, None)


def test_what_waits_for_a_key_is_told_since_when_it_is_heard() -> None:
    found = missing(
        [
            kept(KAM, "KeyRequired KAM-76348799"),
            kept(KAM, "WrongKey KAM-76348799", 3, 80, 150),
            kept(PAD, "KeyRequired PAD-00000007 QDS-11111111", 1, 10, 20),
            kept("wmbus:QDS-22222222-01-08", "FormatUnknown 1A2B"),
            kept("wmbus:QDS-33333333-01-08", "FrameError"),
        ],
        [heard(KAM)],
        Keys(),
    )
    assert found == [
        Missing(
            MeterName("QDS", "11111111"), MeterName("PAD", "00000007"), 10, 20, 1, is_wrong=False
        ),
        Missing(MeterName("KAM", "76348799"), None, 50, 200, 5, is_wrong=True),
    ]


def test_strangers_are_told_apart_only_if_asked_for() -> None:
    meters = [
        heard(KAM),
        heard("wmbus:QDS-11111111-01-08", "none"),
        heard("wmbus:QDS-22222222-01-08"),
        heard("wmbus:QDS-33333333-01-08", first=40),
    ]
    waits = [kept(KAM, "KeyRequired KAM-76348799")]
    keys = Keys([key("", "22222222")])
    assert [str(one.meter) for one in missing(waits, meters, keys)] == ["KAM-76348799"]
    found = missing(waits, meters, keys, strangers=True)
    assert [(str(one.meter), one.kept) for one in found] == [
        ("KAM-76348799", 2),
        ("QDS-33333333", 0),
    ]


def test_how_many_wait_for_a_key() -> None:
    waits = [
        kept(KAM, "KeyRequired KAM-76348799"),
        kept(PAD, "WrongKey PAD-00000007 KAM-76348799", 3),
        kept(PAD, "FrameError", 7),
        kept(PAD, "KeyRequired PAD-00000007", 9),
    ]
    assert waiting_for(waits, ["76348799"]) == 5
    assert waiting_for(waits, ["KAM-76348799"]) == 5
    assert waiting_for(waits, []) == 0


def test_the_likeliest_key_comes_first_and_each_once() -> None:
    keys = Keys([key("", "76348799", 1), key("KAM", "76348799", 2), key("QDS", "11111111", 3)])
    assert len(keys) == 3
    names = ["KAM-76348799", "KAM-76348799", "QDS-11111111", "QDS-00000000"]
    assert [one.number for one in keys.of(names)] == [2, 1, 3]


def test_reasons_are_read_as_they_are_written() -> None:
    assert names_of("KeyRequired A-1 B-2") == ["A-1", "B-2"]
    assert names_of("WrongKey A-1") == ["A-1"]
    assert names_of("FrameError: at byte 1") == ()
    assert names_of("FormatUnknown 1A2B") == ()
    assert signature_of(no_format(0x1A2B)) == 0x1A2B
    assert signature_of("KeyRequired A-1") is None


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("KAM", "12345678/xx/xx"),
        ("TCH", "Messdienst Techem"),
        ("HYD", "6HYD…12345678"),
        ("SON", "(Sontex)"),
        ("XYZ", "(XYZ)"),
        ("", "(unbekannter Hersteller)"),
    ],
)
def test_what_to_ask_for(letters: str, words: str) -> None:
    said = question(MeterName(letters, "12345678"))
    assert words in said
    assert "12345678" in said
    assert maker(letters) in said
