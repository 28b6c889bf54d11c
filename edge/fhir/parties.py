"""The person under a pseudonym, and the devices. Pure.

Source: FHIR R4, 8.1 Patient, 8.8 Device.
"""

from __future__ import annotations

from edge.fhir.identity import PSEUDONYM, Resource, without_empty
from edge.fhir.observation import Whose
from edge.fhir.record import Instrument

HUB = "hub"  # the device id of this machine itself


def patient(whose: Whose) -> Resource:
    """Return the person: a pseudonym, and neither name, birthday nor address."""
    return {
        "resourceType": "Patient",
        "id": whose.id("patient"),
        "identifier": [{"use": "secondary", "system": PSEUDONYM, "value": whose.pseudonym}],
        "active": True,
    }


def device(whose: Whose, instrument: Instrument) -> Resource:
    """Return a device; its address, which leads to a home, stays here."""
    name = instrument.name or instrument.model
    return without_empty(
        {
            "resourceType": "Device",
            "id": whose.id("device", instrument.device_id),
            "status": "active",
            "manufacturer": instrument.maker,
            "deviceName": [{"name": name, "type": "user-friendly-name"}] if name else None,
            "modelNumber": instrument.model,
            "patient": whose.patient,
        }
    )


def hub(whose: Whose) -> Resource:
    """Return the hub that wrote the export."""
    return {
        "resourceType": "Device",
        "id": whose.id("device", HUB),
        "status": "active",
        "deviceName": [{"name": "Dorfhub", "type": "user-friendly-name"}],
    }
