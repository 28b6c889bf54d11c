"""How the exchange stands, as one JSON object and as German lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict, cast

from edge.store.errors import StoreError
from edge.store.village_rows import Exchange
from hardware.reading import TimeQuality
from sync import erasing, identity, words
from sync.certificate import store
from sync.certificate.keeper import State, state_of
from sync.commands import told
from sync.commands.moments import iso, local
from sync.commands.told import ToldReport
from sync.custody import Receipt
from sync.erasing import Noted
from sync.node import Node
from sync.peers import Peer
from sync.stream import CARE, METER, OBSERVATION, PLACED_CARE

_RECEIPTS_SHOWN = 12
_CARRIERS = {"stick": "Stick", "bus": "Bus"}
_ROADS = {"call": "Der Hub ruft an", "stick": "USB-Stick", "bus": "Bus des Kreises"}


class PeerReport(TypedDict):
    """One county. Times are ISO 8601, UTC."""

    fingerprint: str
    words: str
    name: str
    confirmed: bool
    asks_for_care: list[str]
    care_recipients: list[str]
    acknowledged_seq: int
    last_contact: str | None
    last_success: str | None
    last_error: str | None
    last_error_at: str | None
    advice: str


class RoadReport(TypedDict):
    """One way out of the village. Times are ISO 8601, UTC; ``code`` is `ok` or why not."""

    road: str
    kind: str
    code: str
    message: str
    hint: str
    at: str | None
    last_good: str | None


class Report(TypedDict):
    """All of it. ``waiting`` counts segments that no county, or not every one, has yet."""

    fingerprint: str
    words: str
    hub: str
    epoch: str
    first_seq: int
    last_seq: int
    acknowledged_seq: int
    waiting: int
    unsealed_rows: int
    unsealed_care_rows: int | None
    care: str
    clock: str
    peers: list[PeerReport]
    roads: list[RoadReport]
    from_county: list[StreamReport]
    kept: list[KeptReport]
    custody: list[CustodyReport]
    erasures: list[ErasureReport]
    told: ToldReport
    certificate: CertificateReport | None


class CertificateReport(TypedDict):
    """How it stands with the certificate for browsers; ``until`` of the one that is there."""

    name: str
    code: str
    message: str
    hint: str
    until: str | None


class StreamReport(TypedDict):
    """How far one stream of a county's was taken; ``way`` is `line` or a stick's name."""

    county: str
    epoch: str
    seq: int
    taken_at: str | None
    way: str


class KeptReport(TypedDict):
    """What came from a county and this program does not know; it is kept."""

    county: str
    what: str
    count: int


class CustodyReport(TypedDict):
    """Who carried which segments; ``ours`` if this hub wrote them. By the signer's clock."""

    carrier: str
    kind: str
    name: str
    act: str
    ours: bool
    epoch: str
    first: int
    last: int
    at: str | None


class ErasureReport(TypedDict):
    """An order to erase, what the county answered, and where copies still are."""

    ordered_at: str | None
    bodies: int
    seq: int
    answered_at: str | None
    answer: dict[str, object] | None
    remains: list[str]


def gather(node: Node) -> Report:
    """Return how it stands; changes nothing but for the tables that are missing yet."""
    position = node.outbox.position()
    acknowledged = node.peers.acknowledged()
    exchanges = {exchange.peer: exchange for exchange in node.village.exchanges()}
    care_rows, care = _care(node)
    receipts = node.book.numbered()
    return Report(
        fingerprint=identity.fingerprint(node.identity.name),
        words=words.spoken(node.identity.name),
        hub=identity.short_id(node.identity.name),
        epoch=position.epoch.hex(),
        first_seq=position.first_seq,
        last_seq=position.last_seq,
        acknowledged_seq=acknowledged,
        waiting=position.last_seq - acknowledged,
        unsealed_rows=node.outbox.waiting(METER, node.connection).rows,
        unsealed_care_rows=care_rows,
        care=care,
        clock=_clock(node.clock.stamp().quality),
        peers=[
            _peer(peer, exchanges.get(peer.public_key.hex()), position.last_seq)
            for peer in node.peers.all()
        ],
        from_county=[
            StreamReport(
                county=_county(node, one.county),
                epoch=one.epoch.hex(),
                seq=one.seq,
                taken_at=iso(one.taken_at),
                way=one.way,
            )
            for one in node.inflow.stands()
        ],
        kept=[
            KeptReport(county=_county(node, one.county), what=one.what, count=one.count)
            for one in node.inflow.kept()
        ],
        custody=[_custody(node, one) for _, one in receipts[-_RECEIPTS_SHOWN:]],
        erasures=[_erasure(node, one, receipts) for one in erasing.noted(node.connection)],
        told=told.gather(node),
        certificate=_certificate(node),
        roads=[
            RoadReport(
                road=road.road,
                kind=road.kind,
                code=road.code,
                message=road.message,
                hint=road.hint,
                at=iso(road.at),
                last_good=iso(road.last_good_at),
            )
            for road in node.village.roads()
        ],
    )


def lines(found: Report) -> Iterator[str]:
    """Yield the report for people."""
    yield f"Dieser Hub:      {found['fingerprint']}"
    yield f"Sechs Wörter:    {found['words']}"
    yield f"Versiegelt:      bis Segment {found['last_seq']}"
    yield f"Bestätigt:       bis Segment {found['acknowledged_seq']}"
    yield f"Wartet:          {found['waiting']} Segmente, {found['unsealed_rows']} neue Messungen"
    if found["care"]:
        yield f"Pflegedaten:     {found['care']}"
    elif found["unsealed_care_rows"]:
        yield f"Pflegedaten:     {found['unsealed_care_rows']} neue Messungen"
    if found["clock"]:
        yield f"Uhr:             {found['clock']} [clock]"
        yield "  -> Netz (NTP) oder Uhrenbaustein prüfen: dorfhub doctor"
    yield from _certificate_lines(found["certificate"])
    yield from told.lines(found["told"])
    if not found["peers"]:
        yield "Landkreis:       Noch hat sich keiner angemeldet."
        yield "  -> Dort ausführen lassen: dorfhub county enrol"
    for peer in found["peers"]:
        yield from _peer_lines(peer)
    for road in found["roads"]:
        yield from _road_lines(road)
    yield from _inflow_lines(found)


def _certificate(node: Node) -> CertificateReport | None:
    web = node.config.web
    if not web.name:
        return None
    try:
        state = state_of(web, store.last(node.connection), node.clock.stamp())
    except OSError as error:
        state = State("unreadable", f"{web.certificate} ist nicht lesbar: {error.strerror}")
    return CertificateReport(
        name=web.name,
        code=state.code,
        message=state.message,
        hint=state.hint,
        until=iso(state.until_ms),
    )


def _clock(quality: TimeQuality) -> str:
    """Return what is wrong with the hub's clock; nothing if it knows the time."""
    if quality > TimeQuality.UNKNOWN:
        return ""
    return "Der Hub weiß nicht, wie spät es ist; Messungen werden später eingeordnet."


def _peer_lines(peer: PeerReport) -> Iterator[str]:
    yield ""
    yield f"{peer['name']}: {'bestätigt' if peer['confirmed'] else 'wartet auf Bestätigung'}"
    yield f"  Sechs Wörter:     {peer['words']}"
    yield f"  Fingerabdruck:    {peer['fingerprint']}"
    if peer["confirmed"]:
        yield f"  Bestätigt:        bis Segment {peer['acknowledged_seq']}"
        yield f"  Letzter Kontakt:  {local(peer['last_contact'])}"
        yield f"  Letzter Erfolg:   {local(peer['last_success'])}"
    if peer["last_error"]:
        yield f"  Letzter Fehler:   {local(peer['last_error_at'])}: {peer['last_error']}"
    if peer["advice"]:
        yield f"  -> {peer['advice']}"


def _certificate_lines(found: CertificateReport | None) -> Iterator[str]:
    if found is not None:
        yield f"Zertifikat:      {found['message']} [{found['code']}]"
        if found["hint"]:
            yield f"  -> {found['hint']}"


def _road_lines(road: RoadReport) -> Iterator[str]:
    yield ""
    title = _ROADS.get(road["kind"], road["kind"])
    yield f"{title}: {road['road']}" if road["kind"] == "call" else title
    yield f"  {road['message']} [{road['code']}] {local(road['at'])}"
    yield f"  Zuletzt gut:      {local(road['last_good'])}"
    if road["hint"] and road["code"] != "ok":
        yield f"  -> {road['hint']}"


def _inflow_lines(found: Report) -> Iterator[str]:
    """Say what came from the county, who carried what, and what was erased."""
    for stream in found["from_county"]:
        way = "über die Leitung" if stream["way"] == "line" else f"mit dem Stick {stream['way']}"
        yield ""
        yield f"Von {stream['county']}: bis Sendung {stream['seq']} (Reihe {stream['epoch']})"
        yield f"  Zuletzt:          {local(stream['taken_at'])}, {way}"
    for kept in found["kept"]:
        yield (
            f"  Aufgehoben für eine spätere Programmversion von {kept['county']}: "
            f"{kept['count']}-mal {kept['what']}"
        )
    if found["custody"]:
        yield ""
        yield "Unterwegs:"
    for one in found["custody"]:
        what = "Sendungen" if one["ours"] else "Sendungen des Landkreises"
        act = {"taken": "übernommen", "given": "abgegeben"}.get(one["act"], "Kopie gelöscht")
        yield (
            f"  {local(one['at'])}: {_CARRIERS.get(one['kind'], one['kind'])} {one['name']}: "
            f"{what} {one['first']} bis {one['last']} {act} (Quittung von {one['carrier']})"
        )
    for order in found["erasures"]:
        yield ""
        yield f"Löschauftrag vom {local(order['ordered_at'])}: {order['bodies']} Sendungen"
        answer = order["answer"]
        if answer is None:
            yield "  Der Landkreis hat noch nicht geantwortet."
        else:
            yield (
                f"  Der Landkreis am {local(order['answered_at'])}: {answer['segments']} "
                f"Sendungen und {answer['rows']} Messwerte gelöscht."
            )
        for left in order["remains"]:
            yield f"  Noch vorhanden:   {left}"


def _custody(node: Node, one: Receipt) -> CustodyReport:
    return CustodyReport(
        carrier=_carrier(node, one.carrier),
        kind=str(one.kind),
        name=one.name,
        act=str(one.act),
        ours=one.writer == node.identity.name,
        epoch=one.epoch.hex(),
        first=one.first,
        last=one.last,
        at=iso(one.at_ms),
    )


def _erasure(node: Node, one: Noted, receipts: list[tuple[int, Receipt]]) -> ErasureReport:
    counties = [peer.public_key for peer in node.peers.all() if peer.confirmed]
    remains = list(erasing.copies_out(one, receipts, node.identity.name, counties))
    if one.answer is not None:
        remains += [str(left) for left in cast("list[object]", one.answer["remains"])]
    return ErasureReport(
        ordered_at=iso(one.ordered_at),
        bodies=one.bodies,
        seq=one.seq,
        answered_at=iso(one.answered_at),
        answer=one.answer,
        remains=remains,
    )


def _county(node: Node, name: bytes) -> str:
    peer = node.peers.get(name)
    return peer.name if peer else identity.short_id(name)


def _carrier(node: Node, name: bytes) -> str:
    if name == node.identity.name:
        return "diesem Hub"
    peer = node.peers.get(name)
    return peer.name if peer else f"Schlüssel {identity.short_id(name)[:8]}"


def _care(node: Node) -> tuple[int | None, str]:
    if not node.peers.care_recipients():
        return None, "Kein Empfänger für Pflegedaten ist bestätigt; sie bleiben im Dorf."
    try:
        with node.sealer.open_personal() as store:
            kinds = (CARE, OBSERVATION, PLACED_CARE)
            return sum(node.outbox.waiting(kind, store.connection).rows for kind in kinds), ""
    except StoreError as error:
        return None, error.hint


def _peer(peer: Peer, exchange: Exchange | None, last_seq: int) -> PeerReport:
    exchange = exchange or Exchange(peer.public_key.hex())
    failing = (exchange.last_error_at or 0) > (exchange.last_success_at or 0)
    return PeerReport(
        fingerprint=identity.fingerprint(peer.public_key),
        words=words.spoken(peer.public_key),
        name=peer.name,
        confirmed=peer.confirmed,
        asks_for_care=list(peer.asked_recipients or ()),
        care_recipients=list(peer.care_recipients),
        acknowledged_seq=peer.acknowledged_seq,
        last_contact=iso(exchange.last_contact_at),
        last_success=iso(exchange.last_success_at),
        last_error=exchange.last_error if failing else None,
        last_error_at=iso(exchange.last_error_at) if failing else None,
        advice=_advice(peer, exchange, failing=failing, last_seq=last_seq),
    )


def _advice(peer: Peer, exchange: Exchange, *, failing: bool, last_seq: int) -> str:
    typed = words.spoken(peer.public_key).lower()
    if not peer.confirmed:
        return (
            "Die sechs Wörter am Telefon mit dem Landkreis vergleichen, dann: "
            f"dorfhub sync enrol {typed}"
        )
    if peer.asked_recipients is not None:
        return (
            "Der Landkreis nennt andere Empfänger für Pflegedaten. Nachfragen, dann bestätigen: "
            f"dorfhub sync enrol {typed}"
        )
    if failing:
        return "Beim Landkreis nachfragen: dorfhub county status sagt dort, woran es liegt."
    if exchange.last_contact_at is None:
        return "Der Landkreis hat noch nie abgeholt: dort `dorfhub county pull` ausführen lassen."
    if peer.acknowledged_seq < last_seq and exchange.last_success_at is None:
        return "Der Landkreis hat abgeholt, aber noch nichts bestätigt."
    return ""
