"""Our pairing agent on the system bus: answers bluetoothd's questions while a device pairs.

Without one, BlueZ from 5.72 on refuses even Just Works pairing on a machine without a desktop.

Source: BlueZ, `doc/org.bluez.Agent.rst`, `doc/org.bluez.AgentManager.rst`.
"""

# The annotations of D-Bus methods are D-Bus type signatures, so they must not be postponed
# into strings of strings: no `from __future__ import annotations` here.

import asyncio

from dbus_fast import DBusError, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_method

from hardware.errors import TransportError
from hardware.radio.bleak_radio import PasskeyAsker

AGENT_PATH = "/de/dorfhub/agent"
PASSKEY_TIMEOUT_S = 60.0  # bluetoothd gives up by itself after about that time
_REJECTED = "org.bluez.Error.Rejected"


class Agent(ServiceInterface):
    """The Agent1 object; ``ask`` is asked for passkeys, None means Just Works only."""

    def __init__(self, ask: PasskeyAsker | None) -> None:
        super().__init__("org.bluez.Agent1")
        self._ask = ask

    @property
    def capability(self) -> str:
        """What is told to bluetoothd that a person can do here."""
        return "NoInputNoOutput" if self._ask is None else "KeyboardOnly"

    @dbus_method()
    async def RequestPasskey(self, device: "o") -> "u":  # type: ignore[name-defined]  # noqa: F821, N802
        """Ask a person for the six digits."""
        address = device.rpartition("/dev_")[2].replace("_", ":")
        try:
            async with asyncio.timeout(PASSKEY_TIMEOUT_S):
                passkey = None if self._ask is None else await self._ask(address)
        except TimeoutError:
            passkey = None
        if passkey is None:
            raise DBusError(_REJECTED, "nobody gave the passkey")
        return passkey

    @dbus_method()
    def RequestConfirmation(self, device: "o", passkey: "u"):  # type: ignore[no-untyped-def, name-defined]  # noqa: ANN201, F821, N802
        """Refuse comparing numbers: nobody sees a display of ours."""
        raise DBusError(_REJECTED, f"{device} shows {passkey}, nobody can compare")

    @dbus_method()
    def RequestAuthorization(self, device: "o"):  # type: ignore[no-untyped-def, name-defined]  # noqa: ANN201, F821, N802
        """Accept Just Works pairing: the hub started it."""

    @dbus_method()
    def Cancel(self):  # type: ignore[no-untyped-def]  # noqa: ANN201, N802
        """Take note that bluetoothd no longer waits."""

    @dbus_method()
    def Release(self):  # type: ignore[no-untyped-def]  # noqa: ANN201, N802
        """Take note that bluetoothd has let go of us."""

    async def register(self, bus: MessageBus) -> None:
        """Become the machine's agent.

        :raises TransportError: if bluetoothd refuses.
        """
        bus.export(AGENT_PATH, self)
        for member, signature, body in (
            ("RegisterAgent", "os", [AGENT_PATH, self.capability]),
            ("RequestDefaultAgent", "o", [AGENT_PATH]),
        ):
            reply = await bus.call(
                Message(
                    destination="org.bluez",
                    path="/org/bluez",
                    interface="org.bluez.AgentManager1",
                    member=member,
                    signature=signature,
                    body=body,
                )
            )
            if reply is None or reply.message_type is MessageType.ERROR:
                why = reply.error_name if reply else "no answer"
                raise TransportError(
                    f"bluetoothd does not take our pairing agent: {why}",
                    hint="Bitte prüfen, ob ein anderes Programm gerade koppelt (bluetoothctl).",
                )
