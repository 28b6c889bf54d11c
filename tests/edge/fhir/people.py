"""A made-up person's care, as exports are made of it."""

from zoneinfo import ZoneInfo

from edge.care.consent import Consent
from edge.care.finding import Urgency
from edge.care.measured import Measured
from edge.fhir.bundle import Contents, bundle, resources
from edge.fhir.identity import Resource
from edge.fhir.observation import Whose
from edge.fhir.record import Escalation, Glance, Instrument, Message, TaskState
from hardware.reading import TimeQuality

AT = 1_790_000_000_000  # 2026-09-21T16:13:20 in the village
CUFF, FINGER, SCALE, EAR, SUGAR, PATCH = (f"ble:C0000000000{n}" for n in range(1, 7))
WHOSE = Whose("k7-praxis-0001", ZoneInfo("Europe/Berlin"))


def measured(
    quantity: str,
    value: float,
    kind: str,
    device: str,
    at: int = AT,
    *,
    quality: TimeQuality = TimeQuality.SYNCHRONISED,
) -> Measured:
    return Measured(1, at, at + 1500, kind, quantity, value, device, quality)


VALUES = (
    measured("blood_pressure_systolic", 142.0, "blood_pressure", CUFF),
    measured("blood_pressure_diastolic", 86.0, "blood_pressure", CUFF),
    measured("blood_pressure_mean", 104.7, "blood_pressure", CUFF),
    measured("pulse_rate", 71.0, "blood_pressure", CUFF),
    measured("oxygen_saturation", 96.0, "oxygen", FINGER),
    measured("body_weight", 72.55, "weight", SCALE),
    measured("body_height", 168.0, "weight", SCALE),
    measured("body_mass_index", 25.7, "weight", SCALE),
    measured("body_temperature", 37.0, "temperature", EAR, quality=TimeQuality.UNKNOWN),
    measured("heart_rate", 64.0, "heart_rate", FINGER),
    measured("glucose_mass_concentration", 105.0, "glucose", SUGAR),
    measured("glucose_substance_concentration", 5.8, "glucose", SUGAR, AT + 1),
    measured("glucose_mass_concentration", 111.0, "continuous_glucose", PATCH),
    measured("glucose_substance_concentration", 6.2, "continuous_glucose", PATCH, AT + 1),
    measured("impedance", 512.5, "body_composition", SCALE),
    measured("steps", 2310.0, "home_activity", FINGER),
    measured("motion", 1.0, "home_activity", "ble:C00000000009"),
)
CONTENTS = Contents(
    values=VALUES,
    instruments=(Instrument(CUFF, "Blutdruckmessgerät", "A&D Medical", "UA-651BLE"),),
    consents=(
        Consent(1, 1, "care", "weight", "hub", "Ich bin Erna Weber.", AT, "mündlich"),
        Consent(2, 1, "care", "weight", "contact:3", "Ja.", AT, "Papier", AT - 5),
        Consent(3, 1, "heat_cadastre", "heat", "county", "", AT, "Papier"),
    ),
    escalations=(
        Escalation(
            4, "limit", Urgency.URGENT, TaskState.ACKNOWLEDGED, AT, AT + 9, "Blutdruck zu hoch",
            {"value": 182.5, "quantity": "blood_pressure_systolic", "empty": ""}, AT + 60_000,
            "Pflegefachkraft",
        ),
        Escalation(5, "silent", Urgency.NOTE, TaskState.RAISED, AT, AT - 9, "Gerät schweigt"),
    ),
    messages=(
        Message("a", "Bitte morgen nüchtern messen.", AT, True, 4),
        Message("b", "Wird gemacht.", AT + 5, False),
    ),
    glances=(
        Glance("1", AT, "Praxis", ("weight", "oxygen"), "Quartal"),
        Glance("2", AT, "", (), " ", allowed=False),
    ),
)  # fmt: skip


def exported(*, own_copy: bool = False) -> list[Resource]:
    return resources(WHOSE, CONTENTS, AT, own_copy=own_copy)


def as_bundle(*, own_copy: bool = False) -> Resource:
    return bundle(WHOSE, exported(own_copy=own_copy), AT)
