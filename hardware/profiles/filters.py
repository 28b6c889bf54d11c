"""What makes scrambled bytes plain before a layout reads them: pure functions by name.

Each takes the manufacturer's own data and how they were sent, and returns as many bytes, so that
what stands where stays the same.

Source: the manufacturers' published default keys and public descriptions of their radio.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hardware.errors import DecodeError, KeyRequired
from hardware.mbus.header import Header
from hardware.wmbus import diehl, security


@dataclass(frozen=True, slots=True)
class Sent:
    """How own data were sent: the CI field (None within a record), by whom, M and A as sent."""

    ci: int | None
    header: Header
    address: bytes = b""


Filter = Callable[[bytes, Sent], bytes]

_PRIOS_CLEAR = 4  # bytes in front of what is scrambled
_PRIOS_MARK = 0x4B  # begins what was unscrambled rightly

_NA1_KEY = bytes(security.KEY_SIZE)  # the default of the factory
_NA1_CLEAR = 2  # access number and status
_NA1_MARK = 0x2F


def prios(data: bytes, sent: Sent) -> bytes:
    """Unscramble what Diehl's PRIOS radios send, with a shift register that header and key start.

    :raises DecodeError: if nothing is scrambled, or it is not known how it was sent.
    :raises KeyRequired: if no published key opens it.
    """
    if len(data) <= _PRIOS_CLEAR or len(sent.address) != 8 or sent.ci is None:
        raise DecodeError("the data are too short for this radio", offset=len(data))
    head = bytes((sent.ci,)) + data[: _PRIOS_CLEAR - 1]
    for plain in diehl.unscrambled(sent.address, head, data[_PRIOS_CLEAR:]):
        if plain[0] == _PRIOS_MARK:
            return data[:_PRIOS_CLEAR] + plain
    raise KeyRequired(
        "the data are scrambled with a key of their own",
        hint="Den Schlüssel dieses Zählers beim Lieferanten oder Messdienst anfragen.",
    )


def apator_na1(data: bytes, sent: Sent) -> bytes:
    """Decrypt what Apator's NA-1 modules send, with the key that the factory sets (all zeros).

    :raises DecodeError: if there are too few bytes, or it is not known how they were sent.
    :raises KeyRequired: if the factory's key does not open them.
    """
    end = _NA1_CLEAR + security.BLOCK
    if len(data) < end or len(sent.address) != 8:
        raise DecodeError("the data are too short for this module", offset=len(data))
    plain = security.open_mode_5(_NA1_KEY, sent.address, data[0], data[_NA1_CLEAR:end])
    if plain[0] != _NA1_MARK:
        raise KeyRequired(
            "the data are encrypted with a key of their own",
            hint="Den Schlüssel dieses Zählers beim Lieferanten oder Messdienst anfragen.",
        )
    return data[:_NA1_CLEAR] + plain + data[end:]


FILTERS: dict[str, Filter] = {"prios": prios, "apator-na1": apator_na1}
