"""Bundles that are on their way into the lake, and those that were refused.

inbox/<hub>/<epoch>-<first>-<last>.dhb[.part]    may be deleted at any time
quarantine/<milliseconds>-<hub>-<name>           evidence, for a person to look at
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sync.carrier.base import CarrierError, Reason
from sync.county import disk
from sync.county.config import CountyConfig
from sync.county.lake import Stream

# Refused bundles are evidence, not data; the newest are kept.
_QUARANTINE_FILES = 32
_NAME = re.compile(r"([0-9a-f]{16})-(\d{1,16})-(\d{1,16})\.dhb(\.part|\.mark)?")


class Inbox:
    """The inbox of one hub. Hold it with ``alone`` while a bundle is fetched and read."""

    def __init__(self, config: CountyConfig, hub: str) -> None:
        self._folder = config.inbox / hub
        self._quarantine = config.quarantine
        self._hub = hub

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes out: two downloads into one file would spoil each other.

        :raises CarrierError: if another process is at it.
        """
        disk.make_folder(self._folder)
        handle = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise CarrierError(Reason.BUSY, "another pull of this hub is running") from error
            yield
        finally:
            os.close(handle)

    def file(self, stream: Stream, after: int, until: int) -> Path:
        """Return where the bundle of the segments ``after`` + 1 to ``until`` belongs."""
        return self._folder / f"{stream.epoch}-{after + 1}-{until}.dhb"

    def begun(self, stream: Stream, after: int, limit: int) -> int | None:
        """Return the last number of a bundle after ``after`` that has begun to arrive.

        None if there is none, or it goes beyond ``limit``.
        """
        ends = [
            last
            for epoch, first, last in self._names()
            if epoch == stream.epoch and first == after + 1 and last <= limit
        ]
        return max(ends, default=None)

    def sweep(self, stream: Stream, position: int) -> None:
        """Delete what the lake holds already, and beginnings that nothing will continue."""
        for epoch, first, last in set(self._names()):
            if epoch == stream.epoch and first <= position:
                whole = self.file(stream, first - 1, last)
                for suffix in ("", ".part", ".mark"):
                    whole.with_name(whole.name + suffix).unlink(missing_ok=True)

    def set_aside(self, file: Path, now_ms: int) -> Path:
        """Move a refused bundle to the quarantine; return its new place."""
        disk.make_folder(self._quarantine)
        kept = self._quarantine / f"{now_ms}-{self._hub}-{file.name}"
        file.replace(kept)
        for old in sorted(self._quarantine.iterdir())[:-_QUARANTINE_FILES]:
            old.unlink(missing_ok=True)
        return kept

    def _names(self) -> Iterator[tuple[str, int, int]]:
        for entry in os.listdir(self._folder):  # noqa: PTH208 - names are all that is needed
            if match := _NAME.fullmatch(entry):
                yield match[1], int(match[2]), int(match[3])
