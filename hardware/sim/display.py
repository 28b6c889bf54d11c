"""The device's side of pairing: what its display shows, and whether it wants to pair at all."""

from __future__ import annotations

from bumble.pairing import PairingConfig, PairingDelegate


def pairing_config(passkey: int | None, *, refuses: bool) -> PairingConfig:
    """Return how a device pairs: Secure Connections, with its passkey if it has one."""
    return PairingConfig(
        sc=True,
        mitm=passkey is not None,
        bonding=True,
        delegate=Display(passkey, refuses=refuses),
    )


class Display(PairingDelegate):
    """Shows the device's own passkey, if it has one."""

    def __init__(self, passkey: int | None, *, refuses: bool = False) -> None:
        super().__init__(
            self.NO_OUTPUT_NO_INPUT if passkey is None else self.DISPLAY_OUTPUT_ONLY,
            local_responder_key_distribution=self.KeyDistribution.DISTRIBUTE_ENCRYPTION_KEY,
        )
        self._passkey = passkey
        self._refuses = refuses

    async def accept(self) -> bool:
        """Refuse if the device belongs to a phone already."""
        return not self._refuses

    async def confirm(self, auto: bool = False) -> bool:  # noqa: ARG002, FBT001, FBT002
        """Refuse Just Works if there is a passkey to show."""
        return self._passkey is None

    async def generate_passkey(self) -> int:
        """Return the passkey that the device has been given."""
        if self._passkey is None:
            raise ValueError("this device has no display")
        return self._passkey

    async def display_number(self, number: int, digits: int) -> None:
        """Show the number to whoever stands in front of the device."""
