"""Byte lines, named by monikers and opened by :func:`open_transport`."""

from hardware.errors import MonikerError
from hardware.transport.base import Transport
from hardware.transport.moniker import Moniker, open_transport
from hardware.transport.recording import Direction, Recorded, RecordingError, RecordingReader

__all__ = [
    "Direction",
    "Moniker",
    "MonikerError",
    "Recorded",
    "RecordingError",
    "RecordingReader",
    "Transport",
    "open_transport",
]
