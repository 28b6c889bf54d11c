"""Parcels as files of a folder: found by their names, compared, copied and read back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from hardware.durable import read_back
from sync import identity, parcel
from sync.carrier.base import CarrierError, Reason

NAME = re.compile(r"([0-9a-f]{16})-(\d{1,16})-(\d{1,16})" + re.escape(parcel.SUFFIX))


def parcels(folder: Path) -> Iterator[tuple[str, int, int, str]]:
    """Yield epoch, first and last number, and name of each parcel in a folder."""
    for one in folder.iterdir():
        if match := NAME.fullmatch(one.name):
            yield match[1], int(match[2]), int(match[3]), one.name


def same(one: Path, other: Path) -> bool:
    """Tell if both files are there and hold the same bytes."""
    if not other.is_file() or other.stat().st_size != one.stat().st_size:
        return False
    return one.read_bytes() == other.read_bytes()


def copy(source: Path, target: Path) -> str:
    """Copy a file, read it back from where it went; return its SHA-256 in hex.

    :raises CarrierError: if other bytes came back.
    """
    data = source.read_bytes()
    identity.write_private(target, data)
    if read_back(target) != hashlib.sha256(data).digest():
        target.unlink(missing_ok=True)
        raise CarrierError(Reason.UNREADABLE, f"{target}: other bytes came back than were written")
    return hashlib.sha256(data).hexdigest()
