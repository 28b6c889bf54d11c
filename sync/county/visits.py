"""Which hubs to visit on which way: by their addresses, or as they lie in a folder."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from edge.clock import SystemClock
from sync import bundle, carrying, comparison, identity, rotation, segment, wire
from sync.carrier import medium
from sync.carrier.base import Carrier, CarrierError, Reason, Run, disk_error
from sync.carrier.folder import ROOT, hubs_in
from sync.carrier.http import HttpCarrier
from sync.county import asking, erasure, late
from sync.county.errand import Errand
from sync.county.hub import County
from sync.county.lake import LakeError
from sync.county.ledger import Finding, Hub, HubState
from sync.county.outcome import Outcome
from sync.county.pull import Puller
from sync.county.reasons import Fault
from sync.errors import FormatError, SignatureError, SyncError
from sync.parcel import SUFFIX as SEALED
from sync.rotation import Rotation


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A hub that answered. ``known`` tells whether it confirmed this county already."""

    hub: Hub
    known: bool


class Unknown(SyncError):
    """No hub, or more than one, is meant."""


def now_ms() -> int:
    """Return milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def pull_all(county: County) -> list[Outcome]:
    """Visit every hub over the network; where the line fails, at its next address.

    Before that, what came earlier and can be read by now goes into the lake.
    """
    _read_late(county)
    done: dict[str, Outcome] = {}
    todo = {hub.hub: _addresses(county, hub) for hub in county.ledger.hubs()}
    while any(todo.values()):
        ways: list[tuple[Hub, Carrier]] = []
        for hub_id, addresses in todo.items():
            hub = county.ledger.hub(hub_id)
            if hub is None or not addresses:
                continue
            address = addresses.pop(0)
            here = county.http(address, hub=hub.public_key) if address else _Nowhere()
            ways.append((hub, here))
        for outcome in _puller(county).pull(ways):
            done[outcome.hub] = outcome
            if outcome.code not in _LINE:
                todo[outcome.hub] = []
    return list(done.values())


def import_folder(county: County, folder: Path, *, by: str = "") -> list[Outcome]:
    """Take what lies in ``folder``; a hub never seen before becomes pending.

    What the county has for these hubs is laid there, and where a range is missing, a request
    for it. ``by`` is who plugged the stick in.

    :raises CarrierError: if there is no `DORFHUB` folder, or it cannot be read.
    """
    medium.require_plain(folder)
    _read_late(county)
    ways: list[tuple[Hub, Carrier]] = []
    strangers = []
    for hub_id in hubs_in(folder):
        hub = county.ledger.hub(hub_id)
        try:
            hub = hub or _meet(county, folder, hub_id)
        except FormatError as error:
            strangers.append(_stranger(county, folder, hub_id, error))
        else:
            ways.append((hub, county.folder(folder, hub_id)))
    outcomes = _puller(county, carrying.stick_name(folder, by)).pull(ways)
    return [*(asking.settle(county, folder, one, now_ms()) for one in outcomes), *strangers]


def export_folder(county: County, folder: Path, *, by: str = "") -> list[tuple[Hub, int]]:
    """Lay what the county has for every confirmed hub on a stick; return how many segments.

    :raises CarrierError: if the medium is absent, full, read-only or fails.
    """
    if not folder.is_dir():
        raise CarrierError(Reason.ABSENT, f"{folder} gibt es nicht")
    medium.require_plain(folder)
    errand = Errand(county, SystemClock(), carrying.stick_name(folder, by))
    hubs = [one for one in county.ledger.hubs() if one.state is HubState.CONFIRMED]
    return [(hub, errand.run(hub, county.folder(folder, hub.hub))) for hub in hubs]


def enrol(county: County, address: str) -> Enrolled:
    """Ask who answers at ``address``, note it as pending and tell it this county's key.

    :raises CarrierError: if nobody answers; the hub is noted if it did before that.
    :raises FormatError: if who answers is no hub.
    :raises ValueError: if ``address`` is none.
    """
    carrier = county.http(address)
    with closing(carrier):
        return _enrol(county, address, carrier)


def find(county: County, typed: str) -> Hub:
    """Return the hub with this id, fingerprint, six words or QR code.

    :raises Unknown: if none has it.
    :raises Refused: if it is nothing of that.
    """
    for hub in county.ledger.hubs():
        if typed.lower() == hub.hub or comparison.matches(hub.public_key, typed):
            return hub
    raise Unknown(
        "Diesen Hub kennt der Landkreis nicht.",
        hint="Die 16 Zeichen aus „dorfhub county status“ angeben.",
    )


def confirm(county: County, typed: str) -> Hub:
    """Trust the hub with this fingerprint, these six words or this QR code.

    :raises Unknown: if none has it.
    :raises Refused: if it is neither, or the words do not check.
    """
    for hub in county.ledger.hubs():
        if comparison.matches(hub.public_key, typed):
            county.ledger.confirm(hub.hub, now_ms=now_ms())
            return county.ledger.hub(hub.hub) or hub
    raise Unknown(
        "Diese Wörter oder diesen Fingerabdruck hat kein bekannter Hub.",
        hint="Ganz eingeben, wie das Dorf sie nennt; „dorfhub county status“ zeigt die bekannten. "
        "Passt es nicht, antwortet unter der Adresse ein anderes Gerät.",
    )


def _enrol(county: County, address: str, carrier: HttpCarrier) -> Enrolled:
    nonce = os.urandom(wire.NONCE_SIZE)
    answer = carrier.head(nonce)
    if answer is None:
        raise CarrierError(Reason.BAD_ANSWER, "nobody answers")
    head, chain = _first_head(carrier, answer, nonce)
    if carrier.answered not in (None, head.hub):
        raise CarrierError(Reason.WRONG_KEY, "the line is one hub's, the answer another's")
    hub = _note(county, head.hub, head.name)
    if chain:
        county.ledger.trust.learn_keys(hub.hub, chain)
    county.ledger.add_address(hub.hub, address, now_ms=now_ms())
    request = wire.Enrolment(
        county=county.identity.name,
        name=county.config.name,
        care_recipients=county.config.care_recipients,
        chain=county.chain,
    )
    said = carrier.enrol(wire.encode_enrolment(request, county.identity))
    state, _ = wire.decode_state(said)
    return Enrolled(hub, known=state == "confirmed")


def _first_head(
    carrier: Carrier, answer: bytes, nonce: bytes
) -> tuple[wire.Head, Sequence[Rotation]]:
    """Return the head of a hub never seen before, which may have changed its key."""
    try:
        return wire.decode_head(answer, nonce=nonce), ()
    except SignatureError:
        data = carrier.keys()
        if data is None:
            raise
        chain = rotation.decode(data)
        name = chain[0].name
        key = rotation.key_now(name, chain)
        return wire.decode_head(answer, nonce=nonce, hub=name, key=key), chain


class _Nowhere:
    """The way to a hub that nobody ever gave an address for."""

    def describe(self) -> str:
        return "-"

    def runs(self) -> Sequence[Run]:
        return ()

    def head(self, *_: object, **__: object) -> bytes | None:
        raise CarrierError(Reason.NO_ADDRESS, "no address is known")

    def fetch(self, *_: object, **__: object) -> None:
        raise CarrierError(Reason.NO_ADDRESS, "no address is known")

    def acknowledge(self, *_: object, **__: object) -> None:
        raise CarrierError(Reason.NO_ADDRESS, "no address is known")

    def keys(self) -> bytes | None:
        raise CarrierError(Reason.NO_ADDRESS, "no address is known")

    def tell(self, *_: object, **__: object) -> None:
        raise CarrierError(Reason.NO_ADDRESS, "no address is known")

    def close(self) -> None:
        pass


_LINE = frozenset(map(str, Reason))


def _addresses(county: County, hub: Hub) -> list[str]:
    """Return where to look; `""` is nowhere. A hub that comes by stick needs no address."""
    addresses = county.addresses(hub.hub)
    if not addresses and hub.last_success_at is None:
        return [""]
    return addresses


def _read_late(county: County) -> None:
    # the visits that follow meet the same and say so
    with suppress(LakeError, OSError), county.streams() as streams:
        late.read(county.config, county.lake, lambda hub: erasure.series(streams, hub))


def _puller(county: County, stick: str = "") -> Puller:
    return Puller(
        county,
        now_ms=now_ms,
        nonce=lambda: os.urandom(wire.NONCE_SIZE),
        errand=Errand(county, SystemClock(), stick),
    )


def _note(county: County, public_key: bytes, name: str) -> Hub:
    return county.ledger.add_hub(
        identity.short_id(public_key),
        public_key=public_key,
        fingerprint=identity.fingerprint(public_key),
        name=name,
        now_ms=now_ms(),
    )


def _meet(county: County, folder: Path, hub_id: str) -> Hub:
    """Learn an unknown hub's key from the first segment it signed on the stick.

    :raises FormatError: if no bundle there is by the hub that the folder is named after.
    """
    carrier = county.folder(folder, hub_id)
    chain: Sequence[Rotation] = ()
    with suppress(FormatError):  # damaged: the first segment may do without
        chain = rotation.decode(carrier.keys() or b"")
    for run in carrier.runs():
        file = carrier.file(run)
        if file.name.endswith(SEALED):
            continue  # a bus comes from hubs that know this county, and it them
        try:
            with file.open("rb") as stream:
                first = next(iter(bundle.Reader(stream)))
        except OSError as error:
            raise disk_error(error, file) from error
        except (FormatError, StopIteration):
            continue
        key = first.header.hub
        if identity.short_id(key) == hub_id:
            header = first.header
            if chain and chain[0].name != key:
                chain = ()
            segment.verify(first, key, rotation.key_at(key, chain, header.epoch, header.seq))
            hub = _note(county, key, "")
            if chain:
                county.ledger.trust.learn_keys(hub.hub, chain)
            return hub
    raise FormatError(f"{folder / ROOT / hub_id} has no bundle by that hub")


def _stranger(county: County, folder: Path, hub_id: str, error: FormatError) -> Outcome:
    county.ledger.add_finding(Finding(now_ms(), None, str(folder), Fault.FORGED, str(error), None))
    return Outcome(hub_id, "", str(folder), Fault.FORGED, str(error))
