from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.ble.advert import Advertisement
from hardware.ble.advert.payload import MAX_PAYLOAD_BYTES, encode_payload, read_payload
from hardware.errors import DecodeError

adverts = st.builds(
    Advertisement,
    st.sampled_from(["", "A4:C1:38:11:22:33"]),
    st.text(max_size=20),
    st.dictionaries(st.integers(0, 0xFFFF), st.binary(max_size=20), max_size=3),
    st.dictionaries(st.sampled_from(["fcd2", "fe95"]), st.binary(max_size=20)),
    st.frozensets(st.sampled_from(["fcd2", "1810"])),
)


@given(adverts)
def test_what_is_written_is_read(advert: Advertisement) -> None:
    assert read_payload(encode_payload(advert)) == advert


@given(adverts, st.data())
def test_the_order_in_which_it_was_heard_makes_no_difference(
    advert: Advertisement, data: st.DataObject
) -> None:
    companies = data.draw(st.permutations(list(advert.manufacturer_data.items())))
    again = Advertisement(
        advert.address, advert.local_name, dict(companies), advert.service_data, advert.services
    )
    assert encode_payload(again) == encode_payload(advert)


def test_what_was_not_heard_may_be_absent_or_null() -> None:
    nothing = {"address": None, "manufacturer_data": {"76": None}, "service_data": {"fcd2": None}}
    for told in ({}, nothing, {"service_uuids": None, "local_name": None}):
        assert read_payload(json.dumps(told).encode()) == Advertisement()
    upper = read_payload(b'{"address": "a4:c1:38:11:22:33", "service_data": {"FCD2": "40"}}')
    assert upper == Advertisement("A4:C1:38:11:22:33", service_data={"fcd2": b"\x40"})


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 60_000,
        b" " * (MAX_PAYLOAD_BYTES + 1),
        b'{"address": 7}',
        b'{"address": "A4"}',
        b'{"local_name": []}',
        b'{"service_data": []}',
        b'{"service_data": {"fcd2": "4"}}',
        b'{"service_data": {"fcd2": 4}}',
        b'{"service_data": {"x": "40"}}',
        b'{"manufacturer_data": {"0x4c": "40"}}',
        b'{"manufacturer_data": {"99999": "40"}}',
        b'{"manufacturer_data": {"123456": "40"}}',
        b'{"service_uuids": "fcd2"}',
        b'{"service_uuids": [7]}',
    ],
)
def test_what_is_no_advertisement_is_refused(payload: bytes) -> None:
    with pytest.raises(DecodeError):
        read_payload(payload)


@given(adverts, st.data())
def test_near_misses_give_no_other_error(advert: Advertisement, data: st.DataObject) -> None:
    payload = bytearray(encode_payload(advert))
    at = data.draw(st.integers(0, len(payload) - 1))
    payload[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=2))
    with contextlib.suppress(DecodeError):
        read_payload(bytes(payload))
