"""GATT health profiles: characteristic values to records. Pure."""

from hardware.ble.measurement import Measurement
from hardware.ble.registry import DECODERS, decode, full_uuid, short_uuid

__all__ = ["DECODERS", "Measurement", "decode", "full_uuid", "short_uuid"]
