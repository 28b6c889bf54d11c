"""What a hub does with a county's word, on whatever road it came."""

from __future__ import annotations

from collections.abc import Sequence

from sync import words
from sync.errors import KeyConflict
from sync.outbox import Outbox, Unavailable
from sync.peers import Peers
from sync.rotation import Rotation
from sync.wire import Ack, Notice


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
        raise Unavailable(
            "pending",
            "Die Anmeldung dieser Gegenstelle ist am Hub noch nicht bestätigt.",
            f"Im Dorf ausführen lassen: dorfhub sync enrol {words.spoken(county)}",
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


def heed(notice: Notice, outbox: Outbox, peers: Peers, now_ms: int) -> str:
    """Write down, for the people at the hub, what a county says is wrong; return that.

    :raises Unavailable: if it is not by a confirmed county, not for this hub, or older than
        what that county said last.
    """
    require_confirmed(notice.county, peers)
    if notice.hub != outbox.hub:
        raise Unavailable("epoch", "Die Mitteilung gilt einem anderen Hub.", "Nichts zu tun.")
    text = _NOTICES.get(notice.code, _OTHER).format(seq=notice.seq, code=notice.code)
    last_seq = outbox.position().last_seq
    if not peers.notice(notice, text, last_seq=last_seq, now_ms=now_ms):
        raise Unavailable(
            "replay",
            "Die Mitteilung ist älter als das letzte Wort dieser Gegenstelle.",
            "Nichts zu tun: sie wurde noch einmal abgespielt oder kam zu spät.",
        )
    return text


def learn(chain: Sequence[Rotation], outbox: Outbox, peers: Peers, now_ms: int) -> None:
    """Take a county's change of its key.

    :raises Unavailable: if the county is not known, or says something else than before.
    """
    county = chain[0].name
    try:
        known = peers.learn_keys(chain)
    except KeyConflict as error:
        message = (
            "Diese Gegenstelle hat ihren Schlüssel zweimal verschieden gewechselt: "
            "zwei Geräte haben ihn. Der neue Schlüssel wird nicht angenommen."
        )
        peers.contact(county, last_seq=outbox.position().last_seq, now_ms=now_ms, error=message)
        raise Unavailable("keys", message, "Bitte beim Landkreis anrufen.") from error
    if known is None:
        require_confirmed(county, peers)


_NOTICES = {
    "fork": "Der Landkreis nimmt nichts mehr an: Unter dem Namen dieses Hubs gibt es zwei "
    "verschiedene Sendungen mit einer Nummer (er hat die bis {seq}). "
    "Wurde die Speicherkarte kopiert oder eine alte Sicherung eingespielt? "
    "Das zweite Gerät ausschalten und beim Landkreis anrufen; "
    "danach hier: dorfhub sync new-epoch",
    "rolled_back": "Der Landkreis nimmt nichts mehr an: Er hat schon Sendungen bis Nummer {seq}, "
    "dieser Hub hat weniger. Wurde eine alte Sicherung eingespielt oder läuft hier eine Kopie "
    "der Speicherkarte? Beim Landkreis anrufen; danach hier: dorfhub sync new-epoch",
    "retired_key": "Der Landkreis nimmt nichts mehr an: Dieser Hub unterschreibt mit einem "
    "Schlüssel, der abgelöst wurde. Läuft hier eine alte Karte oder Sicherung? Die Karte mit dem "
    "neuen Schlüssel einsetzen oder beim Landkreis anrufen.",
    "key_conflict": "Der Landkreis nimmt nichts mehr an: Der Schlüssel dieses Hubs wurde zweimal "
    "verschieden gewechselt, zwei Geräte haben ihn. Bitte beim Landkreis anrufen.",
    "revoked": "Der Landkreis hat den Schlüssel dieses Hubs gesperrt: Er nimmt nur Sendungen bis "
    "Nummer {seq} an. Bitte beim Landkreis anrufen; weiter geht es mit einer neuen Anmeldung.",
}
_OTHER = "Der Landkreis nimmt nichts an. Grund: {code}. Bitte dort anrufen."
