"""The seam between the county and whatever brings a hub's bundles: a line, a stick, a bus.

A carrier is blind and not trusted. It moves bytes; who wrote them and whether they are
whole is decided by whoever reads them.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from sync import errors

# What one bundle may weigh: a day of two hundred meters is 45 kB, so this is years of a
# village; a hub that has more waiting is asked for it in several bundles.
MAX_BUNDLE_BYTES = 64 * 1024 * 1024
# A head names a few streams, an acknowledgement as many.
MAX_MESSAGE_BYTES = 64 * 1024


class Reason(StrEnum):
    """Why a carrier could not carry. All are the line's fault: try again later."""

    NO_ADDRESS = "no_address"  # nobody ever said where this hub is
    UNRESOLVED = "unresolved"  # the name has no address
    UNREACHABLE = "unreachable"  # no route
    REFUSED = "refused"  # the machine is there, the program is not
    WRONG_KEY = "wrong_key"  # who answers there is somebody else
    NOT_CALLING = "not_calling"  # a hub that calls its county does not at the moment
    TIMEOUT = "timeout"
    CUT = "cut"  # the line broke in the middle
    ABSENT = "absent"  # what was asked for is not there (any more)
    NOT_ENROLLED = "not_enrolled"  # the hub does not know this county yet
    CLOCK = "clock"  # one of the two clocks is too far off for the hub to accept the request
    BUSY = "busy"
    TOO_LARGE = "too_large"
    BAD_ANSWER = "bad_answer"  # what answers there is no hub, or a broken one
    DISK_FULL = "disk_full"
    READ_ONLY = "read_only"
    UNREADABLE = "unreadable"  # the medium gives an error


class CarrierError(errors.CarrierError):
    """The carrier failed; nothing is known about the hub or the content. Retry later.

    ``received`` counts the bytes of a bundle that arrived and will not be asked for again.
    """

    def __init__(self, reason: Reason, message: str, *, received: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
        self.received = received


@dataclass(frozen=True, slots=True)
class Run:
    """A bundle that lies ready: the segments ``first`` to ``last`` of one epoch (hex).

    It comes from a file's name and is a hint only.
    """

    epoch: str
    first: int
    last: int


class Kind(StrEnum):
    """What a county tells a hub beside acknowledgements."""

    KEYS = "keys"  # how the county changed its key
    NOTICE = "notice"  # that it takes nothing, and why


class Carrier(Protocol):
    """One way to one hub. One thread at a time uses it; every call may block.

    :raises CarrierError: from any method but ``describe``.
    """

    def describe(self) -> str:
        """Name the way for people and the ledger: an address or a folder."""

    def head(self, nonce: bytes) -> bytes | None:
        """Ask the hub what it has; return its signed head with ``nonce`` (16 bytes) in it.

        None if nobody can answer on this way (a stick): then ``runs`` says what there is.
        """

    def runs(self) -> Sequence[Run]:
        """List the bundles that lie ready, by epoch and number; empty where ``head`` answers."""

    def fetch(self, epoch: str, after: int, until: int, into: Path) -> None:
        """Bring the bundle of the segments ``after`` + 1 to ``until`` into the file ``into``.

        Afterwards the file is whole and on the disk. After an error ``part_file(into)``
        may hold the beginning; the next call goes on from there.
        """

    def acknowledge(self, ack: bytes, label: str) -> None:
        """Hand the county's signed acknowledgement to the hub, or to who goes there.

        ``label`` (letters, digits, dashes) names what is acknowledged: where
        acknowledgements lie waiting, a newer one takes the place of the older.
        """

    def keys(self) -> bytes | None:
        """Return how the hub changed its key (a chain, see `sync.rotation`); None if it never did.

        From a hub too old to know of it, None as well.
        """

    def tell(self, kind: Kind, message: bytes, label: str) -> None:
        """Hand the hub another signed word of the county's; ``label`` as for ``acknowledge``."""

    def close(self) -> None:
        """Give the way back. Closing twice does nothing."""


def part_file(into: Path) -> Path:
    """Return where the beginning of an unfinished bundle is kept."""
    return into.with_name(into.name + ".part")


def disk_error(error: OSError, path: Path, *, received: int = 0) -> CarrierError:
    """Say what the operating system means when a file or folder cannot be used."""
    reason = _DISK.get(error.errno or 0, Reason.UNREADABLE)
    return CarrierError(reason, f"{path}: {error.strerror or error}", received=received)


_DISK = {
    errno.ENOSPC: Reason.DISK_FULL,
    errno.EDQUOT: Reason.DISK_FULL,
    errno.EROFS: Reason.READ_ONLY,
    errno.EACCES: Reason.READ_ONLY,
    errno.EPERM: Reason.READ_ONLY,
    errno.ENOENT: Reason.ABSENT,
    errno.ENOTDIR: Reason.ABSENT,
}
