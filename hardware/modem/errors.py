"""What a modem or its network refuses, and what a person can do about it.

Source: 3GPP TS 27.007, 9.2 (+CME ERROR); TS 27.005, 3.2.5 (+CMS ERROR); TS 24.011, annex E.
"""

from __future__ import annotations

from hardware.errors import HardwareError

_PIN = "Die PIN der SIM-Karte in hub.toml unter [alarm.sms] pin prüfen."
_PUK = "Die SIM-Karte ist gesperrt: in ein Telefon stecken und mit der PUK entsperren."
_SIM = "Keine SIM-Karte: das Modem ausstecken, die Karte richtig einlegen, wieder einstecken."
_NET = "Kein Mobilfunknetz: Antenne anschrauben, das Modem ans Fenster legen."
_NUMBER = "Diese Telefonnummer gibt es nicht: die Nummer des Kontakts prüfen."
_CENTRE = (
    "Der SIM-Karte fehlt die Nummer der SMS-Zentrale: beim Anbieter erfragen, mit einem Telefon "
)
_CENTRE += "auf der Karte speichern."
_CREDIT = "Das Netz nimmt keine SMS an: Guthaben und Vertrag der SIM-Karte prüfen."
_HINTS = {
    ("CME", 10): _SIM, ("CME", 13): _SIM, ("CME", 14): "Die SIM-Karte ist noch nicht bereit.",
    ("CME", 15): _SIM, ("CME", 11): _PIN, ("CME", 16): _PIN, ("CME", 12): _PUK, ("CME", 18): _PUK,
    ("CME", 30): _NET, ("CME", 31): _NET, ("CME", 32): _NET,
    ("CMS", 1): _NUMBER, ("CMS", 28): _NUMBER, ("CMS", 8): _CREDIT, ("CMS", 10): _CREDIT,
    ("CMS", 21): _CREDIT, ("CMS", 50): _CREDIT, ("CMS", 69): _CREDIT, ("CMS", 17): _NET,
    ("CMS", 27): _NET, ("CMS", 38): _NET, ("CMS", 41): _NET, ("CMS", 42): _NET, ("CMS", 47): _NET,
    ("CMS", 310): _SIM, ("CMS", 311): _PIN, ("CMS", 316): _PUK, ("CMS", 330): _CENTRE,
    ("CMS", 331): _NET, ("CMS", 332): _NET, ("CMS", 304): _NUMBER,
}  # fmt: skip
_FOR_GOOD = frozenset((("CMS", 1), ("CMS", 28), ("CMS", 304)))
_USUAL = "Das Modem ausstecken, eine Minute warten und wieder einstecken."


class ModemError(HardwareError):
    """The modem or its network said no. ``for_good``: to this it will always say so."""

    def __init__(self, message: str, *, hint: str = "", for_good: bool = False) -> None:
        super().__init__(message, hint=hint or _USUAL)
        self.for_good = for_good


def refused(command: str, kind: str, code: int | None) -> ModemError:
    """Return the error of an answer: ``kind`` is `CME`, `CMS` or empty for a plain ``ERROR``."""
    what = f"+{kind} ERROR {code}" if code is not None else "ERROR"
    key = (kind, -1 if code is None else code)
    return ModemError(f"{command}: {what}", hint=_HINTS.get(key, ""), for_good=key in _FOR_GOOD)


WRONG_PIN_HINT = _PIN
LOCKED_HINT = _PUK
NO_NETWORK_HINT = _NET
