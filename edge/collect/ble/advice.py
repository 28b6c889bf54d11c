"""What a person is to do when pairing did not work. Pure."""

from __future__ import annotations

from hardware.errors import DeviceRefused, HardwareError

NOT_IN_REACH = (
    "Das Gerät ist nicht mehr zu hören. Bitte näher an den Hub legen, die Kopplung noch einmal "
    "starten und, wenn es dabei bleibt, die Batterie wechseln."
)
NO_ANSWER = (
    "Das Gerät hat die Verbindung nicht angenommen oder ist mitten darin verstummt. Bitte direkt "
    "neben den Hub legen; bleibt es dabei, die Batterie wechseln."
)
WRONG_CODE = (
    "Der Code stimmte nicht. Bitte die Kopplung am Gerät noch einmal starten und die sechs Ziffern "
    "von seiner Anzeige abtippen; jedes Mal zeigt es andere."
)
NO_CODE = (
    "Das Gerät zeigt einen Code, und niemand hat ihn rechtzeitig eingegeben. Bitte noch einmal "
    "koppeln und die sechs Ziffern innerhalb einer halben Minute eintippen."
)
REFUSED = (
    "Das Gerät lehnt ab. Meist ist es schon mit einem Handy gekoppelt: dort Bluetooth ausschalten "
    "oder das Gerät entfernen, dann am Gerät die Kopplung neu starten. Manche Geräte müssen dafür "
    "auf Werkseinstellung zurückgesetzt werden (siehe Anleitung)."
)
ADAPTER = (
    "Der Bluetooth-Adapter des Hubs antwortet nicht. Bitte ab- und wieder anstecken oder den Hub "
    "neu starten."
)


def advice(error: HardwareError, *, asked: bool) -> str:
    """Return what to do. ``asked``: a person was asked for a code and gave one."""
    text = str(error).lower()
    if isinstance(error, DeviceRefused):
        if asked:
            return WRONG_CODE
        return NO_CODE if "passkey" in text else REFUSED
    if "no new sensor" in text and error.hint:
        return error.hint
    if "not in reach" in text:
        return NOT_IN_REACH
    if any(word in text for word in ("adapter", "radio", "system bus", "bluetoothd")):
        return error.hint or ADAPTER
    return NO_ANSWER
