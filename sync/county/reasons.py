"""Why something did not come: codes for programs, sentences for people.

A code is either the carrier's (`sync.carrier.base.Reason`, the line's fault: the next pull
tries again) or one of the county's own below.
"""

from __future__ import annotations

from enum import StrEnum

from sync.carrier.base import Reason

OK = "ok"


class Fault(StrEnum):
    """What the county itself finds wrong."""

    NOT_CONFIRMED = "not_confirmed"  # no person has compared the fingerprint yet
    QUARANTINED = "quarantined"  # a person must look before anything more is taken
    FORGED = "forged"  # signed by nobody, or by another than this hub
    REPLAYED = "replayed"  # an old answer of the hub's, played back
    RETIRED_KEY = "retired_key"  # signed by a key of this hub's that was replaced
    KEY_CONFLICT = "key_conflict"  # the hub's key was changed twice, differently
    REVOKED = "revoked"  # above the number up to which the hub's key is believed
    DAMAGED = "damaged"  # bytes changed on the way
    NEWER = "newer"  # written by a later major version of the program
    FORK = "fork"  # two signed segments with one number
    ROLLED_BACK = "rolled_back"  # the hub has less than it had
    GAP = "gap"  # something in between is missing: what came waits
    GONE = "gone"  # the hub no longer has what the county never got
    UNACKNOWLEDGED = "unacknowledged"  # taken, but the hub could not be told
    UNDELIVERED = "undelivered"  # all was taken, but what the county has for the hub stays here
    LAKE = "lake"  # the county's own lake could not be written


_SENTENCES: dict[str, tuple[str, str]] = {
    OK: ("Alles ist angekommen.", ""),
    Reason.NO_ADDRESS: (
        "Für diesen Hub ist keine Adresse bekannt.",
        "Mit „dorfhub county enrol URL“ eine Adresse angeben oder die Daten per Stick holen.",
    ),
    Reason.UNRESOLVED: (
        "Der Name des Hubs lässt sich nicht in eine Adresse auflösen.",
        "Adresse und Namensdienst prüfen.",
    ),
    Reason.UNREACHABLE: (
        "Zum Hub führt im Moment kein Weg durch das Netz.",
        "Netzanschluss auf beiden Seiten prüfen; der nächste Abruf versucht es wieder.",
    ),
    Reason.REFUSED: (
        "Das Gerät antwortet, aber der Abgleich läuft dort nicht.",
        "Im Dorf nachsehen lassen, ob der Hub läuft („dorfhub doctor“).",
    ),
    Reason.WRONG_KEY: (
        "An dieser Adresse antwortet ein anderes Gerät als dieser Hub; nichts wurde ausgetauscht.",
        "Hat der Hub eine neue Adresse? Die richtige angeben: „dorfhub county enrol URL“.",
    ),
    Reason.NOT_CALLING: (
        "Der Hub ruft sonst selbst an, im Moment aber nicht.",
        "Im Dorf nachsehen lassen: „dorfhub sync status“ sagt dort, warum er nicht durchkommt.",
    ),
    Reason.TIMEOUT: (
        "Der Hub hat nicht rechtzeitig geantwortet.",
        "Vermutlich ist er aus oder die Leitung schwach; der nächste Abruf versucht es wieder.",
    ),
    Reason.CUT: (
        "Die Verbindung ist mitten in der Übertragung abgerissen.",
        "Der nächste Abruf macht dort weiter, wo sie abriss.",
    ),
    Reason.ABSENT: (
        "Was geholt werden sollte, ist dort nicht vorhanden.",
        "Prüfen, ob der richtige Stick oder Ordner verbunden ist.",
    ),
    Reason.NOT_ENROLLED: (
        "Der Hub kennt diesen Landkreis noch nicht.",
        "Im Dorf den Fingerabdruck des Landkreises bestätigen lassen („dorfhub sync enrol“).",
    ),
    Reason.CLOCK: (
        "Die Uhren von Hub und Landkreis gehen zu weit auseinander.",
        "Uhrzeit auf beiden Seiten prüfen.",
    ),
    Reason.BUSY: (
        "Der Hub ist gerade ausgelastet.",
        "Der nächste Abruf versucht es wieder.",
    ),
    Reason.TOO_LARGE: (
        "Die Gegenseite schickt mehr, als erlaubt ist.",
        "Adresse prüfen: Dort antwortet vielleicht etwas anderes als ein Hub.",
    ),
    Reason.BAD_ANSWER: (
        "Die Gegenseite antwortet, aber nicht wie ein Hub.",
        "Adresse und Programmversion prüfen.",
    ),
    Reason.DISK_FULL: (
        "Der Datenträger ist voll.",
        "Platz schaffen; der nächste Abruf macht weiter.",
    ),
    Reason.READ_ONLY: (
        "Auf den Datenträger darf nicht geschrieben werden.",
        "Schreibschutz und Rechte prüfen.",
    ),
    Reason.UNREADABLE: (
        "Der Datenträger lässt sich nicht lesen.",
        "Den Stick im Dorf neu beschreiben lassen.",
    ),
    Fault.NOT_CONFIRMED: (
        "Der Fingerabdruck dieses Hubs wurde noch nicht bestätigt; es wird nichts übernommen.",
        "Die sechs Wörter mit dem Dorf vergleichen, dann „dorfhub county confirm WÖRTER“.",
    ),
    Fault.QUARANTINED: (
        "Dieser Hub ist gesperrt, bis jemand nachgesehen hat.",
        "Zweites Gerät aus, im Dorf „sync new-epoch“, dann hier „county confirm WÖRTER“.",
    ),
    Fault.FORGED: (
        "Die Unterschrift stammt nicht von diesem Hub; nichts wurde übernommen.",
        "Adresse oder Herkunft prüfen: Dort antwortet ein anderes Gerät.",
    ),
    Fault.REPLAYED: (
        "Es kam eine alte Antwort des Hubs noch einmal; nichts wurde übernommen.",
        "Die Leitung oder Adresse prüfen: jemand spielt Aufgezeichnetes ab.",
    ),
    Fault.RETIRED_KEY: (
        "Die Unterschrift ist mit einem abgelösten Schlüssel des Hubs gemacht.",
        "Läuft im Dorf eine alte Karte oder Sicherung? Dort anrufen und vergleichen.",
    ),
    Fault.KEY_CONFLICT: (
        "Der Schlüssel des Hubs wurde zweimal verschieden gewechselt: zwei Geräte haben ihn.",
        "Im Dorf anrufen: Welcher Wechsel ist echt? Sonst „county revoke“ und neu anmelden.",
    ),
    Fault.REVOKED: (
        "Der Schlüssel dieses Hubs ist gesperrt: höhere Nummern werden nicht übernommen.",
        "Im Dorf einen neuen Schlüssel anlegen lassen und den Hub neu anmelden.",
    ),
    Fault.DAMAGED: (
        "Die Daten sind unterwegs beschädigt worden; nichts davon wurde übernommen.",
        "Noch einmal abrufen oder den Stick neu beschreiben; die Bytes liegen in „quarantine“.",
    ),
    Fault.NEWER: (
        "Der Hub läuft mit einer neueren Programmversion, die dieser Landkreis noch nicht liest.",
        "Dorfhub am Landkreis aktualisieren; der Hub behält bis dahin alles.",
    ),
    Fault.FORK: (
        "Der Hub hat zwei verschiedene Sendungen mit derselben Nummer unterschrieben.",
        "Wurde eine Speicherkarte kopiert oder eine alte Sicherung eingespielt? Im Dorf klären.",
    ),
    Fault.ROLLED_BACK: (
        "Der Hub hat weniger Daten als beim letzten Mal.",
        "Wurde eine alte Sicherung eingespielt? Im Dorf klären.",
    ),
    Fault.GAP: (
        "Dazwischen fehlt eine Sendung; was danach kam, wartet auf sie.",
        "Den fehlenden Stick einlesen oder über das Netz abrufen.",
    ),
    Fault.GONE: (
        "Der Hub hat Sendungen nicht mehr, die hier nie angekommen sind.",
        "Im Dorf nach einem älteren Stick fragen; sonst ist diese Zeit verloren.",
    ),
    Fault.UNDELIVERED: (
        "Was der Landkreis für diesen Hub hat, ließ sich nicht zustellen.",
        "Der nächste Abruf oder Stick bringt es; hält es an, am Hub „dorfhub sync status“ ansehen.",
    ),
    Fault.UNACKNOWLEDGED: (
        "Alles ist übernommen, aber die Quittung kam nicht zum Hub.",
        "Es geht nichts verloren; der nächste Abruf quittiert noch einmal.",
    ),
    Fault.LAKE: (
        "Der Datenspeicher des Landkreises konnte nicht beschrieben werden.",
        "Platz und Rechte im Zustandsordner prüfen; beim Hub ist nichts gelöscht worden.",
    ),
}


def sentence(code: str) -> str:
    """Return what the code means, in German, for a person at the county."""
    return _SENTENCES[code][0]


def hint(code: str) -> str:
    """Return what to do about it, in German; empty if nothing is to do."""
    return _SENTENCES[code][1]
