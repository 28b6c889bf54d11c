"""AES-CCM against published vectors, and what a wrong key looks like."""

from __future__ import annotations

from typing import Any

import pytest

from hardware.ble.advert.sealed import open_checked
from hardware.errors import KeyRequired, Unauthenticated, WrongKey

DIAL_KEY = bytes.fromhex("b853075158488d3d3c977ca39a5b5ea9")
PRESS = "5830b603d28b98c54124f8c3491476757e00000099"


def test_the_standards_first_example() -> None:
    """NIST SP 800-38C, example 1: the check has four bytes there as here."""
    key, nonce = bytes(range(0x40, 0x50)), bytes(range(0x10, 0x17))
    sealed, associated = bytes.fromhex("7162015b4dac255d"), bytes(range(8))
    assert open_checked(key, nonce, sealed, associated) == bytes.fromhex("20212223")
    with pytest.raises(WrongKey):
        open_checked(key, nonce, sealed, None)
    with pytest.raises(WrongKey, match="15 bytes"):
        open_checked(key[1:], nonce, sealed, associated)


def test_bthomes_own_example(ether: Any) -> None:
    """BTHome's page on encryption: address, key, counter and message."""
    message = {"address": "54:48:E6:8F:80:A5", "s_fcd2": "41a47266c95f730011223378237214"}
    sighting = ether.hear(ether.KEY, **message)
    assert ether.values(sighting) == {"air_temperature": 25.06, "relative_humidity": 50.55}
    assert sighting.sequence.number == 0x33221100
    assert sighting.sequence.authentic
    with pytest.raises(KeyRequired) as caught:
        ether.hear(**message)
    assert "bindkey" in caught.value.hint
    with pytest.raises(WrongKey):
        ether.hear(bytes(16), **message)
    with pytest.raises(WrongKey):
        ether.hear(ether.KEY, **message | {"address": "54:48:E6:8F:80:A6"})


def test_a_dial_with_a_key_of_twelve_bytes(ether: Any) -> None:
    """Recorded from two dials; their keys are given with and without the fixed middle."""
    short = DIAL_KEY[:6] + DIAL_KEY[10:]
    for key in (DIAL_KEY, short):
        sighting = ether.hear(key, address="F8:24:41:C5:98:8B", s_fe95=PRESS)
        assert ether.values(sighting) == {"button": 1}
        assert sighting.sequence.number == 0xD2
    for key in (DIAL_KEY[:-1], bytes(12), bytes(16)):
        with pytest.raises(WrongKey):
            ether.hear(key, address="F8:24:41:C5:98:8B", s_fe95=PRESS)


def test_of_many_wrong_keys_none_gives_a_reading(ether: Any) -> None:
    """The old check is one byte: what passes it still has to be whole objects."""
    opened = 0
    for number in range(2000):
        key = number.to_bytes(16, "big")
        try:
            ether.hear(key, address="F8:24:41:C5:98:8B", s_fe95=PRESS)
        except WrongKey as error:
            opened += "no object" in str(error)
        else:
            pytest.fail(f"key {key.hex()} gave a reading")
    assert 0 < opened < 30


def test_legacy_round_trip(ether: Any) -> None:
    payload = ether.mi_object(0x1004, "f600")
    for key in (DIAL_KEY, DIAL_KEY[:6] + DIAL_KEY[10:]):
        sealed = ether.mi_legacy(0x03B6, payload, 0x010203, DIAL_KEY)
        sighting = ether.hear(key, s_fe95=sealed)
        assert ether.values(sighting) == {"air_temperature": 24.6}
        assert sighting.sequence.number == 0x01020307
    with pytest.raises(KeyRequired):
        ether.hear(s_fe95=sealed)


def test_plain_words_of_a_device_with_a_key_are_refused(ether: Any) -> None:
    for data in (
        {"s_fcd2": "4002ca09"},
        {"s_181c": "2302ca09"},
        {"s_fe95": ether.mi(0x01AA, ether.mi_object(0x1004, "f600"))},
        {"m_0499": "0505a060a0c89afd34028cff006376726976a4c138010203"},
    ):
        ether.hear(**data)
        with pytest.raises(Unauthenticated) as caught:
            ether.hear(ether.KEY, **data)
        assert caught.value.hint
    assert ether.hear(ether.KEY, s_fe95=ether.mi(0x01AA, control=0x5010)).measurement.records == ()
