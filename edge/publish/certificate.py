"""The auditor's certificate: a JSON file beside its snapshot."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.publish.errors import SnapshotUnreadable

MAX_FILE = 64 * 1024  # a certificate has some 600 bytes


@dataclass(frozen=True, slots=True)
class Certificate:
    """Which file passed, by which rules.

    ``sha256`` and ``size`` are the snapshot's; ``k`` and ``p_percent`` the disclosure rules it was
    held to. ``declaration`` is the digest of the list of sites it was made under, ``source`` of
    what it was built from.
    """

    cube: str
    kind: str
    version: int
    sha256: str
    size: int
    k: int
    p_percent: float
    auditor: str
    declaration: str
    source: str

    def to_json(self) -> str:
        """Return the file's content."""
        return json.dumps(asdict(self), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def read_certificate(path: Path) -> Certificate:
    """Read a certificate.

    :raises SnapshotUnreadable: if it is absent or not well-formed.
    """
    try:
        with path.open("rb") as file:
            raw = json.loads(file.read(MAX_FILE))
        made = Certificate(**raw)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise SnapshotUnreadable(f"the certificate {path.name} cannot be read: {error}") from error
    if not isinstance(made.cube, str) or not isinstance(made.kind, str):
        raise SnapshotUnreadable(f"the certificate {path.name} names no cube")
    return made


def digest(content: bytes) -> str:
    """Return the SHA-256 of ``content`` as 64 hex digits."""
    return hashlib.sha256(content).hexdigest()
