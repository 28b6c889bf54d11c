"""Who is at the other end: the hub's head under the right key, and what both sides tell of keys."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from sync import identity, rotation, wire
from sync.carrier.base import Carrier, CarrierError, Kind, Reason
from sync.county.hub import County
from sync.county.intake import Rejected
from sync.county.lake import Stream
from sync.county.ledger import Finding, Hub
from sync.county.reasons import Fault
from sync.errors import FormatError, KeyConflict, ReplayError, SignatureError, VersionError


class Handshake:
    """The county's side of it, with any hub on any way."""

    def __init__(self, county: County, now_ms: Callable[[], int]) -> None:
        self._county = county
        self._now_ms = now_ms

    def introduce(self, carrier: Carrier) -> None:
        """Tell the hub how the county changed its key, if it ever did."""
        if chain := self._county.chain:
            with suppress(CarrierError):  # a hub that cannot be told says so at the next step
                label = identity.short_id(chain[0].name)
                carrier.tell(Kind.KEYS, rotation.encode(chain), label)

    def head(
        self, hub: Hub, carrier: Carrier, answer: bytes, nonce: bytes
    ) -> tuple[wire.Head, Hub]:
        """Return the hub's head, and the hub with the keys that were learnt on the way.

        :raises Rejected: if it is not by the hub's newest key, or is an old one, or a later
            version's.
        :raises CarrierError: if it is no head.
        """
        name, chain = hub.public_key, hub.chain
        key = rotation.key_now(name, chain)
        try:
            return wire.decode_head(answer, nonce=nonce, hub=name, key=key), hub
        except ReplayError as error:
            raise Rejected(Fault.REPLAYED, str(error)) from error
        except SignatureError as error:
            learned = self.learn(hub, carrier)
            if len(learned.chain) > len(chain):
                return self.head(learned, carrier, answer, nonce)
            for old in rotation.retired(chain):
                with suppress(FormatError):
                    wire.decode_head(answer, nonce=nonce, hub=name, key=old)
                    raise Rejected(
                        Fault.RETIRED_KEY, f"signed by {identity.short_id(old)}, which was replaced"
                    ) from error
            raise Rejected(Fault.FORGED, str(error)) from error
        except VersionError as error:
            raise Rejected(Fault.NEWER, str(error)) from error
        except FormatError as error:
            raise CarrierError(Reason.BAD_ANSWER, str(error)) from error

    def learn(self, hub: Hub, carrier: Carrier) -> Hub:
        """Ask whether the hub changed its key, and return it with what is known now.

        :raises Rejected: if it changed it in two ways: two hold the key; or if it was revoked; or
            if a later version wrote it down.
        """
        data = carrier.keys()
        if data is None:
            return hub
        ledger = self._county.ledger
        try:
            chain = rotation.decode(data, hub.public_key)
            if len(chain) > len(hub.chain) and ledger.trust.revocations(hub.hub):
                raise Rejected(Fault.REVOKED, "a revoked key names no heir")
            ledger.trust.learn_keys(hub.hub, chain)
        except KeyConflict as error:
            self._note(hub, carrier, Fault.KEY_CONFLICT, error)
            raise Rejected(Fault.KEY_CONFLICT, str(error)) from error
        except VersionError as error:
            self._note(hub, carrier, Fault.NEWER, error)
            raise Rejected(Fault.NEWER, str(error)) from error
        except FormatError as error:  # what it would have vouched for is refused by itself
            self._note(hub, carrier, Fault.FORGED, error)
            return hub
        return ledger.hub(hub.hub) or hub

    def key_at(
        self, hub: Hub, stream: Stream, seen: Callable[[int], bool]
    ) -> Callable[[int], bytes]:
        """Return what gives the key that a segment of a stream must be signed by.

        ``seen`` as in `rotation.key_at`.
        """
        name, chain = hub.public_key, hub.chain
        begun = self._county.ledger.trust.begun(stream.hub, stream.epoch)
        epoch = bytes.fromhex(stream.epoch)
        return lambda seq: rotation.key_at(name, chain, epoch, seq, lambda _: begun, seen=seen)

    def notify(
        self,
        hub: Hub,
        carrier: Carrier,
        code: str,
        stream: Stream | None = None,
        seq: int | None = None,
    ) -> None:
        """Tell the hub's people why nothing is taken; the next visit tells them again.

        Without a stream: how far the newest one has come.
        """
        held = self._county.ledger.positions(hub.hub)
        epoch = stream.epoch if stream else held[0].epoch if held else ""
        county = self._county.identity
        notice = wire.Notice(
            hub=hub.public_key,
            county=county.name,
            code=str(code),
            epoch=bytes.fromhex(epoch) or rotation.NO_EPOCH,
            seq=seq if seq is not None else held[0].seq if held else 0,
            at_ms=self._now_ms(),
        )
        label = f"{hub.hub}-{identity.short_id(county.name)}"
        with suppress(CarrierError):
            carrier.tell(Kind.NOTICE, wire.encode_notice(notice, county), label)

    def _note(self, hub: Hub, carrier: Carrier, code: Fault, error: Exception) -> None:
        self._county.ledger.add_finding(
            Finding(self._now_ms(), hub.hub, carrier.describe(), code, str(error), None)
        )
