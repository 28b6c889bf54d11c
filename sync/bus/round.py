"""A bus at a hub: show the pass, take parcels, bring replies. At the county: unload."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.process.log import Log
from sync import carried, identity, parcel, requests, rotation, stick, wire
from sync.bus import files
from sync.bus.config import BusConfig
from sync.bus.custody import Custody, Entry
from sync.bus.hold import Hold
from sync.bus.load import Load
from sync.bus.owner import Owner
from sync.carrier import medium
from sync.carrier.base import CarrierError, Kind, Reason, disk_error
from sync.carrier.folder import KEYS, ROOT
from sync.carrier.http import HttpCarrier, Patience
from sync.counter import Due, due_of
from sync.custody import Act
from sync.errors import FormatError
from sync.identity import Identity

SPAN = 256  # segments of one parcel: what a hub has to encrypt at once stays some megabytes
_SHARE = 4  # no hub gets more than this part of the bus: it may be no hub of ours
_REPLY = re.compile(r"([0-9a-f]{16})-[0-9a-f]{16}(?:-[0-9a-f]{16})?\.(ack|notice)")
_MB = 1_000_000
_DAY_MS = 86_400_000
_ORDERS = ".orders"  # beside a hub's parcels: how many orders to erase they are free of
_SIGNED = {"taken": Act.TAKEN, "delivered": Act.GIVEN, "dropped": Act.ERASED}


@dataclass(frozen=True, slots=True)
class Visit:
    """How one hub did. ``code`` is `ok` or why not; counts are of what was taken and left."""

    hub: str
    name: str
    address: str
    code: str
    message: str
    parcels: int = 0
    size: int = 0
    replies: int = 0
    at_ms: int = 0


class Bus:
    """What one vehicle does. ``now_ms`` is its clock.

    One thread drives; others may answer the county meanwhile, with ``hold``, ``load``,
    ``owner`` and what is said to be for a line.
    """

    def __init__(
        self, config: BusConfig, key: Identity, log: Log, *, now_ms: Callable[[], int]
    ) -> None:
        self._config, self._key, self._log, self._now_ms = config, key, log, now_ms
        self._custody = Custody(config.custody)
        self._root = config.store / ROOT
        self.load = Load(self._root, key, config.name)
        self.hold = Hold(self._root)
        self.owner = Owner(config, key)
        self._lock = threading.Lock()  # what drops parcels: a visit, and the county over a line

    def visit(self, address: str, *, patience: Patience | None = None) -> Visit:
        """Take what is due at a hub and bring it what the county said; never raises for a line."""
        carrier = HttpCarrier(
            address,
            lambda method, target: requests.sign_request(self._key, method, target),
            patience=patience,
        )
        seen = Visit("", "", address, "ok", "", at_ms=self._now_ms())
        try:
            head = _head(carrier)
            hub = identity.short_id(head.hub)
            seen = Visit(hub, head.name, address, "ok", "", at_ms=seen.at_ms)
            self._introduce(carrier)
            replies = self._reply(carrier, hub)
            parcels, size = self._take(carrier, head.hub)
            replies += self.load.bring(carrier, head.hub)
            return Visit(hub, head.name, address, "ok", "", parcels, size, replies, seen.at_ms)
        except CarrierError as error:
            said = f"{error} {error.hint}".strip()
            return Visit(seen.hub, seen.name, address, error.reason, said, at_ms=seen.at_ms)
        except FormatError as error:
            return Visit(
                seen.hub, seen.name, address, Reason.BAD_ANSWER, str(error), at_ms=seen.at_ms
            )
        except OSError as error:
            return Visit(
                seen.hub,
                seen.name,
                address,
                disk_error(error, self._root).reason,
                str(error),
                at_ms=seen.at_ms,
            )
        finally:
            carrier.close()

    def deliver(self, folder: Path) -> tuple[int, int]:
        """Copy the parcels into a folder that the county reads; take the replies that lie there.

        Return how many of each. What the county acknowledged is dropped on both sides.

        :raises CarrierError: if the folder is full, read-only or gone.
        """
        medium.require_plain(folder)
        replies = self._fetch_replies(folder)
        replies += self.load.fetch(
            folder, lambda error: self._log.warning("news-refused", why=error.reason, error=error)
        )
        with self._lock:
            count = self._unload(folder)
        self.load.leave(folder)
        return count, replies

    def unloaded(self) -> int:
        """Drop what the county acknowledged over a line; return how many parcels."""
        done, count = self._acknowledged(), 0
        with self._lock:
            for hub in self._hubs():
                for epoch, _, last, name in list(files.parcels(self._root / hub)):
                    if done.get((hub, epoch), 0) >= last:
                        file = self._root / hub / name
                        digest = hashlib.sha256(file.read_bytes()).hexdigest()
                        self._note("delivered", hub, file, digest, "line")
                        self._drop(file, hub)
                        count += 1
        return count

    def _unload(self, folder: Path) -> int:
        done = self._acknowledged()
        count = 0
        for hub in self._hubs():
            here, there = self._root / hub, folder / ROOT / hub
            try:
                there.mkdir(parents=True, exist_ok=True)
                if (here / KEYS).exists():
                    files.copy(here / KEYS, there / KEYS)
                for epoch, _, last, name in list(files.parcels(here)):
                    if done.get((hub, epoch), 0) >= last:
                        self._drop(here / name, hub)
                        carried.discard(there / name)
                    elif not files.same(here / name, there / name):
                        if (there / name).exists():  # from before something was erased
                            carried.overwrite(there / name)
                        digest = files.copy(here / name, there / name)
                        self._note("delivered", hub, here / name, digest, str(folder))
                        count += 1
                self._discard_older(here, there)
            except OSError as error:
                raise disk_error(error, there) from error
        return count

    def holds(self) -> dict[str, tuple[int, int]]:
        """Return, for each hub, how many parcels are on the bus and their bytes."""
        found = {}
        for hub in self._hubs():
            sizes = [
                (self._root / hub / name).stat().st_size
                for *_, name in files.parcels(self._root / hub)
            ]
            found[hub] = (len(sizes), sum(sizes))
        return found

    @staticmethod
    def _discard_older(here: Path, there: Path) -> None:
        """Delete parcels at the county's whose segments are in ones that were copied there."""
        ours = list(files.parcels(here))
        for epoch, first, last, name in list(files.parcels(there)):
            if any(
                name != mine and of == epoch and begin <= first and last <= end
                for of, begin, end, mine in ours
            ):
                carried.discard(there / name)

    def _take(self, carrier: HttpCarrier, name: bytes) -> tuple[int, int]:
        hub = identity.short_id(name)
        due = due_of(carrier.message("GET", parcel.DUE_TARGET))
        epoch, after, last = due.epoch, due.after, due.last
        self.load.own(name)
        folder = self._root / hub
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._drop_erased(folder, hub, due)
        held = after
        with self._lock:
            for of, first, until, file_name in sorted(files.parcels(folder)):
                if of == epoch.hex() and until <= after:
                    self._drop(folder / file_name, hub)  # the county has it, by whatever way
                elif of == epoch.hex() and first <= held + 1:
                    held = max(held, until)
        count = size = 0
        start = held
        full: CarrierError | None = None
        while held < last:
            until = min(held + SPAN, last)
            try:
                self._need_space(hub)
            except CarrierError as error:
                full = error  # the hub is told what we have, and so that something stays
                break
            file = folder / f"{epoch.hex()}-{held + 1}-{until}{parcel.SUFFIX}"
            query = f"epoch={epoch.hex()}&after={held}&until={until}"
            carrier.download(f"/v1/parcel?{query}", file)
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            self._note("taken", hub, file, digest, carrier.describe())
            held, count, size = until, count + 1, size + file.stat().st_size
        query = f"epoch={epoch.hex()}&after={start}&until={held}"
        carrier.message("POST", f"{parcel.TAKEN_TARGET}?{query}")
        if full is not None:
            raise full
        chain = carrier.keys()
        if chain is not None:
            identity.write_private(folder / KEYS, chain)
        return count, size

    def _drop_erased(self, folder: Path, hub: str, due: Due) -> None:
        """Drop the parcels that hold what the hub erased since they were taken."""
        file = folder / _ORDERS
        known = int(file.read_text("ascii")) if file.exists() else 0
        if due.orders <= known:
            return
        for of, first, last, name in list(files.parcels(folder)):
            if any(epoch.hex() == of and first <= seq <= last for epoch, seq in due.erased):
                self._drop(folder / name, hub)
        identity.write_private(file, str(due.orders).encode())

    def _introduce(self, carrier: HttpCarrier) -> None:
        """Show the pass, and tell how the county changed its key.

        The pass may be by a key that the hub hears of only now; or by one that it knows to be
        replaced: then it still counts at a hub that saw it before, until its time is over.
        """
        try:
            carrier.message("POST", parcel.PASS_TARGET, self.owner.shown())
        except CarrierError as error:
            if error.reason is not Reason.NOT_ENROLLED:
                raise
            self._tell_keys(carrier)
            try:
                carrier.message("POST", parcel.PASS_TARGET, self.owner.shown())
            except CarrierError:
                try:
                    carrier.message("GET", parcel.DUE_TARGET)
                except CarrierError:
                    raise error from None
        else:
            self._tell_keys(carrier)

    def _tell_keys(self, carrier: HttpCarrier) -> None:
        for file in sorted((self._root / stick.ACKS).glob(f"*{rotation.SUFFIX}")):
            with contextlib.suppress(CarrierError):  # known already, or of another county
                carrier.tell(Kind.KEYS, file.read_bytes(), "")

    def _reply(self, carrier: HttpCarrier, hub: str) -> int:
        """Bring what the county said to this hub."""
        count = 0
        acks = self._root / stick.ACKS
        for file in sorted(acks.iterdir()) if acks.is_dir() else ():
            match = _REPLY.fullmatch(file.name)
            if match is None or match[1] != hub:
                continue
            data = file.read_bytes()
            try:
                if match[2] == "ack":
                    carrier.acknowledge(data, "")
                else:
                    carrier.tell(Kind.NOTICE, data, "")
            except CarrierError as error:
                if error.reason not in (Reason.ABSENT, Reason.NOT_ENROLLED):
                    raise  # the line's fault: the next visit brings it
                self._log.warning("reply-refused", hub=hub, file=file.name, error=error)
                continue
            self._note("replied", hub, file, hashlib.sha256(data).hexdigest(), carrier.describe())
            count += 1
        return count

    def _fetch_replies(self, folder: Path) -> int:
        source, target = folder / ROOT / stick.ACKS, self._root / stick.ACKS
        count = 0
        try:
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not source.is_dir():
                return 0
            for file in sorted(source.iterdir())[: stick.MAX_ACKS]:
                if file.suffix not in (".ack", ".notice", rotation.SUFFIX):
                    continue
                try:
                    data = medium.read_plain(file, wire.MAX_MESSAGE)
                except CarrierError as error:
                    self._log.warning("reply-refused", file=file.name, error=error)
                    continue
                here = target / file.name
                if not here.exists() or here.read_bytes() != data:
                    identity.write_private(here, data)
                    count += 1
        except CarrierError:
            raise
        except OSError as error:
            raise disk_error(error, source) from error
        return count

    def _acknowledged(self) -> dict[tuple[str, str], int]:
        """Return how far the county of the pass says it has each stream; the bus only reads it."""
        done: dict[tuple[str, str], int] = {}
        county = self.owner.name()
        for file in (self._root / stick.ACKS).glob("*.ack"):
            try:
                ack = wire.decode_ack(file.read_bytes(), self.owner.key_of)
            except FormatError:
                continue
            if ack.county != county:  # what it carries is sealed to its own
                continue
            stream = (identity.short_id(ack.hub), ack.epoch.hex())
            done[stream] = max(done.get(stream, 0), ack.seq)
        return done

    def _need_space(self, hub: str) -> None:
        """Make sure that there is room for one more parcel.

        What the county got already goes first, then what is older than ``keep_days``, of each
        the oldest first: the hubs still have all of it, and give it again.

        :raises CarrierError: if there is none, and what to do.
        """
        limit = self._config.space_mb * _MB
        held = self.holds()
        total = sum(size for _, size in held.values())
        if total >= limit:
            total -= self._make_room(total - limit)
            held = self.holds()
        own = held.get(hub, (0, 0))[1]
        if total >= limit or own >= limit // _SHARE:
            raise CarrierError(
                Reason.DISK_FULL,
                f"the bus carries {total // _MB} MB, {own // _MB} MB of them of this hub",
                hint="Erst beim Landkreis abladen, oder space_mb in bus.toml erhöhen.",
            )

    def _make_room(self, wanted: int) -> int:
        """Drop more than ``wanted`` bytes of what may go, if there is as much; return how many."""
        given = {
            (entry.hub, entry.what) for entry in self._custody.entries() if entry.act == "delivered"
        }
        oldest_ms = self._now_ms() - self._config.keep_days * _DAY_MS
        chosen = []
        for hub in self._hubs():
            for *_, name in files.parcels(self._root / hub):
                file = self._root / hub / name
                at_ms = file.stat().st_mtime_ns // 1_000_000
                if (hub, name) in given or at_ms < oldest_ms:
                    chosen.append(((hub, name) not in given, at_ms, hub, file))
        freed = 0
        with self._lock:
            for _, _, hub, file in sorted(chosen):
                if freed > wanted:
                    break
                size = file.stat().st_size
                self._log.warning("made-room", hub=hub, file=file.name, size=size)
                self._drop(file, hub)
                freed += size
        return freed

    def _hubs(self) -> list[str]:
        if not self._root.is_dir():
            return []
        names = (one.name for one in self._root.iterdir() if one.is_dir())
        return sorted(name for name in names if re.fullmatch(r"[0-9a-f]{16}", name))

    def _drop(self, file: Path, hub: str) -> None:
        self._note("dropped", hub, file, "", "")
        carried.discard(file)

    def _note(self, act: str, hub: str, file: Path, digest: str, where: str) -> None:
        match = files.NAME.fullmatch(file.name)
        if match and act in _SIGNED:
            what = (match[1], int(match[2]), int(match[3]))
            sha256 = digest or hashlib.sha256(file.read_bytes()).hexdigest()
            self.load.sign(hub, _SIGNED[act], what, sha256, self._now_ms())
        self._custody.note(
            Entry(
                self._now_ms(),
                act,  # type: ignore[arg-type]  # our own four words
                hub,
                file.name,
                file.stat().st_size,
                digest,
                where,
            )
        )


def _head(carrier: HttpCarrier) -> wire.Head:
    """Return the head of whoever answers, under the newest key that it shows."""
    nonce = os.urandom(wire.NONCE_SIZE)
    answer = carrier.head(nonce)
    data = carrier.keys()
    chain = rotation.decode(data) if data else ()
    name = chain[0].name if chain else None
    key = rotation.key_now(name, chain) if name else None
    head = wire.decode_head(answer or b"", nonce=nonce, hub=name, key=key)
    if carrier.answered not in (None, head.hub):
        raise CarrierError(Reason.WRONG_KEY, "the line is one hub's, the answer another's")
    return head
