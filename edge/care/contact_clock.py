"""What a sensor's clock showed at a contact, as the collector notes it for the worker. Pure.

The collector seals the note into the journal before the values of the contact: whoever opens them
later, perhaps weeks later, knows how far the clock that stamped them was off.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from edge.clock import EARLIEST_MS, LATEST_MS
from hardware.ble.registry import decode
from hardware.errors import DecodeError

CONTACT_CLOCK = "CLOCK"  # the journal's name for it, where a value has its characteristic
UNPAIRED = "UNPAIRED"  # the journal's name for the end of a pairing
NOTES = frozenset({f"ble:{CONTACT_CLOCK}", f"ble:{UNPAIRED}"})  # what is no value of anybody's
READABLE = ("2A2B", "2A08")


@dataclass(frozen=True, slots=True)
class ContactClock:
    """A sensor's clock at a contact.

    ``at`` is the hub's time in ms since 1970. ``shown`` is what the clock showed then (ISO 8601,
    the wall's time), None if it cannot be read or names no day. ``was_set`` says that the sensor
    took the hub's time just after that.
    """

    at: int
    shown: str | None = None
    was_set: bool = False


def write_contact(at: int, uuid: str = "", value: bytes = b"", *, was_set: bool = False) -> bytes:
    """Return the note: the clock's raw ``value`` of ``uuid``, both empty if it cannot be read."""
    note = {"at": at, "uuid": uuid, "value": value.hex(), "set": was_set}
    return json.dumps(note).encode()


def read_contact(note: bytes) -> ContactClock:
    """Read a note.

    :raises DecodeError: if it is none.
    """
    try:
        found = json.loads(note)
        at, uuid, value = found["at"], found["uuid"], bytes.fromhex(found["value"])
        was_set = found["set"]
    except (ValueError, TypeError, KeyError):
        raise DecodeError("this is no note of a clock") from None
    if type(at) is not int or type(was_set) is not bool or not EARLIEST_MS <= at < LATEST_MS:
        raise DecodeError("this is no note of a clock")
    try:
        shown = decode(uuid, value).timestamp if uuid in READABLE else None
    except DecodeError:  # a clock that shows nonsense shows nothing
        shown = None
    return ContactClock(at, shown, was_set)
