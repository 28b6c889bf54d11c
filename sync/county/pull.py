"""A pull round: from every hub what is new, verified, into the lake in one commit, acknowledged.

Order, so that a kill at any moment loses nothing and takes nothing twice: the bundle on the
disk, verified; hashes in the ledger; what the lake does not take on the disk; one lake commit
with all positions; only then the acknowledgements. Everything before the commit may happen
again; the commit knows its own position.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from edge.clock import SystemClock
from sync import erasing, identity, rotation, wire
from sync.carrier.base import Carrier, CarrierError, Reason
from sync.county import erasure
from sync.county.bodies import digest
from sync.county.errand import Errand
from sync.county.handshake import Handshake
from sync.county.hub import County
from sync.county.inbox import Inbox
from sync.county.intake import Rejected, stage, verify
from sync.county.lake import Entry, LakeError, Stream
from sync.county.ledger import Contact, Finding, Hub, HubState
from sync.county.outcome import Outcome, Visit
from sync.county.reasons import Fault
from sync.segment import Segment, StreamClass

# One bundle: a day of a busy village is about a hundred segments; after a winter offline it
# comes in several, each of which is safe when it has arrived.
SPAN = 512
# What is held in memory of all hubs for one commit: some 30 bytes a row, and 3 kB a segment
# besides. A day of 120 busy villages fits.
_BATCH_ROWS = 4_000_000
_BATCH_SEGMENTS = 16_384


class Puller:
    """One round. Several processes may pull at once. ``nonce`` gives 16 random bytes."""

    def __init__(
        self,
        county: County,
        *,
        now_ms: Callable[[], int],
        nonce: Callable[[], bytes],
        errand: Errand | None = None,
    ) -> None:
        self._county = county
        self._now_ms = now_ms
        self._nonce = nonce
        self._shake = Handshake(county, now_ms)
        self._errand = errand
        self._batch: dict[Stream, list[Entry]] = {}

    def pull(self, ways: Sequence[tuple[Hub, Carrier]]) -> list[Outcome]:
        """Visit each hub once and return how each did, in the order given.

        What goes wrong with one hub does not keep the others. Carriers are closed.
        """
        visits = [
            Visit(
                hub,
                carrier,
                Inbox(self._county.config, hub.hub),
                Outcome(hub.hub, hub.name, carrier.describe()),
            )
            for hub, carrier in ways
        ]
        try:
            for visit in visits:
                self._collect(visit, visits)
            self._commit(visits)
            for visit in visits:
                self._finish(visit)
        finally:
            for visit in visits:
                visit.carrier.close()
        return [visit.outcome for visit in visits]

    def _collect(self, visit: Visit, visits: Sequence[Visit]) -> None:
        """Bring everything new of one hub into the batch."""
        if visit.hub.state is HubState.PENDING:
            visit.fail(Fault.NOT_CONFIRMED, "")
            return
        self._shake.introduce(visit.carrier)
        if visit.hub.state is HubState.QUARANTINED:
            visit.fail(Fault.QUARANTINED, visit.hub.reason or "")
            reason = visit.hub.reason or Fault.QUARANTINED
            self._shake.notify(visit.hub, visit.carrier, reason)
            return
        try:
            with visit.inbox.alone():
                nonce = self._nonce()
                answer = visit.carrier.head(nonce)
                if answer is None:
                    self._collect_ready(visit, visits)
                else:
                    head, visit.hub = self._shake.head(visit.hub, visit.carrier, answer, nonce)
                    self._collect_new(visit, visits, head)
        except CarrierError as error:
            visit.fail(error.reason, str(error))
        except Rejected as error:
            visit.fail(error.code, str(error))
            if error.code in _QUARANTINED:
                self._county.ledger.quarantine(visit.hub.hub, reason=error.code)
            if error.code in _TOLD:
                self._shake.notify(visit.hub, visit.carrier, error.code)
        except LakeError as error:
            visit.fail(Fault.LAKE, str(error))
        except OSError as error:
            visit.fail(Fault.LAKE, f"{error.filename or 'disk'}: {error.strerror or error}")

    def _collect_new(self, visit: Visit, visits: Sequence[Visit], head: wire.Head) -> None:
        """Ask a hub that answers for what is beyond our position."""
        stream = Stream(visit.hub.hub, head.epoch.hex())
        visit.last[stream] = head.last_seq
        if head.name != visit.hub.name:
            self._county.ledger.rename(visit.hub.hub, head.name)
        self._begin(visit, stream)
        self._check_head(visit, stream, head)
        limit = self._county.ledger.trust.limit(stream.hub, stream.epoch)
        last = head.last_seq if limit is None else min(limit, head.last_seq)
        while visit.good and (after := visit.tails[stream]) < last:
            begun = visit.inbox.begun(stream, after, last)
            until = begun or min(after + SPAN, last)
            file = visit.inbox.file(stream, after, until)
            if not file.exists():
                visit.carrier.fetch(stream.epoch, after, until, file)
            self._take(visit, stream, after, until)
            if visit.tails[stream] == after:
                raise Rejected(Fault.DAMAGED, "the hub sent a bundle with nothing new in it")
            self._commit_full(visits)
        if limit is not None and head.last_seq > limit:
            self._refuse_beyond(visit, stream, limit, head.last_seq)

    def _collect_ready(self, visit: Visit, visits: Sequence[Visit]) -> None:
        """Take every bundle that lies ready, also those we know: they may show a fork.

        A bundle that is damaged or waits for another does not keep the others.
        """
        try:
            visit.hub = self._shake.learn(visit.hub, visit.carrier)
        except Rejected as error:
            if error.code is not Fault.NEWER:
                raise
            visit.fail(error.code, str(error))  # what the keys that we know signed holds
        refused = {one.epoch: one for one in self._county.ledger.trust.revocations(visit.hub.hub)}
        for run in visit.carrier.runs():
            stream = Stream(visit.hub.hub, run.epoch)
            revoked = refused.get(run.epoch)
            if revoked and revoked.up_to < run.first and run.last <= revoked.beyond:
                visit.fail(Fault.REVOKED, "")  # set aside before: once is enough
                continue
            self._begin(visit, stream)
            after, until = run.first - 1, run.last
            try:
                visit.carrier.fetch(
                    stream.epoch, after, until, visit.inbox.file(stream, after, until)
                )
                self._take(visit, stream, after, until)
            except Rejected as error:
                if error.code is Fault.FORK:
                    raise
                visit.fail(error.code, str(error))
            except CarrierError as error:  # a parcel that does not open keeps no other
                if error.reason is not Reason.UNREADABLE or not visit.carrier.runs():
                    raise
                visit.fail(error.reason, str(error))
            self._commit_full(visits)

    def _begin(self, visit: Visit, stream: Stream) -> None:
        if stream not in visit.tails:
            position = self._county.lake.positions([stream])[stream]
            visit.tails[stream] = position
            visit.inbox.sweep(stream, position)

    def _check_head(self, visit: Visit, stream: Stream, head: wire.Head) -> None:
        """Compare the hub's own word, fresh and signed, with what we hold."""
        tail = visit.tails[stream]
        if head.last_seq < tail:
            raise Rejected(
                Fault.ROLLED_BACK,
                f"the hub is at {head.last_seq}, we hold {tail} of {stream.epoch}",
            )
        known = self._county.ledger.segment_hash(stream.hub, stream.epoch, head.last_seq)
        if known is not None and known != head.last_hash:
            raise Rejected(Fault.FORK, f"segment {head.last_seq} of the hub is not the one we hold")
        if head.first_seq > tail + 1 and head.last_seq > tail:
            raise Rejected(
                Fault.GONE, f"the hub begins at {head.first_seq}, we hold {tail} of {stream.epoch}"
            )

    def _take(self, visit: Visit, stream: Stream, after: int, until: int) -> None:
        """Verify a bundle that has arrived and put its new segments into the batch."""
        ledger = self._county.ledger
        file = visit.inbox.file(stream, after, until)
        position = visit.tails[stream]

        def known(seq: int) -> bytes | None:
            return ledger.segment_hash(stream.hub, stream.epoch, seq)

        key_at = self._shake.key_at(
            visit.hub, stream, lambda seq: seq <= position or known(seq) is not None
        )
        try:
            segments = verify(
                file,
                hub=visit.hub.public_key,
                epoch=stream.epoch,
                position=position,
                known=known,
                key_at=key_at,
                retired=rotation.retired(visit.hub.chain),
            )
        except Rejected as error:
            kept = None
            if error.code in (Fault.GAP, Fault.NEWER):  # it only waits
                file.unlink(missing_ok=True)
            else:
                kept = visit.inbox.set_aside(file, self._now_ms())
            self._note_finding(visit, error, kept.name if kept else None)
            raise
        segments, erased = self._without_erased(stream.hub, segments)
        limit = ledger.trust.limit(stream.hub, stream.epoch)
        beyond = segments[-1].header.seq if segments else 0
        if limit is not None and beyond > limit:
            segments = [one for one in segments if one.header.seq <= limit]
        if segments:
            ledger.trust.begin(stream.hub, stream.epoch, key_at(segments[0].header.seq))
        other = ledger.add_segments(
            stream.hub,
            stream.epoch,
            [(one.header.seq, one.hash) for one in segments],
            now_ms=self._now_ms(),
        )
        if other is not None:  # a racing puller was given another one
            raise Rejected(Fault.FORK, f"segment {other} was signed twice, with different content")
        if segments:
            visit.staged.append(stage(self._county.config, stream, segments, erased))
            brought = {one.seq for one in visit.staged[-1].entries if one.readings is not None}
            ledger.bodies.add(
                stream.hub,
                stream.epoch,
                [(n, digest(one)) for one in segments if (n := one.header.seq) in brought],
            )
            self._batch.setdefault(stream, []).extend(visit.staged[-1].entries)
            visit.tails[stream] = segments[-1].header.seq
        if limit is not None and beyond > limit:
            kept = visit.inbox.set_aside(file, self._now_ms())
            refused = self._refuse_beyond(visit, stream, limit, beyond)
            self._note_finding(visit, refused, kept.name)

    def _without_erased(
        self, hub: str, segments: list[Segment]
    ) -> tuple[list[Segment], dict[str, int]]:
        """Take out of what comes from a stick that was away what the hub had erased meanwhile.

        Return the segments, and the series that it had erased; see `erasure.series`.
        """
        with self._county.streams() as streams:
            if any(one.header.stream is StreamClass.CARE for one in segments):
                segments = list(erasing.without(segments, erasure.ordered(streams, hub)))
            return segments, erasure.series(streams, hub)

    def _refuse_beyond(self, visit: Visit, stream: Stream, limit: int, seen: int) -> Rejected:
        """Note that numbers above the limit of a revoked key came, or are offered."""
        error = Rejected(
            Fault.REVOKED, f"{seen - limit} segments above number {limit} of {stream.epoch}"
        )
        self._county.ledger.trust.note_beyond(stream.hub, stream.epoch, seen, now_ms=self._now_ms())
        visit.fail(error.code, str(error))
        self._shake.notify(visit.hub, visit.carrier, error.code, stream, limit)
        return error

    def _commit_full(self, visits: Sequence[Visit]) -> None:
        held = [entry.readings for entries in self._batch.values() for entry in entries]
        rows = sum(len(one) for one in held if one is not None)
        if rows >= _BATCH_ROWS or len(held) >= _BATCH_SEGMENTS:
            self._commit(visits)

    def _twins(self, stream: Stream, after: int, until: int) -> dict[int, list[tuple[Stream, int]]]:
        """Return where else the hub sent the same, as far as its other streams are believed."""
        found = self._county.ledger.twins(stream.hub, stream.epoch, after, until)
        return {
            seq: [(Stream(stream.hub, epoch), number) for epoch, number in others]
            for seq, others in found.items()
        }

    def _commit(self, visits: Sequence[Visit]) -> None:
        """Put the batch into the lake, all or nothing."""
        batch, self._batch = self._batch, {}
        if not batch:
            return
        try:
            self._county.lake.commit(batch, self._twins)
        except LakeError as error:
            for visit in visits:
                if visit.staged:
                    visit.fail(Fault.LAKE, str(error))
        else:
            for visit in visits:
                for staged in visit.staged:
                    visit.outcome = visit.outcome.with_staged(staged)
        for visit in visits:
            visit.staged.clear()

    def _finish(self, visit: Visit) -> None:
        """Tell the hub what the lake holds, also if it is old news: the last word may be lost."""
        try:
            held = self._county.lake.positions(list(visit.tails)) if visit.tails else {}
        except LakeError as error:
            visit.fail(Fault.LAKE, str(error))
            held = {}
        with suppress(CarrierError), visit.inbox.alone():  # another pull will sweep as well
            for stream, position in held.items():
                visit.inbox.sweep(stream, position)
        trusted = visit.outcome.code not in _DOUBTFUL
        for stream, position in held.items():
            last = visit.last.get(stream)
            self._county.ledger.set_position(
                stream.hub,
                stream.epoch,
                position,
                waiting=None if last is None else max(0, last - position),
                now_ms=self._now_ms(),
            )
            visit.outcome = replace(visit.outcome, epoch=stream.epoch, position=position)
            if position and trusted:
                self._acknowledge(visit, stream, position)
        if trusted:
            self._erase(visit)
        if self._errand is not None and trusted and visit.hub.state is HubState.CONFIRMED:
            self._bring(self._errand, visit)
        outcome = visit.outcome
        self._county.ledger.add_contact(
            Contact(
                outcome.hub,
                self._now_ms(),
                outcome.way,
                outcome.code,
                outcome.message,
                outcome.segments,
                outcome.readings,
            )
        )

    def _acknowledge(self, visit: Visit, stream: Stream, position: int) -> None:
        county = self._county.identity
        ack = wire.Ack(
            hub=visit.hub.public_key,
            epoch=bytes.fromhex(stream.epoch),
            seq=position,
            county=county.name,
            at_ms=self._now_ms(),
        )
        label = f"{stream.hub}-{identity.short_id(county.name)}-{stream.epoch}"
        try:
            visit.carrier.acknowledge(wire.encode_ack(ack, county), label)
        except CarrierError as error:
            visit.fail(Fault.UNACKNOWLEDGED, str(error))

    def _erase(self, visit: Visit) -> None:
        """Carry out what the hub ordered to erase; what fails is tried again at the next visit."""
        try:
            erasure.carry_out(self._county, visit.hub, SystemClock().stamp())
        except LakeError as error:
            visit.fail(Fault.LAKE, str(error))
        except OSError as error:
            visit.fail(Fault.LAKE, f"{error.filename or 'disk'}: {error.strerror or error}")

    def _bring(self, errand: Errand, visit: Visit) -> None:
        """Hand the hub what the county has for it."""
        if visit.outcome.code in _AWAY:
            return
        try:
            delivered = errand.run(visit.hub, visit.carrier)
        except CarrierError as error:
            visit.fail(Fault.UNDELIVERED, str(error))
        else:
            visit.outcome = replace(visit.outcome, delivered=delivered)

    def _note_finding(self, visit: Visit, error: Rejected, file: str | None) -> None:
        self._county.ledger.add_finding(
            Finding(
                at=self._now_ms(),
                hub=visit.hub.hub,
                way=visit.outcome.way,
                code=error.code,
                message=str(error),
                file=file,
            )
        )


# After these the hub is told nothing, not even of what we hold: who answers is in doubt.
_DOUBTFUL = frozenset(
    {
        *(Fault.FORGED, Fault.FORK, Fault.ROLLED_BACK, Fault.DAMAGED, Fault.LAKE),
        *(Fault.REPLAYED, Fault.RETIRED_KEY, Fault.KEY_CONFLICT, Fault.REVOKED),
    }
)
# Who did not answer is not asked again in the same round.
_AWAY = frozenset(map(str, Reason))
# After these nothing more is taken until a person has looked.
_QUARANTINED = frozenset({Fault.FORK, Fault.ROLLED_BACK, Fault.KEY_CONFLICT})
# These the hub's people must hear of.
_TOLD = _QUARANTINED | {Fault.RETIRED_KEY, Fault.REVOKED}
