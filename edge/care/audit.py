"""The book of who read what: a chain of hashes that shows whether a line was changed or taken out.

Each entry's digest covers the one before, its number, its moment and a commitment to its content.
The commitment is salted: once content and salt are destroyed, with the person whose they are, it
tells nothing, and the chain still holds. What was destroyed is named by a later entry of the chain
itself, so that nobody takes out a line and says that its person was erased. Pure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from edge.care.people import ContactRole
from hardware.reading import TimeQuality

SALT_BYTES = 16
START = bytes(32)  # what the first entry follows
MAX_WHY = 200

SELF = "self"
OFFICE = "office"  # whoever holds the hub's key: commands
# why of a look at names of alerts in lists, and how such a line is known: no value was shown
LISTED = "Überblick oder Liste der Meldungen offen gehabt; steht hier einmal am Tag"


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody read, or tried to read, values of a person.

    ``who`` is a recipient as consents call it (``contact:3``), `SELF`, or `OFFICE`; ``account`` is
    who was signed in. ``kinds`` are what they saw, or of ``refused`` what they asked for, measured
    in ``since <= t < until`` (ms since 1970, UTC; None: without an end).
    """

    person: int
    who: str
    role: ContactRole | None
    kinds: tuple[str, ...]
    since: int
    until: int | None
    why: str
    account: int | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Erasure:
    """The contents of these entries were destroyed, as somebody asked."""

    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it is kept. ``content`` is None where it was destroyed, and ``salt`` with it.

    ``is_lost``: it is there but sealed with a key that was destroyed (an older copy of the file).
    """

    number: int
    at: int
    quality: TimeQuality
    person: int | None
    content: str | None
    salt: bytes | None
    commitment: bytes
    digest: bytes
    is_lost: bool = False


class Fault(StrEnum):
    """What is wrong with an entry."""

    MISSING = "missing"  # a number before it is not there
    CHAIN = "chain"  # its digest does not follow from the one before
    CONTENT = "content"  # it does not say what was committed to
    EMPTIED = "emptied"  # its content is gone and no entry says that it was erased


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found: how many entries, how many of them erased, and each fault by number."""

    entries: int
    erased: int
    faults: tuple[tuple[int, Fault], ...]
    head: bytes

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults


def write(content: Look | Erasure) -> str:
    """Return what is kept of an entry: the same content always gives the same text."""
    if isinstance(content, Erasure):
        return _json({"erased": list(content.entries)})
    return _json(
        {
            "person": content.person,
            "who": content.who,
            "role": content.role,
            "kinds": list(content.kinds),
            "since": content.since,
            "until": content.until,
            "why": content.why[:MAX_WHY],
            "account": content.account,
            "refused": content.refused,
        }
    )


def read(text: str) -> Look | Erasure | None:
    """Return what an entry says; None if it is of no kind that is known here."""
    try:
        found = json.loads(text)
        if "erased" in found:
            return Erasure(tuple(int(one) for one in found["erased"]))
        return Look(
            person=int(found["person"]),
            who=str(found["who"]),
            role=None if found["role"] is None else ContactRole(found["role"]),
            kinds=tuple(str(one) for one in found["kinds"]),
            since=int(found["since"]),
            until=None if found["until"] is None else int(found["until"]),
            why=str(found["why"]),
            account=None if found["account"] is None else int(found["account"]),
            refused=bool(found["refused"]),
        )
    except (KeyError, TypeError, ValueError):
        return None


def commit(content: str, salt: bytes) -> bytes:
    """Return what an entry's digest covers of its content."""
    return _hash(b"content", salt, content.encode())


def link(before: bytes, number: int, at: int, quality: TimeQuality, commitment: bytes) -> bytes:
    """Return the digest of the entry that follows the one with the digest ``before``."""
    head = f"{number} {at} {int(quality)}".encode()
    return _hash(b"entry", before, commitment, head)


def check(lines: Iterable[Line]) -> Verdict:
    """Check a whole book, in its order."""
    before, expected, last = START, 1, 0
    faults: list[tuple[int, Fault]] = []
    emptied: list[int] = []
    named: set[int] = set()
    count = erased = 0
    for line in lines:
        count += 1
        if line.number != expected:
            faults.append((line.number, Fault.MISSING))
        if line.digest != link(before, line.number, line.at, line.quality, line.commitment):
            faults.append((line.number, Fault.CHAIN))
        if line.content is not None:
            content = read(line.content)
            salt = line.salt or b""
            of_person = content.person if isinstance(content, Look) else None
            if line.commitment != commit(line.content, salt) or of_person != line.person:
                faults.append((line.number, Fault.CONTENT))
            if isinstance(content, Erasure):
                named.update(one for one in content.entries if one < line.number)
        else:
            erased += 1
            if not line.is_lost:
                emptied.append(line.number)
        before, last = line.digest, line.number
        expected = last + 1
    faults += [(one, Fault.EMPTIED) for one in emptied if one not in named]
    return Verdict(count, erased, tuple(sorted(faults)), before)


def looks(lines: Sequence[Line]) -> list[tuple[Line, Look]]:
    """Return the entries that say who read, with what they say, in their order."""
    found = []
    for line in lines:
        content = None if line.content is None else read(line.content)
        if isinstance(content, Look):
            found.append((line, content))
    return found


def _hash(what: bytes, *parts: bytes) -> bytes:
    digest = hashlib.blake2b(digest_size=32, person=b"dorfhub-audit")
    digest.update(what)
    for part in parts:
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.digest()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
