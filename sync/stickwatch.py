"""A USB stick that is plugged in: noticed, read, written, read back, and said so on the board.

Only a stick with a folder ``DORFHUB`` is one of ours: the village's data does not go onto
whatever somebody plugs in. The system mounts it; where, hub.toml says (``[sync] sticks``).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from edge.process.log import Log
from edge.store.errors import StoreError
from edge.store.village_rows import Road, RoadState
from sync import asked, carrying, replies, stick, stick_visit
from sync.again import Again
from sync.carrier import medium
from sync.carrier.folder import ROOT
from sync.custody import Act
from sync.errors import CarrierError, FormatError, SyncError
from sync.inflow import Taken
from sync.node import Node, keys
from sync.wire import Ack, Notice

STICK = "stick"
_AGAIN_S = 3600.0  # a stick that stays is brought up to date every hour
_MAX_PLACES = 64  # what is mounted in one folder


@dataclass(slots=True)
class _Stick:
    """One stick that is here. ``served_ns`` is when it was last done with, 0 for never."""

    folder: Path
    device: int
    served_ns: int = 0
    last_seq: int = -1
    bad: bool = False


class StickWatch:
    """The sticks of one hub. One thread calls :meth:`look`; a second one does the work."""

    def __init__(self, node: Node, log: Log) -> None:
        self._node, self._log = node, log
        self._here: dict[Path, _Stick] = {}
        self._worker: threading.Thread | None = None
        self._came = False

    def look(self) -> None:
        """See what was plugged in or pulled out, and serve one stick that waits."""
        found = {folder: _device(folder) for folder in self._folders()}
        for folder in [one for one in self._here if one not in found]:
            self._gone(self._here.pop(folder))
        for folder, device in found.items():
            known = self._here.get(folder)
            if device is not None and (known is None or known.device != device):
                self._here[folder] = _Stick(folder, device)
                self._came = True
                self._say("busy", "busy", _COME, _STAY)
                self._log.info("stick-here", folder=folder)
        if self._came or (self._worker is not None and self._worker.is_alive()):
            return  # what waits is sealed first
        for one in self._here.values():
            if self._due(one):
                self._worker = threading.Thread(
                    target=self._serve, args=(one,), name="stick", daemon=True
                )
                self._worker.start()
                return

    def came(self) -> bool:
        """Tell, once, if a stick was plugged in: then everything that waits is sealed for it."""
        came, self._came = self._came, False
        return came

    def close(self) -> None:
        """Wait until the stick that is being served is done with. Closing twice does nothing."""
        if self._worker is not None:
            self._worker.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _folders(self) -> Iterator[Path]:
        """Yield our sticks: a named folder itself, or what is mounted up to two levels below."""
        for place in self._node.config.sync.sticks:
            for folder in (place, *_below(place)):
                if (folder / ROOT).is_dir():
                    yield folder

    def _due(self, one: _Stick) -> bool:
        if not one.served_ns:
            return True
        stamp = self._node.clock.stamp()
        if one.bad or stamp.monotonic_ns - one.served_ns < _AGAIN_S * 1e9:
            return False
        return self._node.outbox.position().last_seq > one.last_seq

    def _serve(self, one: _Stick) -> None:
        """Read the replies, write what is due, read it back, and say how it went."""
        one.served_ns = self._node.clock.stamp().monotonic_ns or 1
        one.bad = True
        try:
            medium.require_plain(one.folder)
            taken, refused = self._take(one.folder)
            name = carrying.stick_name(one.folder)
            for _, _, found in stick_visit.take(self._node, one.folder, name):
                if not isinstance(found, Taken):
                    refused += 1
                elif found.segments:
                    taken += 1
            self._say("busy", "busy", "Der Stick wird beschrieben.", _STAY)
            start = self._node.peers.acknowledged()
            for path in stick_visit.purge(self._node, one.folder):  # before any is deleted
                self._log.info("stick-purged", file=path.name)
            wishes = asked.wishes(self._node, one.folder)
            self._tidy(one.folder, start, keep=asked.kept(self._node, one.folder, wishes))
            written = list(stick.export(self._node.outbox, one.folder, start))
            if written and (chain := keys(self._node.config, self._node.identity)):
                stick.write_keys(one.folder, chain)
            again = list(asked.give(self._node, one.folder, wishes, start))
            everything = [*written, *(part for given in again for part in given.written)]
            stick.check(everything)
            self._tidy(one.folder, start, everything)
            for part in everything:
                stick_visit.sign(self._node, part.path, name, Act.TAKEN)
            list(stick_visit.lay(self._node, one.folder))
            one.last_seq = self._node.outbox.position().last_seq
            one.bad = False
            self._say("good", "ok", _done(written, taken, refused, again), _PULL, good=True)
            self._log.info(
                "stick-done",
                folder=one.folder,
                bundles=len(everything),
                size=sum(part.size for part in everything),
                replies=taken,
                again=",".join(given.answer.code for given in again),
            )
        except (SyncError, StoreError, OSError) as error:
            self._failed(one, error)

    def _tidy(
        self,
        folder: Path,
        after: int,
        written: Sequence[stick.Exported] = (),
        keep: Collection[tuple[int, int]] = (),
    ) -> None:
        """Delete what is done with, and sign that the copy is gone."""
        for manifest in stick.tidy(folder, self._node.outbox, after, written, keep=keep):
            if manifest is not None:
                stick_visit.ended(self._node, manifest, folder)

    def _take(self, folder: Path) -> tuple[int, int]:
        """Take the county's replies; return how many were taken and how many refused."""
        if not (folder / ROOT / stick.ACKS).is_dir():
            return 0, 0
        node, taken, refused = self._node, 0, 0
        now_ms = node.clock.stamp().wall_ms
        for path, reply in stick.replies(folder, node.peers.key_of):
            try:
                if isinstance(reply, FormatError):
                    raise reply
                if isinstance(reply, tuple):
                    replies.learn(reply, node.outbox, node.peers, now_ms)
                elif reply.hub != node.identity.name:
                    continue
                elif isinstance(reply, Ack):
                    replies.accept(reply, node.outbox, node.peers, now_ms)
                elif isinstance(reply, Notice):
                    replies.heed(reply, node.outbox, node.peers, now_ms)
                elif isinstance(reply, Again):
                    replies.require_confirmed(reply.county, node.peers)
                    continue  # answered once what is due was written
                taken += 1
            except SyncError as error:
                refused += 1
                self._log.warning("reply-refused", file=path.name, error=error)
        return taken, refused

    def _failed(self, one: _Stick, error: Exception) -> None:
        self._log.warning("stick-failed", folder=one.folder, error=error)
        if _device(one.folder) != one.device:
            self._say("bad", "cut", _TOO_EARLY, _PLUG_AGAIN)
            return
        if isinstance(error, CarrierError):
            code, message = error.code or "unreadable", error.said or str(error)
        else:
            code, message = "store", "Die Daten des Dorfes sind gerade nicht lesbar."
        hint = _HINTS.get(code) or getattr(error, "hint", "") or "Einen anderen Stick nehmen."
        self._say("bad", code, f"{message[:1].upper()}{message[1:]}.", f"{hint} {_PULL}")

    def _gone(self, one: _Stick) -> None:
        self._log.info("stick-gone", folder=one.folder)
        if self._worker is not None and self._worker.is_alive():
            return  # it finds out by itself, and says so
        if not one.bad and one.served_ns:
            self._say("gone", "ok", "Der Stick wurde herausgezogen. Alles war darauf.", "")

    def _say(
        self, state: RoadState, code: str, message: str, hint: str, *, good: bool = False
    ) -> None:
        now_ms = self._node.clock.stamp().wall_ms
        last = now_ms if good else None
        try:
            self._node.village.put_road(
                Road(STICK, STICK, state, code, message, hint, now_ms, last)
            )
        except StoreError as error:
            self._log.error("not-said", error=error)


def _done(
    written: list[stick.Exported], taken: int, refused: int, again: Sequence[asked.Given]
) -> str:
    parts = []
    if written:
        count = sum(one.last - one.first + 1 for one in written)
        packs = "1 Paket" if count == 1 else f"{count} Pakete"
        size = sum(one.size for one in written)
        parts.append(f"{packs} ({_size(size)}) geschrieben und zurückgelesen.")
    else:
        parts.append("Es gab nichts Neues für den Landkreis.")
    if again:
        parts.append("Der Landkreis bat um ältere Pakete.")
        parts.extend(given.answer.text for given in again)
    if taken:
        parts.append("Die Antworten des Landkreises sind übernommen.")
    if refused:
        parts.append(f"{refused} Antworten auf dem Stick waren nicht zu gebrauchen.")
    return " ".join(parts)


def _size(size: int) -> str:
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))} kB"
    return f"{size / 1_000_000:.1f} MB".replace(".", ",")


def _below(place: Path) -> Iterator[Path]:
    """Yield the folders one and two levels below, as `/media/stick` and `/media/pi/stick` are."""
    for first in _folders_in(place):
        yield first
        yield from _folders_in(first)


def _folders_in(place: Path) -> list[Path]:
    try:
        with os.scandir(place) as entries:
            found = [Path(one.path) for one in entries if one.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return sorted(one for one in found if one.name != ROOT)[:_MAX_PLACES]


def _device(folder: Path) -> int | None:
    """Return what tells one plugged-in stick from the next: its folder's device and number."""
    try:
        status = (folder / ROOT).stat()
    except OSError:
        return None
    return hash((status.st_dev, status.st_ino))


# What somebody in the hall can do, who has no computer at hand.
_HINTS = {"disk_full": "Bitte beim Kreis nach einem leeren Stick fragen."}
_COME = "Ein Stick wurde erkannt."
_STAY = "Bitte noch stecken lassen."
_PULL = "Der Stick kann jetzt herausgezogen werden."
_TOO_EARLY = "Der Stick wurde herausgezogen, bevor alles darauf war."
_PLUG_AGAIN = "Bitte noch einmal einstecken und warten, bis hier steht, dass alles darauf ist."
