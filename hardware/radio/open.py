"""Radios by their names in `hub.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from hardware.errors import TransportError
from hardware.radio.base import Radio
from hardware.radio.bleak_radio import BleakRadio, PasskeyAsker


def open_radio(
    kind: Literal["bluez", "virtual"],
    adapter: str,
    keystore: Path,
    *,
    ask_passkey: PasskeyAsker | None = None,
) -> Radio:
    """Return the radio, not started yet.

    ``adapter`` is `hci0` for bluez, `tcp:HOST:PORT` for virtual. ``keystore`` is the file of the
    virtual radio's bonds (BlueZ keeps its own). ``ask_passkey`` is asked, with the device's
    address, for the six digits that a device shows; without it only Just Works pairing is possible.

    :raises TransportError: if the radio's libraries are not installed or the name is no adapter's.
    """
    if kind == "virtual":
        try:
            from hardware.radio.virtual import VirtualStack  # noqa: PLC0415  # an optional extra
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "bumble":
                raise
            raise TransportError(
                "the virtual radio needs Bumble, which is not installed",
                hint='Bitte nachinstallieren: pip install "dorfhub[virtual]".',
            ) from error
        return BleakRadio(VirtualStack.on_tcp(adapter, keystore, ask_passkey))
    from hardware.radio.bluez import BluezStack  # noqa: PLC0415  # loads D-Bus

    return BleakRadio(BluezStack(adapter, ask_passkey))
