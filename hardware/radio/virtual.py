"""The virtual radio: our own stack on a controller that a simulator runs, over TCP."""

from __future__ import annotations

from pathlib import Path

from bumble.transport import open_transport
from bumble.transport.common import Transport

from hardware.errors import TransportError
from hardware.radio.bleak_radio import PasskeyAsker
from hardware.radio.bumble_stack import BumbleStack


def virtual_stack(
    adapter: str, keystore: Path, ask_passkey: PasskeyAsker | None = None
) -> BumbleStack:
    """Return a stack on the controller at `tcp:HOST:PORT`.

    :raises TransportError: if ``adapter`` is no such name.
    """
    scheme, _, place = adapter.partition(":")
    host, _, port = place.rpartition(":")
    if scheme != "tcp" or not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise TransportError(
            f"{adapter!r} is no virtual adapter",
            hint='In hub.toml unter [radio]: adapter = "tcp:127.0.0.1:PORT".',
        )

    async def open_hci() -> Transport:
        return await open_transport(f"tcp-client:{place}")

    return BumbleStack(
        "virtual",
        open_hci,
        keystore,
        ask_passkey,
        hint="Bitte den Simulator starten: `dorfhub ble simulate`.",
    )
