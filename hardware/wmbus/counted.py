"""The counter that an encrypted telegram carries, for telling a replay once the key opened it.

Source: EN 13757-4:2019, clause 13.2.12 (session number: time in bits 4 to 28, session in bits 0
to 3); EN 13757-7:2018, annex A (message counter), clause 9 (keys derived with it).
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.errors import KeyRequired
from hardware.wmbus.link import LinkFrame
from hardware.wmbus.trace import trace

SESSION = "session"
MESSAGE = "message"

_COUNTS = 0x1FFF_FFFF  # of a session number; the rest is the kind of encryption
_DERIVED = 7  # the security mode whose keys are derived with the message counter


@dataclass(frozen=True, slots=True)
class Count:
    """``number`` only grows; a session's several telegrams have the same one."""

    kind: str
    number: int


def count_of(frame: LinkFrame) -> Count | None:
    """Return the counter that takes part in the encryption of ``frame``; never raises.

    Whoever changes it makes the key fail: if a key opened the telegram, the counter is the
    meter's. None if there is none, or if no key is needed, for then nobody vouches for it.
    """
    found = trace(frame, None)
    if not isinstance(found.error, KeyRequired):
        return None
    for step in found.steps:
        if step.layer == "ell" and step is found.steps[-1]:
            session = found.data[step.end - 6 : step.end - 2]
            return Count(SESSION, int.from_bytes(session, "little") & _COUNTS)
        if step.layer == "afl" and found.header.encryption_mode == _DERIVED:
            flags = int.from_bytes(found.data[step.start + 2 : step.start + 4], "little")
            if flags & 0x0800:
                at = step.start + 4 + bool(flags & 0x2000) + 2 * bool(flags & 0x0200)
                return Count(MESSAGE, int.from_bytes(found.data[at : at + 4], "little"))
    return None
