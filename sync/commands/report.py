"""How the exchange stands, as one JSON object and as German lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from edge.store.errors import StoreError
from edge.store.village_rows import Exchange
from sync import identity, words
from sync.node import Node
from sync.peers import Peer
from sync.stream import CARE, METER

_ZONE = ZoneInfo("Europe/Berlin")  # what the clock in the hall shows


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
    peers: list[PeerReport]


def gather(node: Node) -> Report:
    """Return how it stands; changes nothing but for the tables that are missing yet."""
    position = node.outbox.position()
    acknowledged = node.peers.acknowledged()
    exchanges = {exchange.peer: exchange for exchange in node.village.exchanges()}
    care_rows, care = _care(node)
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
        peers=[
            _peer(peer, exchanges.get(peer.public_key.hex()), position.last_seq)
            for peer in node.peers.all()
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
    if not found["peers"]:
        yield "Landkreis:       Noch hat sich keiner angemeldet."
        yield "  -> Dort ausführen lassen: dorfhub county enrol"
    for peer in found["peers"]:
        yield ""
        yield f"{peer['name']}: {'bestätigt' if peer['confirmed'] else 'wartet auf Bestätigung'}"
        yield f"  Sechs Wörter:     {peer['words']}"
        yield f"  Fingerabdruck:    {peer['fingerprint']}"
        if peer["confirmed"]:
            yield f"  Bestätigt:        bis Segment {peer['acknowledged_seq']}"
            yield f"  Letzter Kontakt:  {_local(peer['last_contact'])}"
            yield f"  Letzter Erfolg:   {_local(peer['last_success'])}"
        if peer["last_error"]:
            yield f"  Letzter Fehler:   {_local(peer['last_error_at'])}: {peer['last_error']}"
        if peer["advice"]:
            yield f"  -> {peer['advice']}"


def _care(node: Node) -> tuple[int | None, str]:
    if not node.peers.care_recipients():
        return None, "Kein Empfänger für Pflegedaten ist bestätigt; sie bleiben im Dorf."
    try:
        with node.sealer.open_personal() as store:
            return node.outbox.waiting(CARE, store.connection).rows, ""
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
        last_contact=_iso(exchange.last_contact_at),
        last_success=_iso(exchange.last_success_at),
        last_error=exchange.last_error if failing else None,
        last_error_at=_iso(exchange.last_error_at) if failing else None,
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


def _iso(at_ms: int | None) -> str | None:
    if at_ms is None:
        return None
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")


def _local(moment: object) -> str:
    """Return an ISO time as people in the village write it, `noch nie` for None."""
    if not isinstance(moment, str):
        return "noch nie"
    return f"{datetime.fromisoformat(moment).astimezone(_ZONE):%d.%m.%Y, %H:%M Uhr}"
