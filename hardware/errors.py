"""Everything the hardware floor may raise, by whose fault it is."""

from __future__ import annotations


class HardwareError(Exception):
    """Base of every error this floor raises; ``hint`` says what a person can do about it."""

    hint: str = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        if hint:
            self.hint = hint


class FrameError(HardwareError, ValueError):
    """The peer sent bytes that are no valid frame.

    ``offset`` counts bytes from the start of the stream, so that the report can be
    matched against a recording.
    """

    def __init__(self, message: str, *, offset: int, hint: str = "") -> None:
        super().__init__(f"{message} at byte {offset}", hint=hint)
        self.offset = offset


class DecodeError(HardwareError, ValueError):
    """A valid frame carries content that breaks its own standard.

    ``offset`` counts bytes from the start of the frame or characteristic value.
    """

    def __init__(self, message: str, *, offset: int | None = None, hint: str = "") -> None:
        super().__init__(message if offset is None else f"{message} at byte {offset}", hint=hint)
        self.offset = offset


class Unsupported(DecodeError):
    """The content is valid as far as it was read, but no decoder for it exists here."""


class DeviceRefused(DecodeError):
    """The device itself answered with an error (M-Bus CI 70, an ATT error, ...)."""


class KeyRequired(DecodeError):
    """The content is encrypted and no key is known for this device."""


class WrongKey(DecodeError):
    """The content is encrypted and the key at hand does not open it."""


class Unauthenticated(DecodeError):
    """The content is plain although this device is known to encrypt: it may be forged."""


class TransportError(HardwareError, OSError):
    """The line failed: absent, unplugged, refused or cut. Retry with backoff."""


class MonikerError(HardwareError, ValueError):
    """A line was named in a way that cannot be opened: a typing error, never retried."""
