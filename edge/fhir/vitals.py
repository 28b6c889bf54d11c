"""By which codes a quantity is known: LOINC, MDC, its profiles, and how many digits it has. Pure.

Only codes that are certain; a quantity without one goes out under this house's own code and in
words. SNOMED CT is not used: a village has no licence to prove.

Source: LOINC; ISO/IEEE 11073-10101 as the ISiK profiles 4.0.0 (gematik) name it; HL7 Germany's
basic profiles 1.6.0; FHIR R4, 10.1.8 vital signs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from hardware.quantity import Quantity

LOINC = "http://loinc.org"
MDC = "urn:iso:std:iso:11073:10101"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"

_ISIK = "https://gematik.de/fhir/isik/StructureDefinition/"
_GERMAN = "http://fhir.de/StructureDefinition/observation-de-vitalsign-"
_HL7 = "http://hl7.org/fhir/StructureDefinition/"


@dataclass(frozen=True, slots=True)
class Vital:
    """How a quantity is written down.

    ``loinc`` are (code, display), the one that profiles ask for first. ``digits`` are how many
    decimals devices that measure it tell: at least, so that 37 reads 37.0, and at most, so that
    what was reckoned from another unit pretends to none.
    """

    text: str
    unit: str  # for people; the code is UCUM's
    loinc: tuple[tuple[str, str], ...] = ()
    mdc: tuple[str, str] | None = None
    profiles: tuple[str, ...] = ()
    category: str | None = None
    digits: tuple[int, int] = (0, 3)


def _profiles(isik: str, german: str, hl7: str) -> tuple[str, ...]:
    return (_ISIK + isik, _GERMAN + german, _HL7 + hl7)


BLOOD_PRESSURE_PANEL = Vital(
    "Blutdruck",
    "mmHg",
    (("85354-9", "Blood pressure panel with all children optional"),),
    ("150016", "MDC_PRESS_BLD"),
    _profiles("ISiKBlutdruckSystemischArteriell", "blutdruck", "bp"),
    "vital-signs",
)
_VITAL = "vital-signs"
_PULSE = Vital(
    "Puls",
    "/min",
    (("8867-4", "Heart rate"),),
    None,
    _profiles("ISiKHerzfrequenz", "herzfrequenz", "heartrate"),
    _VITAL,
    (0, 1),
)

VITALS: Mapping[Quantity, Vital] = MappingProxyType(
    {
        Quantity.BLOOD_PRESSURE_SYSTOLIC: Vital(
            "Systolischer Blutdruck",
            "mmHg",
            (("8480-6", "Systolic blood pressure"),),
            ("150017", "MDC_PRESS_BLD_SYS"),
            digits=(0, 1),
        ),
        Quantity.BLOOD_PRESSURE_DIASTOLIC: Vital(
            "Diastolischer Blutdruck",
            "mmHg",
            (("8462-4", "Diastolic blood pressure"),),
            ("150018", "MDC_PRESS_BLD_DIA"),
            digits=(0, 1),
        ),
        Quantity.BLOOD_PRESSURE_MEAN: Vital(
            "Mittlerer Blutdruck",
            "mmHg",
            (("8478-0", "Mean blood pressure"),),
            ("150019", "MDC_PRESS_BLD_MEAN"),
            digits=(0, 1),
        ),
        Quantity.HEART_RATE: Vital(
            "Herzfrequenz",
            "/min",
            (("8867-4", "Heart rate"),),
            None,  # MDC tells how it was measured, which a value here does not say
            _profiles("ISiKHerzfrequenz", "herzfrequenz", "heartrate"),
            _VITAL,
            (0, 1),
        ),
        Quantity.PULSE_RATE: _PULSE,
        Quantity.OXYGEN_SATURATION: Vital(
            "Sauerstoffsättigung (Pulsoxymetrie)",
            "%",
            (
                ("2708-6", "Oxygen saturation in Arterial blood"),
                ("59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry"),
            ),
            ("150324", "MDC_SAT_O2_ART"),
            (
                _ISIK + "ISiKSauerstoffsaettigungArteriell",
                _GERMAN + "sauerstoffsaettigung-pulsoximetrie",
                _HL7 + "oxygensat",
            ),
            _VITAL,
            (0, 1),
        ),
        Quantity.BODY_TEMPERATURE: Vital(
            "Körpertemperatur",
            "°C",
            (("8310-5", "Body temperature"),),
            ("150364", "MDC_TEMP_BODY"),
            _profiles("ISiKKoerpertemperatur", "koerpertemperatur", "bodytemp"),
            _VITAL,
            (1, 2),
        ),
        Quantity.BODY_WEIGHT: Vital(
            "Körpergewicht",
            "kg",
            (("29463-7", "Body weight"),),
            ("188736", "MDC_MASS_BODY_ACTUAL"),
            _profiles("ISiKKoerpergewicht", "koerpergewicht", "bodyweight"),
            _VITAL,
            (1, 3),
        ),
        Quantity.BODY_HEIGHT: Vital(
            "Körpergröße",
            "cm",
            (("8302-2", "Body height"),),
            ("188740", "MDC_LEN_BODY_ACTUAL"),
            _profiles("ISiKKoerpergroesse", "koerpergroesse", "bodyheight"),
            _VITAL,
            (0, 1),
        ),
        Quantity.BODY_MASS_INDEX: Vital(
            "Body-Mass-Index",
            "kg/m²",
            (("39156-5", "Body mass index (BMI) [Ratio]"),),
            None,
            (_HL7 + "bmi",),
            _VITAL,
            (1, 1),
        ),
        Quantity.GLUCOSE_MASS_CONCENTRATION: Vital(
            "Blutzucker",
            "mg/dL",
            (("2339-0", "Glucose [Mass/volume] in Blood"),),
            category="laboratory",
            digits=(0, 1),
        ),
        Quantity.GLUCOSE_SUBSTANCE_CONCENTRATION: Vital(
            "Blutzucker",
            "mmol/L",
            (("15074-8", "Glucose [Moles/volume] in Blood"),),
            category="laboratory",
            digits=(1, 2),
        ),
        Quantity.BODY_FAT_PERCENTAGE: Vital(
            "Körperfettanteil",
            "%",
            (("41982-0", "Percentage of body fat Measured"),),
            category="exam",
            digits=(1, 1),
        ),
        # what has a number in these stores and no code that is certain
        Quantity.PULSE_AMPLITUDE_INDEX: Vital("Perfusionsindex", "%", category="exam"),
        Quantity.BASAL_METABOLISM: Vital("Grundumsatz", "kJ", category="exam"),
        Quantity.MUSCLE_PERCENTAGE: Vital("Muskelanteil", "%", category="exam"),
        Quantity.MUSCLE_MASS: Vital("Muskelmasse", "kg", category="exam"),
        Quantity.FAT_FREE_MASS: Vital("Fettfreie Masse", "kg", category="exam"),
        Quantity.SOFT_LEAN_MASS: Vital("Magere Weichteilmasse", "kg", category="exam"),
        Quantity.BODY_WATER_MASS: Vital("Körperwasser", "kg", category="exam"),
        Quantity.IMPEDANCE: Vital("Körperimpedanz", "Ω", category="exam"),
        Quantity.AIR_TEMPERATURE: Vital("Raumtemperatur", "°C", digits=(1, 2)),
        Quantity.RELATIVE_HUMIDITY: Vital("Luftfeuchte", "%"),
        Quantity.STEPS: Vital("Schritte", "1", category="activity"),
    }
)
# of kinds of data whose values are measured elsewhere in the body
INTERSTITIAL: Mapping[Quantity, Vital] = MappingProxyType(
    {
        Quantity.GLUCOSE_MASS_CONCENTRATION: Vital(
            "Gewebezucker",
            "mg/dL",
            (("99504-3", "Glucose [Mass/volume] in Interstitial fluid"),),
            category="laboratory",
            digits=(0, 1),
        ),
        Quantity.GLUCOSE_SUBSTANCE_CONCENTRATION: Vital(
            "Gewebezucker", "mmol/L", category="laboratory", digits=(1, 2)
        ),
    }
)

# Which quantity a practice means by a code, in `edge.fhir.answer`.
OF_LOINC: Mapping[str, Quantity] = MappingProxyType(
    {
        code: quantity
        for quantity, vital in VITALS.items()
        for code, _ in vital.loinc
        if quantity is not Quantity.PULSE_RATE
    }
)
