from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edge.care.contact_clock import ContactClock, read_contact, write_contact
from edge.clock import to_ms
from hardware.ble.clock import DateTime, encode_current_time, encode_date_time
from hardware.errors import DecodeError

NOON = to_ms(datetime(2026, 9, 21, 12, 0, tzinfo=UTC))
SHOWN = datetime(2026, 9, 18, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("was_set", [True, False])
@pytest.mark.parametrize(
    ("uuid", "value", "shown"),
    [
        ("2A2B", encode_current_time(SHOWN), "2026-09-18T12:00:00"),
        ("2A08", encode_date_time(DateTime(2026, 9, 18, 12, 0, 0)), "2026-09-18T12:00:00"),
        ("2A08", encode_date_time(DateTime(0, 0, 0, 0, 3, 0)), None),
        ("2A2B", b"\xff", None),
        ("2A35", b"\x00", None),
        ("", b"", None),
    ],
)
def test_what_is_noted_is_read(
    uuid: str, value: bytes, shown: str | None, *, was_set: bool
) -> None:
    note = write_contact(NOON, uuid, value, was_set=was_set)
    assert read_contact(note) == ContactClock(NOON, shown, was_set)


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"at": 1, "uuid": "", "value": "", "set": true}',
        b'{"at": true, "uuid": "", "value": "", "set": true}',
        b'{"at": 1795000000000, "uuid": "", "value": "", "set": 1}',
        b'{"at": 1795000000000, "uuid": "", "value": "x", "set": true}',
        b'{"at": 1795000000000, "uuid": "", "value": 1, "set": true}',
    ],
)
def test_what_is_no_note_is_refused(note: bytes) -> None:
    with pytest.raises(DecodeError):
        read_contact(note)
