from __future__ import annotations

import pytest

from sync import cbor
from sync.errors import FormatError


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01\x02",  # bytes after the end
        b"\x18\x05",  # 5, longer than it must be
        b"\xa2\x61b\x01\x61a\x02",  # keys out of order
        b"\xa2\x61a\x01\x61a\x02",  # a key twice
        b"\x9f\x01\xff",  # of indefinite length
        b"\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00",  # 1.5 in eight bytes
        b"\xc2\x41\x05",  # 5 as a bignum
        b"\x81" * 400,  # deep and cut
        b"\xd8\x1c\x81\xd8\x1d\x00",  # a list that holds itself
        b"\x62\xff\xff",  # no UTF-8
        b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff",  # longer than memory
    ],
)
def test_only_one_encoding_is_read(data: bytes) -> None:
    with pytest.raises(FormatError):
        cbor.loads(data, limit=1000)


def test_the_limit_is_looked_at_first() -> None:
    with pytest.raises(FormatError, match="at most 3"):
        cbor.loads(b"\xff" * 4, limit=3)


def test_what_is_written_is_read() -> None:
    value = {"b": 1, "a": [b"x", "y", -5, None, True, 1 << 70]}
    assert cbor.loads(cbor.dumps(value), limit=100) == value
