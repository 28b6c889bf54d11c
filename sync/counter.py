"""The hub's side of a bus's visit: to be known, what is due, parcels, and what it took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from edge.store.village import VillageStore
from edge.store.village_rows import Road, RoadState
from sync import cbor, erasing, parcel
from sync.errors import FormatError
from sync.identity import EPOCH_SIZE
from sync.outbox import Outbox, Unavailable
from sync.peers import Peers
from sync.porters import Parcel, Porter, Porters
from sync.wire import MAX_MESSAGE

BUS = "bus"
_MAX_ERASED = 1000  # the newest; a bus comes by oftener than a thousand segments are erased


@dataclass(frozen=True, slots=True)
class Counter:
    """The hub's side of the bus's visit. ``now_ms`` is the hub's clock."""

    porters: Porters
    outbox: Outbox
    peers: Peers
    village: VillageStore
    now_ms: Callable[[], int]
    _told: dict[bytes, int] = field(default_factory=dict)  # the last number of each bus's visit

    def show(self, data: bytes) -> Porter:
        """Take a pass.

        :raises FormatError: if it is none.
        :raises Unavailable: if it is not to be believed here.
        """
        shown = parcel.decode(data, self.peers.key_of)
        self._trusted(shown.carrier, shown.name)
        return self.porters.learn(shown, self.now_ms())

    def due(self, carrier: bytes) -> bytes:
        """Return what the bus should take, as a message; see :class:`Due`.

        :raises Unavailable: if it may not have anything.
        """
        porter = self._porter(carrier)
        position = self.outbox.position()
        peer = self.peers.get(porter.county)
        after = max(peer.acknowledged_seq if peer else 0, position.first_seq - 1)
        self._told[carrier] = position.last_seq
        self._say("busy", "busy", f"„{porter.name}“ ist da und nimmt Daten mit.", "")
        orders = erasing.noted(self.village.connection)
        erased = [[bytes.fromhex(epoch), seq] for one in orders for epoch, seq in one.seqs]
        return cbor.dumps(
            {
                "epoch": position.epoch,
                "after": after,
                "last": position.last_seq,
                "orders": len(orders),
                "erased": erased[:_MAX_ERASED],
            }
        )

    def fetch(self, carrier: bytes, epoch: bytes, after: int, until: int) -> Parcel:
        """Return a parcel.

        :raises Unavailable: if the bus may not have it, or it is not here.
        """
        porter = self._porter(carrier)
        return self.porters.parcel(porter, self.outbox, epoch, after, until)

    def taken(self, carrier: bytes, epoch: bytes, after: int, seq: int) -> None:
        """Note what the bus carries, and say so on the board.

        :raises Unavailable: if the bus is not known.
        """
        porter = self._porter(carrier)
        self.porters.took(carrier, epoch, seq, self.now_ms())
        count = max(0, seq - after)
        packs = "1 Paket" if count == 1 else f"{count} Pakete"
        left = self._told.get(carrier, 0) - seq
        if left > 0:
            stay = "1 bleibt" if left == 1 else f"{left} bleiben"
            took = f"{packs} mitgenommen" if count else "nichts mitgenommen"
            self._say("bad", "disk_full", f"„{porter.name}“ ist voll: {took}, {stay} hier.", _FULL)
            return
        said = f"hat {packs} mitgenommen" if count else "hatte nichts Neues mitzunehmen"
        self._say("good", "ok", f"„{porter.name}“ {said}.", "Der Bus kann weiterfahren.")

    def _porter(self, carrier: bytes) -> Porter:
        porter = self.porters.require(carrier, self.now_ms())
        self._trusted(carrier, porter.name)
        return porter

    def _trusted(self, carrier: bytes, name: str) -> None:
        """Refuse a bus that its county believes no more, and say so on the board."""
        why = self.village.revoked_keys().get(carrier)
        if why is None:
            return
        message = f"Der Landkreis hat den Ausweis von „{name}“ zurückgezogen. {why}".strip()
        self._say("bad", "revoked", message, _REVOKED)
        raise Unavailable("unknown", message, _REVOKED)

    def _say(self, state: RoadState, code: str, message: str, hint: str) -> None:
        now_ms = self.now_ms()
        good = state == "good"
        self.village.put_road(
            Road(BUS, BUS, state, code, message, hint, now_ms, now_ms if good else None)
        )


_FULL = (
    "Hier geht nichts verloren. Der Bus kann weiterfahren und nimmt den Rest mit, wenn er beim "
    "Landkreis abgeladen hat."
)
_REVOKED = (
    "Dem Bus nichts mitgeben und im Landratsamt anrufen: Dort wird er neu eingerichtet, wenn er "
    "wieder fahren darf."
)


@dataclass(frozen=True, slots=True)
class Due:
    """What a bus should take: the segments above ``after`` up to ``last`` of ``epoch``.

    ``erased`` are segments (epoch, number) whose bodies were erased at the hub by one of its
    ``orders``, counted from its first: parcels from before must go.
    """

    epoch: bytes
    after: int
    last: int
    orders: int
    erased: frozenset[tuple[bytes, int]]


def due_of(data: bytes) -> Due:
    """Return a hub's answer to ``/v1/due``.

    :raises FormatError: if it is none.
    """
    names = frozenset(("epoch", "after", "last", "orders", "erased"))
    fields = cbor.Fields(cbor.loads(data, limit=MAX_MESSAGE), "due", names)
    erased = set()
    for item in fields.items("erased", _MAX_ERASED):
        if type(item) is not list or len(item) != 2:
            raise FormatError("due: one erased is no pair of epoch and number")
        pair = dict(zip(("epoch", "seq"), cast("list[object]", item), strict=True))
        one = cbor.Fields(pair, "due: erased", frozenset(("epoch", "seq")))
        erased.add((one.data("epoch", EPOCH_SIZE), one.number("seq", 1)))
    return Due(
        fields.data("epoch", EPOCH_SIZE),
        fields.number("after"),
        fields.number("last"),
        fields.number("orders"),
        frozenset(erased),
    )
