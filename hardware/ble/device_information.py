"""What a device says about itself: who made it, which one it is.

Device Name (2A00), Appearance (2A01), System ID (2A23), Model Number (2A24), Serial Number (2A25),
Firmware (2A26), Hardware (2A27) and Software Revision (2A28), Manufacturer Name (2A29),
Regulatory Certification Data (2A2A), PnP ID (2A50), UDI for Medical Devices (2BFF).

Source: Bluetooth Device Information Service 1.2, 3.1 to 3.10; GATT Specification Supplement
under these names; Core 5.4, Vol 3 Part C, 12.1 and 12.2.
"""

from __future__ import annotations

from collections.abc import Callable

from hardware.ble.answer import Answer, coded
from hardware.ble.cursor import Cursor
from hardware.ble.measurement import Measurement
from hardware.ble.text import read_text, text_of
from hardware.errors import DecodeError
from hardware.reading import Quantity, Record, Unit

_VENDOR_SOURCES = coded(("bluetooth_sig", "usb_implementers_forum"), first=1)
_UDI_PARTS = ("udi_label", "udi_device_identifier", "udi_issuer", "udi_authority")

TEXTS = {
    "2A00": ("device_name", Quantity.OTHER),
    "2A24": ("model_number_string", Quantity.IDENTIFICATION),
    "2A25": ("serial_number_string", Quantity.FABRICATION_NUMBER),
    "2A26": ("firmware_revision_string", Quantity.FIRMWARE_VERSION),
    "2A27": ("hardware_revision_string", Quantity.HARDWARE_VERSION),
    "2A28": ("software_revision_string", Quantity.SOFTWARE_VERSION),
    "2A29": ("manufacturer_name_string", Quantity.MANUFACTURER),
}


def text_decoder(device: str, quantity: Quantity) -> Callable[[bytes], Measurement]:
    """Return a decoder of a value that is one text; it gives a record with unit ``text``."""

    def decode(value: bytes) -> Measurement:
        text = read_text(Cursor(value))
        return Measurement(device, (Record(quantity, text, Unit.TEXT, name=device),))

    return decode


def decode_appearance(value: bytes) -> Measurement:
    """Decode Appearance (2A01). Flags: ``category``, ``subcategory`` (assigned numbers, 2.6)."""
    cursor = Cursor(value)
    answer = Answer("appearance")
    appearance = cursor.unsigned(2, "the appearance")
    cursor.end()
    answer.flag("category", appearance >> 6)
    answer.flag("subcategory", appearance & 0x3F)
    return answer.measurement()


def decode_system_id(value: bytes) -> Measurement:
    """Decode System ID (2A23). Flags: ``system_id`` (EUI-64, as printed), ``oui``."""
    cursor = Cursor(value)
    answer = Answer("system_id")
    eui = cursor.take(8, "the EUI-64")[::-1].hex().upper()
    cursor.end()
    answer.flag("system_id", eui)
    answer.flag("oui", eui[:6])
    return answer.measurement()


def decode_regulatory_data(value: bytes) -> Measurement:
    """Decode Regulatory Certification Data List (2A2A): ``data``, hexadecimal, as sent."""
    answer = Answer("regulatory_certification_data_list")
    answer.flag("data", Cursor(value).rest().hex())
    return answer.measurement()


def decode_pnp_id(value: bytes) -> Measurement:
    """Decode PnP ID (2A50)."""
    cursor = Cursor(value)
    answer = Answer("pnp_id")
    answer.choice("vendor_id_source", cursor.unsigned(1, "the vendor's source"), _VENDOR_SOURCES)
    answer.flag("vendor_id", cursor.unsigned(2, "the vendor"))
    answer.flag("product_id", cursor.unsigned(2, "the product"))
    answer.flag("product_version", cursor.unsigned(2, "the version"))
    cursor.end()
    return answer.measurement()


def decode_udi(value: bytes) -> Measurement:
    """Decode UDI for Medical Devices (2BFF): up to four texts, each ended by a zero."""
    cursor = Cursor(value)
    sent = cursor.unsigned(1, "the flags")
    answer = Answer("udi_for_medical_devices")
    for bit, name in enumerate(_UDI_PARTS):
        if sent >> bit & 1:
            start = cursor.offset
            end = value.find(b"\0", start)
            if end < 0:
                raise DecodeError(f"value ends within {name}", offset=len(value))
            answer.flag(name, text_of(cursor.take(end + 1 - start, name), start))
    if sent <= 0x0F:
        cursor.end()
    return answer.measurement()
