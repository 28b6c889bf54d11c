"""What the county has for a hub, brought on the way that a pull goes anyway."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edge.clock import Clock
from sync import carried, carrying, custody, got, rotation
from sync.carrier.base import Carrier, CarrierError, Reason
from sync.carrier.delivery import Delivery
from sync.carrier.folder import FolderCarrier
from sync.county import erasure
from sync.county.hub import County
from sync.county.ledger import Hub
from sync.county.streams import Streams
from sync.custody import Act
from sync.custody_book import Book
from sync.errors import FormatError
from sync.got import Got

_FOR_A_STICK = 200  # receipts laid on one: the newest, some 80 kB


@dataclass(frozen=True, slots=True)
class Errand:
    """The county's side, with any hub on any way; ``stick`` is what people call a medium."""

    county: County
    clock: Clock
    stick: str = ""

    def run(self, hub: Hub, carrier: Carrier) -> int:
        """Bring what the hub lacks, and tell and hear who carried what; return the segments.

        :raises CarrierError: if the way fails; the next visit goes on.
        """
        if not isinstance(carrier, Delivery):
            return 0
        with self.county.streams() as streams:
            count = self._deliver(streams, hub, carrier)
            if isinstance(carrier, FolderCarrier):
                self._purge(streams, hub, carrier)
            self._exchange_receipts(streams, hub, carrier)
        return count

    def _deliver(self, streams: Streams, hub: Hub, carrier: Delivery) -> int:
        word = self._heard(streams, hub, carrier)
        if word is None and not isinstance(carrier, FolderCarrier):
            return 0  # a hub too old to take anything
        held = word.streams if word else streams.held(hub.public_key)
        count = 0
        refused: CarrierError | None = None
        for line, manifest in streams.news(hub.public_key, held):
            try:
                carrier.deliver(manifest, streams.pack(manifest), line.to)
            except CarrierError as error:
                if error.reason is not Reason.ABSENT:
                    raise
                refused = error  # it has other bytes under these numbers: we were restored
                streams.end(line.epoch)
                continue
            count += len(manifest.entries)
            if isinstance(carrier, FolderCarrier):
                carrying.note_manifest(
                    self._book(streams),
                    self.county.identity,
                    manifest,
                    name=self.stick,
                    act=Act.TAKEN,
                    stamp=self.clock.stamp(),
                )
        if count:
            self._heard(streams, hub, carrier)
        if refused is not None:
            raise refused
        return count

    def _heard(self, streams: Streams, hub: Hub, carrier: Delivery) -> Got | None:
        data = carrier.got(self.county.identity.name)
        if data is None:
            return None
        key = rotation.key_now(hub.public_key, hub.chain)
        try:
            word = got.decode(data, hub=hub.public_key, key=key)
        except FormatError:  # forged, or damaged on a stick: what we know stands
            return None
        streams.note(word, self.clock.stamp().wall_ms)
        return word

    def _exchange_receipts(self, streams: Streams, hub: Hub, carrier: Delivery) -> None:
        book = self._book(streams)
        now_ms = self.clock.stamp().wall_ms
        if isinstance(carrier, FolderCarrier):
            self._sign_for(book, hub, carrier)
        came, told = f"from {hub.hub}", f"to {hub.hub}"
        batch = carrier.receipts(book.told(came))
        if batch is None:
            return
        book.add(batch.receipts, now_ms)
        if isinstance(carrier, FolderCarrier):
            own = (hub.public_key, self.county.identity.name)
            concern = [one.raw for one in book.all() if one.writer in own]
            carrier.hand_receipts(concern[-_FOR_A_STICK:])
            return
        while batch is not None:
            book.note_told(came, batch.next)
            if not batch.receipts:
                break
            batch = carrier.receipts(batch.next)
            book.add(batch.receipts if batch else (), now_ms)
        while (news := book.batch(book.told(told))).receipts:
            own = (hub.public_key, self.county.identity.name)
            concern = [
                raw for raw in news.receipts if custody.decode(raw, verified=True).writer in own
            ]
            if concern:
                carrier.hand_receipts(concern)
            book.note_told(told, news.next)

    def _purge(self, streams: Streams, hub: Hub, carrier: FolderCarrier) -> None:
        """Take out of the stick's bundles what the hub ordered to erase, and sign for it."""
        book, stamp = self._book(streams), self.clock.stamp()
        if (batch := carrier.receipts(0)) is not None:  # whose copies these are
            book.add(batch.receipts, stamp.wall_ms)
        for manifest, _ in carried.purge(carrier.place, erasure.ordered(streams, hub.hub)):
            carrying.note_manifest(
                book,
                self.county.identity,
                manifest,
                name=self.stick,
                act=Act.ERASED,
                stamp=stamp,
            )
        held = {one.epoch: one.seq for one in self.county.ledger.positions(hub.hub)}
        carrier.discard_parcels(held, erasure.ordered(streams, hub.hub))

    def _sign_for(self, book: Book, hub: Hub, carrier: FolderCarrier) -> None:
        """Sign for each bundle that the stick gave us and that was taken."""
        held = {one.epoch: one.seq for one in self.county.ledger.positions(hub.hub)}
        try:
            runs = carrier.runs()
        except CarrierError:  # the hub laid nothing there
            return
        for run in runs:
            if run.last <= held.get(run.epoch, 0):
                self._sign(book, carrier.file(run))

    def _sign(self, book: Book, file: Path) -> None:
        try:
            carrying.note(
                book,
                self.county.identity,
                file,
                name=self.stick,
                act=Act.GIVEN,
                stamp=self.clock.stamp(),
            )
        except (FormatError, OSError):  # damaged, or pulled out: nobody signs for that
            return

    def _book(self, streams: Streams) -> Book:
        return book_of(self.county, streams)


def book_of(county: County, streams: Streams) -> Book:
    """Return the county's receipts: of its hubs' bundles and of its own."""
    hubs = {one.public_key: one for one in county.ledger.hubs()}
    own = county.identity

    def key_of(name: bytes) -> bytes:
        if name == own.name:
            return own.public_key
        hub = hubs.get(name)
        return name if hub is None else rotation.key_now(name, hub.chain)

    return streams.book(lambda writer: writer == own.name or writer in hubs, key_of)
