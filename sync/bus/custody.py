"""Who gave what to whom, when: the bus's own book, a line of JSON for each parcel and reply.

It is a note, signed by nobody; the receipts for the same moments are `sync.bus.load`'s.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Entry:
    """One moment. ``what`` is a file's name, ``sha256`` (hex) its bytes; ``at_ms`` by our clock."""

    at_ms: int
    act: Literal["taken", "delivered", "replied", "dropped"]
    hub: str
    what: str
    size: int
    sha256: str
    where: str


class Custody:
    """The book. An entry that a power cut left half is passed over."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, entry: Entry) -> None:
        """Write an entry down; it is on the disk when this returns.

        :raises OSError: if the disk does not take it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("ab") as file:
            file.write(json.dumps(asdict(entry), ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def entries(self) -> list[Entry]:
        """Return all, the oldest first."""
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        found = []
        for line in lines:
            try:
                found.append(Entry(**json.loads(line)))
            except (ValueError, TypeError):
                continue
        return found
