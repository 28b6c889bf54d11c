"""Radios by their names in `hub.toml`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Literal

from hardware.errors import TransportError
from hardware.radio.base import Radio
from hardware.radio.bleak_radio import BleakRadio, PasskeyAsker

RadioKind = Literal["bluez", "strict", "virtual"]


def open_radio(
    kind: RadioKind,
    adapter: str,
    keystore: Path,
    *,
    ask_passkey: PasskeyAsker | None = None,
    record: Path | None = None,
) -> Radio:
    """Return the radio, not started yet.

    ``adapter`` is `hci0` for bluez and strict, `tcp:HOST:PORT` for virtual. ``keystore`` is the
    file of our own stack's bonds (BlueZ keeps its own). ``ask_passkey`` is asked, with the device's
    address, for the six digits that a device shows; without it only Just Works pairing is possible.
    ``record`` is a file to which all that passes between our own stack and the adapter is appended,
    readings in the clear among it (btsnoop).

    :raises TransportError: if the radio's libraries are not installed, the name is no adapter's,
        or this radio cannot be recorded.
    """
    if kind == "bluez" and record is not None:
        raise TransportError(
            "with bluez the adapter is bluetoothd's, and this program sees no packets",
            hint=f"Aufzeichnen kann das: sudo btmon -w {record}. Lesbar ist es ebenso mit "
            "`dorfhub ble replay`. Bitte record in hub.toml streichen.",
        )
    if kind == "bluez":
        from hardware.radio.bluez import BluezStack  # noqa: PLC0415  # loads D-Bus

        return BleakRadio(BluezStack(adapter, ask_passkey))
    try:
        # both need an optional extra
        from hardware.radio.recorder import recorded  # noqa: PLC0415
        from hardware.radio.strict import strict_stack  # noqa: PLC0415
        from hardware.radio.virtual import virtual_stack  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "bumble":
            raise
        raise TransportError(
            f"the {kind} radio needs Bumble, which is not installed",
            hint=f'Bitte nachinstallieren: pip install "dorfhub[{kind}]".',
        ) from error
    make = strict_stack if kind == "strict" else virtual_stack
    stack = make(adapter, keystore, ask_passkey)
    if record is not None:
        stack.tap(partial(recorded, path=record))
    return BleakRadio(stack)
