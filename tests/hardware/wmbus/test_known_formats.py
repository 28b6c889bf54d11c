from __future__ import annotations

import pytest

from hardware.mbus.record import split_headers
from hardware.wmbus.formats import MOST_FORMATS, FormatStore
from hardware.wmbus.known_formats import known_formats
from hardware.wmbus.link import crc16


def test_every_list_is_of_whole_headers_and_none_hides_another() -> None:
    found = known_formats()
    for headers in found:
        assert b"".join(split_headers(headers)) == headers
    assert len({crc16(headers) for headers in found}) == len(found) <= MOST_FORMATS


@pytest.mark.parametrize(
    ("signature", "headers"),
    [
        # as meters name them in their compact frames
        (0xA8ED, "02FF20 0413 4413 615B 6167"),
        (0x36D4, "02FF20 0413 4413 426C 523B 615B 6167 5167 8101E7FF0F 06FF1B"),
        (0xF1E7, "0306 4306 0314 426C 022D 01FF21"),
        (0xAE5A, "0406 0414 04FF07 04FF08 0259 025D 023B 02FF22 026C 4406 4414 426C"),
        (0x47EB, "0406 04FF07 04FF08 4406 0414 0259 025D 043B 042D 542D 04FF22"),
    ],
)
def test_the_usual_ones_are_among_them(signature: int, headers: str) -> None:
    skeleton = bytes.fromhex(headers)
    assert crc16(skeleton) == signature
    assert skeleton in known_formats()


def test_a_first_compact_frame_is_read() -> None:
    headers = bytes.fromhex("0407 04FF07 04FF08 0415 043B 0259 025D 04FF22")
    values = [bytes((index,)) + bytes(size - 1) for index, size in enumerate((4,) * 5 + (2, 2, 4))]
    parts = split_headers(headers)
    full = b"".join(header + value for header, value in zip(parts, values, strict=True))
    head = crc16(headers).to_bytes(2, "little") + crc16(full).to_bytes(2, "little")
    assert FormatStore().expand(head + b"".join(values)) == full
