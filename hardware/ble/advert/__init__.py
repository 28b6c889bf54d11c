"""Advertisements of sensors that assist or measure: to records. Pure."""

from hardware.ble.advert.advertisement import Advertisement, short_service
from hardware.ble.advert.advertising_data import pack, unpack
from hardware.ble.advert.intake import Intake, Verdict
from hardware.ble.advert.registry import FAMILIES, decode, envelope
from hardware.ble.advert.replay import Kind, ReplayGuard
from hardware.ble.advert.sighting import Envelope, Sequence, Sighting

__all__ = [
    "FAMILIES",
    "Advertisement",
    "Envelope",
    "Intake",
    "Kind",
    "ReplayGuard",
    "Sequence",
    "Sighting",
    "Verdict",
    "decode",
    "envelope",
    "pack",
    "short_service",
    "unpack",
]
