"""Kinds of data: what a person agrees to, one by one. Pure.

A kind is what a consent names (``data_kind``). Whoever agrees to one agrees to no other: a button
to call for help comes without being watched at the door.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from edge.care.consent import BLOOD_PRESSURE
from hardware.ble.environment import SCALARS
from hardware.reading import Mark, Quantity, Record

HEART_RATE = "heart_rate"
TEMPERATURE = "temperature"
WEIGHT = "weight"
BODY_COMPOSITION = "body_composition"
GLUCOSE = "glucose"
CONTINUOUS_GLUCOSE = "continuous_glucose"
OXYGEN = "oxygen"
ROOM_CLIMATE = "room_climate"
HOME_ACTIVITY = "home_activity"
BUTTON = "button"
EXERCISE = "exercise"

# what a person reads, after "meine"
WORDS = MappingProxyType(
    {
        BLOOD_PRESSURE: "Blutdruckwerte",
        HEART_RATE: "Pulswerte",
        TEMPERATURE: "Körpertemperaturen",
        WEIGHT: "Gewichtswerte",
        BODY_COMPOSITION: "Werte der Körperzusammensetzung",
        GLUCOSE: "Blutzuckerwerte",
        CONTINUOUS_GLUCOSE: "laufend gemessenen Zuckerwerte",
        OXYGEN: "Werte der Sauerstoffsättigung",
        ROOM_CLIMATE: "Raumwerte (Temperatur, Feuchte, Luft)",
        HOME_ACTIVITY: "Meldungen von Türen, Bewegung und Belegung",
        BUTTON: "Tastendrücke am Rufknopf",
        EXERCISE: "Werte beim Gehen und Radfahren",
    }
)
KINDS = tuple(WORDS)

# Who presses a button calls somebody, and so does what burns or floods.
CALLS = frozenset((BUTTON,))
ALARMS = frozenset(("smoke", "gas_alarm", "water_leak"))
# Many a day that nobody waits for: what matters in them (heat) the hub itself says in the village.
IN_COMPANY = frozenset((ROOM_CLIMATE, HOME_ACTIVITY, EXERCISE))
# what somebody measures at a time: the others are never counted as measured
TO_MEASURE = tuple(one for one in KINDS if one not in IN_COMPANY | CALLS)

# A value of one of these characteristics is of that kind as a whole, whatever is in it.
_OF_CHARACTERISTIC = {
    "2A18": GLUCOSE,
    "2A1C": TEMPERATURE,
    "2A34": GLUCOSE,
    "2A35": BLOOD_PRESSURE,
    "2A37": HEART_RATE,
    "2A53": EXERCISE,
    "2A5B": EXERCISE,
    "2A5E": OXYGEN,
    "2A5F": OXYGEN,
    "2A9C": BODY_COMPOSITION,
    "2A9D": WEIGHT,
    "2AA7": CONTINUOUS_GLUCOSE,
    "2B34": BLOOD_PRESSURE,
    "2B36": BLOOD_PRESSURE,
    "2C20": HOME_ACTIVITY,
    "2C21": BUTTON,
    "2C22": HOME_ACTIVITY,
}

# What may be in one advertisement, or is a characteristic of its own.
_OF_QUANTITY = {
    name: kind
    for kind, names in {
        HEART_RATE: ("heart_rate", "pulse_rate"),
        OXYGEN: ("oxygen_saturation", "pulse_amplitude_index"),
        TEMPERATURE: ("body_temperature",),
        WEIGHT: ("body_weight", "body_height", "body_mass_index"),
        BODY_COMPOSITION: (
            "body_fat_percentage",
            "basal_metabolism",
            "muscle_percentage",
            "muscle_mass",
            "fat_free_mass",
            "soft_lean_mass",
            "body_water_mass",
            "impedance",
        ),
        GLUCOSE: ("glucose_mass_concentration", "glucose_substance_concentration"),
        ROOM_CLIMATE: (
            "air_temperature",
            "relative_humidity",
            "dew_point",
            "heat_index",
            "air_pressure",
            "carbon_dioxide",
            "illuminance",
            "pm_1",
            "pm_2_5",
            "pm_4",
            "pm_10",
            "voc_concentration",
            "formaldehyde",
            "voc_index",
            "nox_index",
            "uv_index",
        ),
        # what tells that somebody is there and what they do
        HOME_ACTIVITY: (
            "door_open",
            "motion",
            "occupancy",
            "water_leak",
            "smoke",
            "gas_alarm",
            "vibration",
            "sound",
            "sound_level",
            "light",
            "tamper",
            "locked",
            "asleep",
            "worn",
            "steps",
            "movements",
            "acceleration",
        ),
        BUTTON: ("button_press",),
        EXERCISE: ("speed", "cadence", "distance"),
    }.items()
    for name in names
}


def kinds_of(source: str, records: Sequence[Record]) -> dict[str, tuple[Record, ...]]:
    """Return what of a value is of which kind; what is of none (a battery's level) is left out.

    ``source`` is the characteristic's short UUID, or ``advert``. A value of a characteristic that
    measures is of its kind even without a number: that it failed is said in its flags. Numbers
    that none may store (``other``: a control solution's, a test's; and what is marked) are left
    out, and a value that has no others with them.
    """
    kept = [
        record
        for record in records
        if record.quantity is not Quantity.OTHER and record.mark is Mark.NONE
    ]
    whole = _OF_CHARACTERISTIC.get(source)
    if whole is not None:
        return {whole: tuple(kept)} if kept or not records else {}
    found: dict[str, list[Record]] = {}
    if source in _MIXED:
        for record in kept:
            kind = _OF_QUANTITY.get(record.quantity.value)
            if kind is not None and not isinstance(record.value, str):
                found.setdefault(kind, []).append(record)
    return {kind: tuple(each) for kind, each in found.items()}


def kind_of_source(source: str) -> str | None:
    """Return the kind that a characteristic's values are of; None if that is seen in each alone."""
    return _OF_CHARACTERISTIC.get(source.upper())


def sources_of(kind: str) -> tuple[str, ...]:
    """Return the characteristics that may hold something of a kind, and ``advert``."""
    own = tuple(uuid for uuid, each in _OF_CHARACTERISTIC.items() if each == kind)
    return (*own, *_MIXED) if kind in _OF_QUANTITY.values() else own


# the air of a room, each number by itself; and what a sensor advertises, of all kinds
_MIXED = (*SCALARS, "advert")
