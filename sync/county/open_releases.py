"""What villages released of their open data: of each hub and cube the newest that came whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from edge.publish.certificate import digest
from sync import open_data
from sync.county.hub import County
from sync.county.intake import laid, segment_of
from sync.county.lake import Stream
from sync.errors import SyncError
from sync.open_data import Part, Told, Withdrawn


class Damaged(SyncError):
    """A release that came whole does not lie whole on the disk any more."""

    hint = "Das Dorf noch einmal veröffentlichen lassen; bis dahin fehlt es im Kreis."


@dataclass(frozen=True, slots=True)
class Released:
    """A whole release: what its pieces say of it, without their bytes, and where these lie."""

    hub: str
    cube: str
    number: int
    digest: bytes
    certificate: bytes
    address: str
    publisher: str
    contact: str
    told_ms: int
    files: tuple[Path, ...]

    def content(self) -> bytes:
        """Return the file as the village published it.

        :raises Damaged: if its SHA-256 is another, or a piece is gone.
        """
        found = []
        for file in self.files:
            one = segment_of(file)
            told = None if one is None else open_data.told_in(one)
            found.append(told.data if isinstance(told, Part) else b"")
        content = b"".join(found)
        if digest(content) != self.digest.hex():
            raise Damaged(f"{self.cube} of {self.hub} is not whole")
        return content


@dataclass(slots=True)
class _Line:
    """What one stream said of a cube, piece by piece; ``past`` are files that count no more.

    ``unfit`` came whole after ``last`` and is not what its certificate is for: it does not count.
    """

    last: Released | Withdrawn | None = None
    of_last: list[Path] = field(default_factory=list)
    unfit: Released | None = None
    of_unfit: list[Path] = field(default_factory=list)
    sum: Any = field(default_factory=hashlib.sha256)
    waiting: list[tuple[Part, Path]] = field(default_factory=list)
    past: list[Path] = field(default_factory=list)

    def say(self, hub: str, told: Told, file: Path) -> None:
        if isinstance(told, Withdrawn):
            self._be(told, [file])
            return
        first = self.waiting[0][0] if self.waiting else None
        if first is not None and (first.digest, first.number) != (told.digest, told.number):
            self._drop()
        if told.part != len(self.waiting) + 1:  # begun anew, or what came before is missing
            self._drop()
            if told.part != 1:
                self.past.append(file)
                return
        self.sum.update(told.data)
        self.waiting.append((replace(told, data=b""), file))
        if told.part == told.parts:
            files, mark = [one for _, one in self.waiting], self.sum.hexdigest()
            self.waiting, self.sum = [], hashlib.sha256()
            released = _released(hub, told, files)
            if mark == told.digest.hex() == _certified(told.certificate):
                self._be(released, files)
            else:
                self.past += self.of_unfit
                self.unfit, self.of_unfit = released, files

    def _be(self, told: Released | Withdrawn, files: list[Path]) -> None:
        self._drop()
        self.past += [*self.of_last, *self.of_unfit]
        self.last, self.of_last = told, files
        self.unfit, self.of_unfit = None, []

    def _drop(self) -> None:
        self.past += [one for _, one in self.waiting]
        self.waiting, self.sum = [], hashlib.sha256()


def _certified(certificate: bytes) -> object:
    """Return whose SHA-256 a certificate says it is for, None if it says nothing."""
    try:
        return json.loads(certificate)["sha256"]
    except (ValueError, TypeError, LookupError, RecursionError):
        return None


def newest(county: County) -> tuple[dict[tuple[str, str], Released], list[Path]]:
    """Return what counts, by hub and cube, and files that no release needs any more.

    What a stream said last of a cube counts; of several streams of a hub (its database was lost)
    the one that spoke last by the hub's clock. What was withdrawn is not there. A release that is
    not what its certificate is for replaces none; it is there, to be named, where nothing counts.

    :raises LakeError: if the positions cannot be read.
    """
    lines: dict[tuple[str, str, str], _Line] = {}
    for stream, told, file in _told(county):
        line = lines.setdefault((stream.hub, told.cube, stream.epoch), _Line())
        line.say(stream.hub, told, file)
    last: dict[tuple[str, str], Released | Withdrawn] = {}
    for (hub, cube, _), line in sorted(lines.items()):
        before = last.get((hub, cube))
        if line.last is not None and (before is None or line.last.told_ms > before.told_ms):
            last[hub, cube] = line.last
    unfit = {(one.hub, one.cube): one for line in lines.values() if (one := line.unfit)}
    for key, one in unfit.items():
        if not isinstance(last.get(key), Released):
            last[key] = one
    past = [file for line in lines.values() for file in line.past]
    return {key: one for key, one in last.items() if isinstance(one, Released)}, past


def _told(county: County) -> Iterator[tuple[Stream, Told, Path]]:
    """Yield what the lake's commits say was taken, stream by stream in order."""
    files = list(laid(county.config.releases, county.config.unread))
    held = county.lake.positions(sorted({stream for stream, _ in files}, key=str)) if files else {}
    for stream, file in sorted(files, key=lambda one: (str(one[0]), one[1].name)):
        one = segment_of(file)
        if one is None or held[stream] < one.header.seq:
            continue
        told = open_data.told_in(one)
        if told is not None:
            yield stream, told, file


def _released(hub: str, told: Part, files: list[Path]) -> Released:
    return Released(
        hub,
        told.cube,
        told.number,
        told.digest,
        told.certificate,
        told.address,
        told.publisher,
        told.contact,
        told.told_ms,
        tuple(files),
    )
