"""A pull round: from every hub what is new, verified, into the lake in one commit, acknowledged.

Order, so that a kill at any moment loses nothing and takes nothing twice: the bundle on the
disk, verified; hashes in the ledger; what the lake does not take on the disk; one lake commit
with all positions; only then the acknowledgements. Everything before the commit may happen
again; the commit knows its own position.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from sync import identity, rotation, wire
from sync.carrier.base import Carrier, CarrierError
from sync.county.handshake import Handshake
from sync.county.hub import County
from sync.county.inbox import Inbox
from sync.county.intake import Rejected, Staged, stage, verify
from sync.county.lake import Entry, LakeError, Stream
from sync.county.ledger import Contact, Finding, Hub, HubState
from sync.county.reasons import OK, Fault

# One bundle: a day of a busy village is about a hundred segments; after a winter offline it
# comes in several, each of which is safe when it has arrived.
SPAN = 512
# Segments of all hubs that are held in memory for one commit: at 64 KiB unpacked each, some
# hundred megabytes of Python numbers.
_BATCH_SEGMENTS = 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one hub did in a round. ``code`` is `ok` or a reason; ``way`` is where we asked.

    Counts are of what this round brought; ``position`` is how far the lake holds ``epoch``.
    """

    hub: str
    name: str
    way: str
    code: str = OK
    message: str = ""
    bundles: int = 0
    segments: int = 0
    readings: int = 0
    sealed: int = 0
    unread: int = 0
    erased: int = 0
    epoch: str | None = None
    position: int = 0


@dataclass(slots=True)
class _Visit:
    """One hub in one round."""

    hub: Hub
    carrier: Carrier
    inbox: Inbox
    outcome: Outcome
    tails: dict[Stream, int] = field(default_factory=dict)  # how far we hold it, lake or batch
    last: dict[Stream, int] = field(default_factory=dict)  # how far the hub says it has it
    staged: list[Staged] = field(default_factory=list)  # in the batch, not yet in the lake

    @property
    def good(self) -> bool:
        return self.outcome.code == OK

    def fail(self, code: str, message: str) -> None:
        if self.good:  # the first reason is the one that explains the others
            self.outcome = replace(self.outcome, code=str(code), message=message)


class Puller:
    """One round. Several processes may pull at once. ``nonce`` gives 16 random bytes."""

    def __init__(
        self, county: County, *, now_ms: Callable[[], int], nonce: Callable[[], bytes]
    ) -> None:
        self._county = county
        self._now_ms = now_ms
        self._nonce = nonce
        self._shake = Handshake(county, now_ms)
        self._batch: dict[Stream, list[Entry]] = {}

    def pull(self, ways: Sequence[tuple[Hub, Carrier]]) -> list[Outcome]:
        """Visit each hub once and return how each did, in the order given.

        What goes wrong with one hub does not keep the others. Carriers are closed.
        """
        visits = [
            _Visit(
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

    def _collect(self, visit: _Visit, visits: Sequence[_Visit]) -> None:
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

    def _collect_new(self, visit: _Visit, visits: Sequence[_Visit], head: wire.Head) -> None:
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

    def _collect_ready(self, visit: _Visit, visits: Sequence[_Visit]) -> None:
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
            self._commit_full(visits)

    def _begin(self, visit: _Visit, stream: Stream) -> None:
        if stream not in visit.tails:
            position = self._county.lake.positions([stream])[stream]
            visit.tails[stream] = position
            visit.inbox.sweep(stream, position)

    def _check_head(self, visit: _Visit, stream: Stream, head: wire.Head) -> None:
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

    def _take(self, visit: _Visit, stream: Stream, after: int, until: int) -> None:
        """Verify a bundle that has arrived and put its new segments into the batch."""
        ledger = self._county.ledger
        file = visit.inbox.file(stream, after, until)
        key_at = self._shake.key_at(visit.hub, stream)
        try:
            segments = verify(
                file,
                hub=visit.hub.public_key,
                epoch=stream.epoch,
                position=visit.tails[stream],
                known=lambda seq: ledger.segment_hash(stream.hub, stream.epoch, seq),
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
            visit.staged.append(stage(self._county.config, stream, segments))
            self._batch.setdefault(stream, []).extend(visit.staged[-1].entries)
            visit.tails[stream] = segments[-1].header.seq
        if limit is not None and beyond > limit:
            kept = visit.inbox.set_aside(file, self._now_ms())
            refused = self._refuse_beyond(visit, stream, limit, beyond)
            self._note_finding(visit, refused, kept.name)

    def _refuse_beyond(self, visit: _Visit, stream: Stream, limit: int, seen: int) -> Rejected:
        """Note that numbers above the limit of a revoked key came, or are offered."""
        error = Rejected(
            Fault.REVOKED, f"{seen - limit} segments above number {limit} of {stream.epoch}"
        )
        self._county.ledger.trust.note_beyond(stream.hub, stream.epoch, seen, now_ms=self._now_ms())
        visit.fail(error.code, str(error))
        self._shake.notify(visit.hub, visit.carrier, error.code, stream, limit)
        return error

    def _commit_full(self, visits: Sequence[_Visit]) -> None:
        if sum(map(len, self._batch.values())) >= _BATCH_SEGMENTS:
            self._commit(visits)

    def _commit(self, visits: Sequence[_Visit]) -> None:
        """Put the batch into the lake, all or nothing."""
        batch, self._batch = self._batch, {}
        if not batch:
            return
        try:
            self._county.lake.commit(batch)
        except LakeError as error:
            for visit in visits:
                if visit.staged:
                    visit.fail(Fault.LAKE, str(error))
        else:
            for visit in visits:
                for staged in visit.staged:
                    visit.outcome = _add(visit.outcome, staged)
        for visit in visits:
            visit.staged.clear()

    def _finish(self, visit: _Visit) -> None:
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

    def _acknowledge(self, visit: _Visit, stream: Stream, position: int) -> None:
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

    def _note_finding(self, visit: _Visit, error: Rejected, file: str | None) -> None:
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
# After these nothing more is taken until a person has looked.
_QUARANTINED = frozenset({Fault.FORK, Fault.ROLLED_BACK, Fault.KEY_CONFLICT})
# These the hub's people must hear of.
_TOLD = _QUARANTINED | {Fault.RETIRED_KEY, Fault.REVOKED}


def _add(outcome: Outcome, staged: Staged) -> Outcome:
    return replace(
        outcome,
        bundles=outcome.bundles + 1,
        segments=outcome.segments + len(staged.entries),
        readings=outcome.readings + staged.readings,
        sealed=outcome.sealed + staged.sealed,
        unread=outcome.unread + staged.unread,
        erased=outcome.erased + staged.erased,
    )
