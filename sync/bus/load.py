"""What a bus carries beside parcels: the county's streams to hubs, signed receipts both ways.

The county's bundles are signed and in part sealed; the bus brings them as they are, and whether
a hub takes them is the hub's to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sync import bundle, custody, got
from sync.bundle import Manifest
from sync.bus import hold
from sync.carrier import delivery, medium
from sync.carrier.base import CarrierError, Reason, disk_error
from sync.carrier.folder import ROOT
from sync.carrier.http import HttpCarrier
from sync.custody import Act, Batch, Cargo, Kind
from sync.errors import FormatError
from sync.identity import Identity, short_id, write_private

_OWNER = ".hub"  # beside a hub's parcels: its name, which receipts need and folders shorten
_ID = re.compile(r"[0-9a-f]{32}")  # of a receipt
_MAX_RECEIPTS = 2000  # laid in a folder; the newest
_MAX_NEWS = 256 << 20  # the county's streams that one bus carries: a thousand of its bundles
_ORDER = ".order"  # beside the receipts: their ids, a line each, in the order in which they came
_HEARD = ".receipts"  # beside a hub's parcels: up to which number it told us its receipts
_TAKEN = ".taken"  # beside a parcel: the id of the receipt for it
_TOLD = ".told"  # and how many of ours it was told


@dataclass(frozen=True, slots=True)
class Load:
    """One bus's. ``root`` is its `DORFHUB` folder, ``name`` what people call the bus."""

    root: Path
    key: Identity
    name: str

    def sign(self, hub: str, act: Act, what: tuple[str, int, int], sha256: str, at_ms: int) -> None:
        """Sign for a parcel of ``hub`` (short id): ``what`` is epoch (hex), first and last.

        :raises OSError: if the disk does not take it.
        """
        with suppress(FileNotFoundError):  # from before the bus signed: nobody's to sign for
            writer = (self.root / hub / _OWNER).read_bytes()
            epoch, first, last = what
            cargo = Cargo(writer, bytes.fromhex(epoch), first, last, bytes.fromhex(sha256))
            note = self.root / hub / f"{_TAKEN}-{epoch}-{first}-{last}"
            made = custody.sign(
                self.key,
                cargo,
                kind=Kind.BUS,
                name=self.name,
                act=act,
                at_ms=at_ms,
                time_quality=0,
                ends=_noted(note) if act is Act.ERASED else None,
            )
            self.keep([made.raw])
            if act is Act.TAKEN:
                write_private(note, made.id.encode())
            elif act is Act.ERASED:
                note.unlink(missing_ok=True)

    def keep(self, receipts: Sequence[bytes]) -> None:
        """Keep receipts that have the shape of one; whose they are, the two sides verify.

        :raises CarrierError: if the disk does not take them.
        """
        delivery.write_receipts(self.root, self._held(receipts))
        folder = self.root / custody.FOLDER
        known = set(self._order())
        try:
            there = sorted(
                (file.stat().st_mtime_ns, file.stem)
                for file in folder.glob(f"*{custody.SUFFIX}")
                if _ID.fullmatch(file.stem) and file.stem not in known
            )
            if there:
                with (folder / _ORDER).open("a", encoding="ascii") as stream:
                    stream.writelines(f"{id_}\n" for _, id_ in there)
        except OSError as error:
            raise disk_error(error, folder) from error

    def receipts(self, after: int) -> Batch:
        """Return receipts above a number, in the order in which they came here.

        :raises CarrierError: if they cannot be read.
        """
        order = self._order()
        after = min(after, len(order))
        chosen = order[after : after + custody.MAX_BATCH]
        found = [self.root / custody.FOLDER / f"{id_}{custody.SUFFIX}" for id_ in chosen]
        try:
            raw = tuple(file.read_bytes() for file in found if file.exists())
        except OSError as error:
            raise disk_error(error, self.root / custody.FOLDER) from error
        return Batch(raw, after + len(chosen))

    def _order(self) -> list[str]:
        """Return the ids in order; what a power cut left half is passed over."""
        file = self.root / custody.FOLDER / _ORDER
        try:
            lines = file.read_text("ascii", "replace").splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise disk_error(error, file) from error
        return [line for line in lines if _ID.fullmatch(line)]

    def own(self, hub: bytes) -> None:
        """Note whose parcels lie in a hub's folder."""
        folder = self.root / short_id(hub)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(folder / _OWNER, hub)

    def fetch(self, folder: Path, refuse: Callable[[CarrierError], object]) -> int:
        """Take what the county laid in a folder for the hubs, and receipts.

        Return how many bundles are new. What is too large, and what the bus has no more room for,
        stays where it is, and ``refuse`` is told.

        :raises CarrierError: if the folder is full, read-only or gone.
        """
        count, root = 0, self.root / delivery.FROM
        source = folder / ROOT / delivery.FROM
        names = sorted(hold.laid_in(folder / ROOT)) if source.is_dir() else []
        space = _MAX_NEWS - sum(one.stat().st_size for one in root.rglob(f"*{bundle.SUFFIX}"))
        for name in names:
            file, target = folder / ROOT / name, self.root / name
            try:
                data = medium.read_plain(file, hold.MAX_LAID)
                if target.exists() and target.read_bytes() == data:
                    continue
                if len(data) > space:
                    raise _no_room(file)
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_private(target, data)
            except CarrierError as error:
                refuse(error)
            except OSError as error:
                raise disk_error(error, file) from error
            else:
                space -= len(data)
                count += 1
        self.keep(delivery.read_receipts(folder / ROOT))
        return count

    def leave(self, folder: Path) -> None:
        """Lay receipts, and beside their parcels hubs' words how far they are, in a folder.

        :raises CarrierError: if the folder is full, read-only or gone.
        """
        for file in sorted(self.root.glob(f"*/*{got.SUFFIX}")):
            there = folder / ROOT / file.parent.name
            if there.is_dir():
                with suppress(OSError):  # another time: it is a hint
                    delivery.write(there / file.name, file.read_bytes())
        delivery.write_receipts(folder / ROOT, delivery.read_receipts(self.root)[-_MAX_RECEIPTS:])

    def bring(self, carrier: HttpCarrier, hub: bytes) -> int:
        """Hand a hub the county's news and receipts of its parcels; return the bundles it took.

        A hub that refuses one, or is too old to take any, is left in peace.

        :raises CarrierError: if the line fails.
        """
        count = 0
        for file, manifest in self._news(hub):
            word = carrier.got(manifest.hub)
            if word is None:
                return count
            with suppress(FormatError):
                held = got.decode(word, hub=hub).streams.get(manifest.epoch, 0)
                if held >= manifest.last:
                    continue
            try:
                carrier.deliver(manifest, file.read_bytes(), b"")
            except CarrierError as error:
                if error.reason not in (Reason.ABSENT, Reason.NOT_ENROLLED, Reason.BAD_ANSWER):
                    raise
                continue
            count += 1
            with suppress(OSError):
                place = self.root / short_id(hub) / f"{short_id(manifest.hub)}{got.SUFFIX}"
                write_private(place, carrier.got(manifest.hub) or word)
        self._exchange(carrier, hub)
        return count

    def _exchange(self, carrier: HttpCarrier, hub: bytes) -> None:
        """Hear the hub's receipts and tell ours of its parcels, each from where we were."""
        heard = self._number(hub, _HEARD)
        while (batch := carrier.receipts(heard)) is not None:
            if batch.receipts:
                self.keep(batch.receipts)
            if batch.next != heard:  # less, if the hub began its book anew
                self._note_number(hub, _HEARD, batch.next)
            if not batch.receipts:
                break
            heard = batch.next
        if batch is None:
            return
        told = self._number(hub, _TOLD)
        while (news := self.receipts(told)).next > told:
            ours = [
                raw
                for raw in self._held(news.receipts)
                if custody.decode(raw, verified=True).writer == hub
            ]
            if ours:
                carrier.hand_receipts(ours)
            told = news.next
            self._note_number(hub, _TOLD, told)

    def _number(self, hub: bytes, name: str) -> int:
        with suppress(OSError, ValueError):
            return max(0, int((self.root / short_id(hub) / name).read_text("ascii")))
        return 0

    def _note_number(self, hub: bytes, name: str, number: int) -> None:
        write_private(self.root / short_id(hub) / name, str(number).encode())

    def _news(self, hub: bytes) -> Iterator[tuple[Path, Manifest]]:
        root = self.root / delivery.FROM
        for county in sorted(root.iterdir()) if root.is_dir() else ():
            for place in (county, county / short_id(hub)):
                for file, _, _ in delivery.bundles(place):
                    with suppress(FormatError, OSError), file.open("rb") as stream:
                        yield file, bundle.Reader(stream).manifest

    @staticmethod
    def _held(receipts: Sequence[bytes]) -> list[bytes]:
        """Return those that have the shape of one; whose they are, the two sides verify."""
        good = []
        for raw in receipts:
            with suppress(FormatError):
                custody.decode(raw, verified=True)
                good.append(raw)
        return good


def _no_room(file: Path) -> CarrierError:
    return CarrierError(Reason.TOO_LARGE, f"{file}: the bus has no more room for it")


def _noted(note: Path) -> list[bytes] | None:
    """Return the receipt that is noted for a parcel; None if an older version took it."""
    with suppress(OSError, ValueError):
        return [bytes.fromhex(note.read_text("ascii"))]
    return None
