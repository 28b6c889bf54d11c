"""How a payload of the care lane is sealed on its way into the journal."""

from __future__ import annotations

from edge.store.errors import StoreError


class PayloadSealer:
    """Seals bytes to one age recipient.

    :raises StoreError: if that is none.
    """

    def __init__(self, recipient: str) -> None:
        import pyrage  # noqa: PLC0415  # a hub without care sensors does not load it

        self._encrypt = pyrage.encrypt
        try:
            self._recipient = pyrage.x25519.Recipient.from_str(recipient.strip())
        except pyrage.RecipientError as error:
            raise StoreError(
                "the care public key is no age recipient (age1...)",
                hint="keys/care.pub ist beschädigt. Bitte aus der Sicherung zurückholen.",
            ) from error

    def __call__(self, payload: bytes) -> bytes:
        """Return ``payload`` sealed: nobody here can open it again."""
        sealed: bytes = self._encrypt(payload, [self._recipient])
        return sealed
