"""What single models of meters mean beyond the standard: data files, and what reads them."""

from hardware.profiles.interpret import Interpreted, interpret
from hardware.profiles.model import Flag, Profile
from hardware.profiles.registry import Registry, shipped

__all__ = ["Flag", "Interpreted", "Profile", "Registry", "interpret", "shipped"]
