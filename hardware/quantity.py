"""What can be measured, and in which unit: the words of every decoder and store.

Source: UCUM 2.1 for care units.
"""

from __future__ import annotations

from enum import StrEnum


class Unit(StrEnum):
    """Unit codes: UCUM in care and exports; the heat trade's own spellings in heat."""

    # heat and other meters
    KWH = "kWh"
    KVARH = "kvarh"
    M3 = "m3"
    KG = "kg"
    KW = "kW"
    W = "W"
    M3_PER_H = "m3/h"
    KG_PER_H = "kg/h"
    M3_DEG_C = "m3*degC"  # volume times temperature: what heat is computed from
    DEG_C = "degC"
    KELVIN = "K"
    BAR = "bar"
    HOUR = "h"
    HCA = "hca"
    VOLT = "V"
    AMPERE = "A"
    HERTZ = "Hz"
    DEGREE = "deg"
    KVAR = "kvar"
    KVA = "kVA"
    KVAH = "kVAh"
    CURRENCY = "currency"
    BAUD = "Bd"
    DBM = "dBm"
    # care (UCUM)
    MMHG = "mm[Hg]"
    PER_MINUTE = "/min"
    PERCENT = "%"
    CELSIUS = "Cel"
    MMOL_PER_L = "mmol/L"
    MG_PER_DL = "mg/dL"
    CENTIMETRE = "cm"
    KG_PER_M2 = "kg/m2"
    SECOND = "s"
    MINUTE = "min"
    YEAR = "a"
    GRAM = "g"
    MILLIGRAM = "mg"
    MILLILITRE = "mL"
    KILOJOULE = "kJ"
    OHM = "Ohm"
    METRE = "m"
    METRE_PER_S = "m/s"
    MG_PER_DL_PER_MIN = "mg/dL/min"
    ML_PER_KG_PER_MIN = "mL/kg/min"
    HECTOPASCAL = "hPa"
    PPM = "[ppm]"
    LUX = "lx"
    METRE_PER_S2 = "m/s2"
    UG_PER_M3 = "ug/m3"
    MG_PER_M3 = "mg/m3"
    US_PER_CM = "uS/cm"
    DECIBEL = "dB"
    MILLIMETRE = "mm"
    DEGREE_PER_S = "deg/s"
    # neither
    ONE = "1"
    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"


class Quantity(StrEnum):
    """What is measured. A quantity has one canonical unit, see :data:`CANONICAL_UNIT`."""

    # EN 13757-3, primary
    ENERGY = "energy"
    VOLUME = "volume"
    MASS = "mass"
    POWER = "power"
    VOLUME_FLOW = "volume_flow"
    MASS_FLOW = "mass_flow"
    FLOW_TEMPERATURE = "flow_temperature"
    RETURN_TEMPERATURE = "return_temperature"
    TEMPERATURE_DIFFERENCE = "temperature_difference"
    EXTERNAL_TEMPERATURE = "external_temperature"
    PRESSURE = "pressure"
    ON_TIME = "on_time"
    OPERATING_TIME = "operating_time"
    AVERAGING_DURATION = "averaging_duration"
    ACTUALITY_DURATION = "actuality_duration"
    HCA_UNITS = "hca_units"
    DATE = "date"
    DATETIME = "datetime"
    FABRICATION_NUMBER = "fabrication_number"
    IDENTIFICATION = "identification"
    BUS_ADDRESS = "bus_address"
    # EN 13757-3, extension tables; a decoder may name further ones in `Record.name`
    VOLTAGE = "voltage"
    CURRENT = "current"
    REACTIVE_ENERGY = "reactive_energy"
    FREQUENCY = "frequency"
    CUSTOMER_ID = "customer_id"
    MANUFACTURER = "manufacturer"
    MODEL_VERSION = "model_version"
    HARDWARE_VERSION = "hardware_version"
    FIRMWARE_VERSION = "firmware_version"
    SOFTWARE_VERSION = "software_version"
    ERROR_FLAGS = "error_flags"
    BATTERY_LIFE = "battery_life"
    COUNTER = "counter"
    DURATION = "duration"
    CREDIT = "credit"
    RELATIVE_HUMIDITY = "relative_humidity"
    SIGNAL_STRENGTH = "signal_strength"
    MANUFACTURER_SPECIFIC = "manufacturer_specific"
    OTHER = "other"
    # care
    BLOOD_PRESSURE_SYSTOLIC = "blood_pressure_systolic"
    BLOOD_PRESSURE_DIASTOLIC = "blood_pressure_diastolic"
    BLOOD_PRESSURE_MEAN = "blood_pressure_mean"
    CUFF_PRESSURE = "cuff_pressure"
    PULSE_RATE = "pulse_rate"
    BATTERY_LEVEL = "battery_level"
    HEART_RATE = "heart_rate"
    RR_INTERVAL = "rr_interval"
    ENERGY_EXPENDED = "energy_expended"
    OXYGEN_SATURATION = "oxygen_saturation"
    PULSE_AMPLITUDE_INDEX = "pulse_amplitude_index"
    BODY_TEMPERATURE = "body_temperature"
    BODY_WEIGHT = "body_weight"
    BODY_HEIGHT = "body_height"
    BODY_MASS_INDEX = "body_mass_index"
    BODY_FAT_PERCENTAGE = "body_fat_percentage"
    BASAL_METABOLISM = "basal_metabolism"
    MUSCLE_PERCENTAGE = "muscle_percentage"
    MUSCLE_MASS = "muscle_mass"
    FAT_FREE_MASS = "fat_free_mass"
    SOFT_LEAN_MASS = "soft_lean_mass"
    BODY_WATER_MASS = "body_water_mass"
    IMPEDANCE = "impedance"
    WAIST_CIRCUMFERENCE = "waist_circumference"
    HIP_CIRCUMFERENCE = "hip_circumference"
    STRIDE_LENGTH = "stride_length"
    AGE = "age"
    VO2_MAX = "vo2_max"
    GLUCOSE_MASS_CONCENTRATION = "glucose_mass_concentration"
    GLUCOSE_SUBSTANCE_CONCENTRATION = "glucose_substance_concentration"
    GLUCOSE_TREND = "glucose_trend"
    GLUCOSE_QUALITY = "glucose_quality"
    HBA1C = "hba1c"
    CARBOHYDRATE = "carbohydrate"
    MEDICATION_MASS = "medication_mass"
    MEDICATION_VOLUME = "medication_volume"
    EXERCISE_DURATION = "exercise_duration"
    EXERCISE_INTENSITY = "exercise_intensity"
    SPEED = "speed"
    CADENCE = "cadence"
    DISTANCE = "distance"
    WHEEL_REVOLUTIONS = "wheel_revolutions"
    CRANK_REVOLUTIONS = "crank_revolutions"
    # rooms
    AIR_TEMPERATURE = "air_temperature"
    DEW_POINT = "dew_point"
    HEAT_INDEX = "heat_index"
    AIR_PRESSURE = "air_pressure"
    CARBON_DIOXIDE = "carbon_dioxide"
    ILLUMINANCE = "illuminance"
    PM_1 = "pm_1"
    PM_2_5 = "pm_2_5"
    PM_4 = "pm_4"
    PM_10 = "pm_10"
    VOC_CONCENTRATION = "voc_concentration"
    FORMALDEHYDE = "formaldehyde"
    VOC_INDEX = "voc_index"
    NOX_INDEX = "nox_index"
    UV_INDEX = "uv_index"
    SOUND_LEVEL = "sound_level"
    SOIL_MOISTURE = "soil_moisture"
    SOIL_CONDUCTIVITY = "soil_conductivity"
    # assistance: 1 is yes, 0 is no
    DOOR_OPEN = "door_open"
    MOTION = "motion"
    OCCUPANCY = "occupancy"
    WATER_LEAK = "water_leak"
    SMOKE = "smoke"
    GAS_ALARM = "gas_alarm"
    VIBRATION = "vibration"
    SOUND = "sound"
    LIGHT = "light"
    TAMPER = "tamper"
    LOCKED = "locked"
    ASLEEP = "asleep"
    WORN = "worn"
    # assistance: a code of :class:`ButtonPress`; counts; how a thing is moved
    BUTTON_PRESS = "button_press"
    STEPS = "steps"
    MOVEMENTS = "movements"
    ACCELERATION = "acceleration"


CANONICAL_UNIT: dict[Quantity, Unit] = {
    Quantity.ENERGY: Unit.KWH,
    Quantity.VOLUME: Unit.M3,
    Quantity.MASS: Unit.KG,
    Quantity.POWER: Unit.KW,
    Quantity.VOLUME_FLOW: Unit.M3_PER_H,
    Quantity.MASS_FLOW: Unit.KG_PER_H,
    Quantity.FLOW_TEMPERATURE: Unit.DEG_C,
    Quantity.RETURN_TEMPERATURE: Unit.DEG_C,
    Quantity.TEMPERATURE_DIFFERENCE: Unit.KELVIN,
    Quantity.EXTERNAL_TEMPERATURE: Unit.DEG_C,
    Quantity.PRESSURE: Unit.BAR,
    Quantity.ON_TIME: Unit.HOUR,
    Quantity.OPERATING_TIME: Unit.HOUR,
    Quantity.AVERAGING_DURATION: Unit.HOUR,
    Quantity.ACTUALITY_DURATION: Unit.HOUR,
    Quantity.HCA_UNITS: Unit.HCA,
    Quantity.VOLTAGE: Unit.VOLT,
    Quantity.CURRENT: Unit.AMPERE,
    Quantity.REACTIVE_ENERGY: Unit.KVARH,
    Quantity.FREQUENCY: Unit.HERTZ,
    Quantity.BATTERY_LIFE: Unit.HOUR,
    Quantity.DURATION: Unit.HOUR,
    Quantity.RELATIVE_HUMIDITY: Unit.PERCENT,
    Quantity.SIGNAL_STRENGTH: Unit.DBM,
    Quantity.BLOOD_PRESSURE_SYSTOLIC: Unit.MMHG,
    Quantity.BLOOD_PRESSURE_DIASTOLIC: Unit.MMHG,
    Quantity.BLOOD_PRESSURE_MEAN: Unit.MMHG,
    Quantity.CUFF_PRESSURE: Unit.MMHG,
    Quantity.PULSE_RATE: Unit.PER_MINUTE,
    Quantity.BATTERY_LEVEL: Unit.PERCENT,
    Quantity.HEART_RATE: Unit.PER_MINUTE,
    Quantity.RR_INTERVAL: Unit.SECOND,
    Quantity.ENERGY_EXPENDED: Unit.KILOJOULE,
    Quantity.OXYGEN_SATURATION: Unit.PERCENT,
    Quantity.PULSE_AMPLITUDE_INDEX: Unit.PERCENT,
    Quantity.BODY_TEMPERATURE: Unit.CELSIUS,
    Quantity.BODY_WEIGHT: Unit.KG,
    Quantity.BODY_HEIGHT: Unit.CENTIMETRE,
    Quantity.BODY_MASS_INDEX: Unit.KG_PER_M2,
    Quantity.BODY_FAT_PERCENTAGE: Unit.PERCENT,
    Quantity.BASAL_METABOLISM: Unit.KILOJOULE,
    Quantity.MUSCLE_PERCENTAGE: Unit.PERCENT,
    Quantity.MUSCLE_MASS: Unit.KG,
    Quantity.FAT_FREE_MASS: Unit.KG,
    Quantity.SOFT_LEAN_MASS: Unit.KG,
    Quantity.BODY_WATER_MASS: Unit.KG,
    Quantity.IMPEDANCE: Unit.OHM,
    Quantity.WAIST_CIRCUMFERENCE: Unit.CENTIMETRE,
    Quantity.HIP_CIRCUMFERENCE: Unit.CENTIMETRE,
    Quantity.STRIDE_LENGTH: Unit.CENTIMETRE,
    Quantity.AGE: Unit.YEAR,
    Quantity.VO2_MAX: Unit.ML_PER_KG_PER_MIN,
    Quantity.GLUCOSE_MASS_CONCENTRATION: Unit.MG_PER_DL,
    Quantity.GLUCOSE_SUBSTANCE_CONCENTRATION: Unit.MMOL_PER_L,
    Quantity.GLUCOSE_TREND: Unit.MG_PER_DL_PER_MIN,
    Quantity.GLUCOSE_QUALITY: Unit.PERCENT,
    Quantity.HBA1C: Unit.PERCENT,
    Quantity.CARBOHYDRATE: Unit.GRAM,
    Quantity.MEDICATION_MASS: Unit.MILLIGRAM,
    Quantity.MEDICATION_VOLUME: Unit.MILLILITRE,
    Quantity.EXERCISE_DURATION: Unit.SECOND,
    Quantity.EXERCISE_INTENSITY: Unit.PERCENT,
    Quantity.SPEED: Unit.METRE_PER_S,
    Quantity.CADENCE: Unit.PER_MINUTE,
    Quantity.DISTANCE: Unit.METRE,
    Quantity.WHEEL_REVOLUTIONS: Unit.ONE,
    Quantity.CRANK_REVOLUTIONS: Unit.ONE,
    Quantity.AIR_TEMPERATURE: Unit.CELSIUS,
    Quantity.DEW_POINT: Unit.CELSIUS,
    Quantity.HEAT_INDEX: Unit.CELSIUS,
    Quantity.AIR_PRESSURE: Unit.HECTOPASCAL,
    Quantity.CARBON_DIOXIDE: Unit.PPM,
    Quantity.ILLUMINANCE: Unit.LUX,
    Quantity.PM_1: Unit.UG_PER_M3,
    Quantity.PM_2_5: Unit.UG_PER_M3,
    Quantity.PM_4: Unit.UG_PER_M3,
    Quantity.PM_10: Unit.UG_PER_M3,
    Quantity.VOC_CONCENTRATION: Unit.UG_PER_M3,
    Quantity.FORMALDEHYDE: Unit.MG_PER_M3,
    Quantity.VOC_INDEX: Unit.ONE,
    Quantity.NOX_INDEX: Unit.ONE,
    Quantity.UV_INDEX: Unit.ONE,
    Quantity.SOUND_LEVEL: Unit.DECIBEL,
    Quantity.SOIL_MOISTURE: Unit.PERCENT,
    Quantity.SOIL_CONDUCTIVITY: Unit.US_PER_CM,
    Quantity.DOOR_OPEN: Unit.ONE,
    Quantity.MOTION: Unit.ONE,
    Quantity.OCCUPANCY: Unit.ONE,
    Quantity.WATER_LEAK: Unit.ONE,
    Quantity.SMOKE: Unit.ONE,
    Quantity.GAS_ALARM: Unit.ONE,
    Quantity.VIBRATION: Unit.ONE,
    Quantity.SOUND: Unit.ONE,
    Quantity.LIGHT: Unit.ONE,
    Quantity.TAMPER: Unit.ONE,
    Quantity.LOCKED: Unit.ONE,
    Quantity.ASLEEP: Unit.ONE,
    Quantity.WORN: Unit.ONE,
    Quantity.BUTTON_PRESS: Unit.ONE,
    Quantity.STEPS: Unit.ONE,
    Quantity.MOVEMENTS: Unit.ONE,
    Quantity.ACCELERATION: Unit.METRE_PER_S2,
}
