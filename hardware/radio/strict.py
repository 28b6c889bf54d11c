"""The strict radio: our own stack on the machine's adapter, through the kernel's HCI user channel.

The kernel gives the adapter to this process alone and keeps out of it: no bluetoothd answers for
us, so an indication is confirmed only once its value is on the disk. The price: nothing else on
this machine can use the adapter.
"""

from __future__ import annotations

import errno
import socket
from pathlib import Path

from bumble.transport.common import Transport

from hardware.errors import TransportError
from hardware.radio.bleak_radio import PasskeyAsker
from hardware.radio.bumble_stack import BumbleStack
from hardware.radio.user_channel import open_user_channel

_HINTS = {
    errno.EBUSY: "Ein anderes Programm hat den Adapter. Bitte den Dienst abschalten: "
    "sudo systemctl disable --now bluetooth; danach: sudo hciconfig {adapter} down.",
    errno.EPERM: "Der Hub darf den Adapter nicht nehmen. Der Dienst dorfhub-collector braucht "
    "CAP_NET_ADMIN und CAP_NET_RAW; von Hand: mit sudo starten.",
    errno.ENODEV: "Bitte den Bluetooth-Adapter anstecken oder einschalten (rfkill unblock "
    "bluetooth) und in hub.toml unter [radio] den richtigen nennen, zum Beispiel hci0.",
    errno.ERFKILL: "Der Adapter ist gesperrt. Bitte eingeben: sudo rfkill unblock bluetooth.",
}
_HINTS[errno.EACCES] = _HINTS[errno.EPERM]
_NO_SOCKETS = (
    "Dieser Kernel oder dieses Python kennt kein Bluetooth. Bitte das Python des Systems nehmen "
    '(/usr/bin/python3) oder in hub.toml unter [radio] kind = "bluez".'
)
_NO_ANSWER = "Bitte den Bluetooth-Adapter ab- und wieder anstecken oder den Hub neu starten."


def strict_stack(
    adapter: str, keystore: Path, ask_passkey: PasskeyAsker | None = None
) -> BumbleStack:
    """Return a stack on the adapter `hci0`, `hci1`, ...

    :raises TransportError: if ``adapter`` is no such name.
    """
    number = adapter.removeprefix("hci")
    if number == adapter or not number.isdecimal():
        raise TransportError(
            f"{adapter!r} is no adapter", hint='In hub.toml unter [radio]: adapter = "hci0".'
        )

    async def open_hci() -> Transport:
        if not hasattr(socket, "AF_BLUETOOTH"):
            raise TransportError("Python was built without Bluetooth sockets", hint=_NO_SOCKETS)
        try:
            return await open_user_channel(int(number))
        except OSError as error:
            raise _refused(error, adapter) from error

    return BumbleStack("strict", open_hci, keystore, ask_passkey, hint=_NO_ANSWER)


def _refused(error: OSError, adapter: str) -> TransportError:
    code = error.errno or 0
    hint = _NO_SOCKETS if code == errno.EAFNOSUPPORT else _HINTS.get(code, _NO_ANSWER)
    return TransportError(
        f"the adapter {adapter} cannot be taken: {error.strerror or error}",
        hint=hint.format(adapter=adapter),
    )
