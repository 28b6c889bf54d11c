"""What a hub does with a county's word, on whatever road it came."""

from __future__ import annotations

from sync import identity
from sync.outbox import Outbox, Unavailable
from sync.peers import Peers
from sync.wire import Ack


def require_confirmed(county: bytes, peers: Peers) -> None:
    """Return if a person at the hub confirmed this county.

    :raises Unavailable: ``unknown`` or ``pending``, with what a person should do.
    """
    peer = peers.get(county)
    if peer is None:
        raise Unavailable(
            "unknown",
            "Dieser Hub kennt den Schlüssel dieser Gegenstelle nicht.",
            "Zuerst mit `dorfhub county enrol` anmelden und am Hub bestätigen lassen.",
        )
    if not peer.confirmed:
        typed = identity.fingerprint(county).replace(" ", "-")
        raise Unavailable(
            "pending",
            "Die Anmeldung dieser Gegenstelle ist am Hub noch nicht bestätigt.",
            f"Im Dorf ausführen lassen: dorfhub sync enrol {typed}",
        )


def accept(ack: Ack, outbox: Outbox, peers: Peers, now_ms: int) -> None:
    """Note an acknowledgement. The same or an older one again changes nothing.

    :raises Unavailable: if it is not by a confirmed county, not for this hub and epoch, or for
        segments that this hub never sealed.
    """
    require_confirmed(ack.county, peers)
    position = outbox.position()
    if (ack.hub, ack.epoch) != (outbox.hub, position.epoch):
        raise Unavailable(
            "epoch",
            "Die Bestätigung gilt einem anderen Hub oder einem früheren Stand seiner Datenbank.",
            "Den Stand des Hubs neu erfragen.",
        )
    if ack.seq > position.last_seq:
        message = (
            f"Bestätigt ist Segment {ack.seq}, dieser Hub hat erst {position.last_seq}: "
            "er wurde aus einer Sicherung zurückgespielt oder kopiert."
        )
        peers.contact(ack.county, last_seq=position.last_seq, now_ms=now_ms, error=message)
        raise Unavailable("ahead", message, "Bitte im Landkreis und im Dorf Bescheid geben.")
    peers.acknowledge(ack, last_seq=position.last_seq, now_ms=now_ms)
