"""Opening what the journal sealed to the care public key."""

from __future__ import annotations


class DoesNotOpen(Exception):
    """The entry is damaged or was sealed to another key."""


class Opener:
    """Opens what the journal sealed.

    :raises DoesNotOpen: if that cannot be opened.
    """

    def __init__(self, identity: str) -> None:
        import pyrage  # noqa: PLC0415  # only the process that may open it

        self._decrypt = pyrage.decrypt
        self._error = pyrage.DecryptError
        self._identities = [pyrage.x25519.Identity.from_str(identity)]

    def __call__(self, sealed: bytes) -> bytes:
        """Return the bytes as they arrived."""
        try:
            opened: bytes = self._decrypt(sealed, self._identities)
        except self._error as error:
            raise DoesNotOpen from error
        return opened
