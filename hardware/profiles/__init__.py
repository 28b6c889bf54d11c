"""What single models of meters mean beyond the standard: data files, and what reads them."""

from hardware.profiles.bits import Flag
from hardware.profiles.check import Mistake, check
from hardware.profiles.interpret import Interpreted, interpret
from hardware.profiles.load import ProfileError, parse
from hardware.profiles.message import decode_message, header_of
from hardware.profiles.model import Profile
from hardware.profiles.registry import Registry, shipped

__all__ = [
    "Flag",
    "Interpreted",
    "Mistake",
    "Profile",
    "ProfileError",
    "Registry",
    "check",
    "decode_message",
    "header_of",
    "interpret",
    "parse",
    "shipped",
]
