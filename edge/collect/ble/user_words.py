"""What a person is told of a scale's users, and what to do. Pure."""

from __future__ import annotations

from edge.store.scale_users import ScaleUser, UserState
from hardware.ble.user_consent import HINTS, Finish, Outcome
from hardware.ble.user_control import Result

NOT_HEARD = (
    "Die Waage war nicht zu hören. Bitte kurz daraufsteigen, damit sie sich meldet, und es "
    "gleich noch einmal versuchen; bleibt es dabei, die Batterien wechseln."
)
NO_USERS = "Dieses Gerät kennt keine Benutzer, oder es zeigt sie dem Hub nicht."
ONE_BY_ONE = "Es wird schon jemand angemeldet. Bitte eine Person nach der anderen."
UNKNOWN_USER = "Von diesem Benutzer kennt der Hub keinen Code. Bitte zuerst den Code eingeben."
DATA_REFUSED = (
    "Die Waage nimmt diese Angaben nicht an. Bitte an der Waage selbst oder in der App des "
    "Herstellers eintragen."
)
NOT_DELETED = (
    "Die Waage hat den Benutzer nicht gelöscht. Bitte an der Waage selbst löschen, siehe Anleitung."
)
_WRONG_CODE = (
    "Der Code stimmt nicht, oder den Benutzer gibt es auf der Waage nicht mehr. Der Hub versucht "
    "es nicht noch einmal, damit die Waage sich nicht sperrt. Bitte Nummer und Code an der Waage "
    "oder in der App nachsehen und neu eingeben, oder die Person neu anmelden."
)
_FAILED = (
    "Die Waage antwortet nicht oder nimmt den Code gerade nicht an; nach zu vielen falschen "
    "Versuchen sperrt sie sich. Der Hub versucht es in sechs Stunden noch einmal. Schneller geht "
    "es meist, wenn man die Batterien kurz herausnimmt und den Code neu eingibt."
)
_STOPPED = (
    "Die Waage hat den Code zu oft abgelehnt; der Hub versucht es nicht mehr. Bitte die Batterien "
    "kurz herausnehmen und den Code neu eingeben, oder die Person neu anmelden."
)
_UNABLE = "Die Waage kann das nicht. Bitte die Person an der Waage selbst anmelden (Anleitung)."
_STATES = {
    UserState.NEW: "wird beim nächsten Wiegen ausprobiert",
    UserState.OK: "der Code stimmt",
    UserState.PENDING: "Anmeldung unklar",
    UserState.WAITS: "die Waage nimmt den Code gerade nicht an",
    UserState.STOPPED_CODE: "der Code stimmt nicht",
    UserState.STOPPED_REFUSED: "abgelehnt, angehalten",
}
_HINTS = {
    UserState.PENDING: HINTS[Outcome.UNCLEAR],
    UserState.WAITS: _FAILED,
    UserState.STOPPED_CODE: _WRONG_CODE,
    UserState.STOPPED_REFUSED: _STOPPED,
}


def state_word(user: ScaleUser) -> str:
    """Return how it stands with a user."""
    return _STATES[user.state]


def state_hint(user: ScaleUser) -> str:
    """Return what to do about a user, empty if nothing is."""
    return _HINTS.get(user.state, "")


def told(finish: Finish, *, registering: bool) -> str:
    """Return what to do after a registration or a consent, empty if it went well."""
    if finish.outcome is Outcome.CONSENTED:
        return ""
    if finish.outcome is Outcome.REFUSED and finish.result == Result.OP_CODE_NOT_SUPPORTED:
        return _UNABLE
    if not registering and finish.outcome is Outcome.REFUSED:
        return _WRONG_CODE if finish.result == Result.INVALID_PARAMETER else _FAILED
    if not registering and finish.outcome is Outcome.NOT_AUTHORIZED:
        return _WRONG_CODE
    return HINTS[finish.outcome]
