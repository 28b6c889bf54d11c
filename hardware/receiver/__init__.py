"""Receivers of wireless M-Bus: what each one says on its wire, read without any I/O."""

from hardware.receiver.base import (
    Answer,
    Command,
    Damage,
    Heard,
    LinkMode,
    ModeUnsupported,
    Receiver,
)
from hardware.receiver.registry import KINDS, receiver_of
from hardware.receiver.session import Session

__all__ = [
    "KINDS",
    "Answer",
    "Command",
    "Damage",
    "Heard",
    "LinkMode",
    "ModeUnsupported",
    "Receiver",
    "Session",
    "receiver_of",
]
