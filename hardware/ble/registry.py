"""Which decoder reads which characteristic.

Source: Bluetooth Assigned Numbers, 3.8 (characteristics by UUID); Core 5.4, Vol 3 Part B, 2.5.1
(the base UUID).
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from hardware.ble import (
    assist,
    battery_details,
    device_information,
    environment,
    user_activity,
    user_data,
)
from hardware.ble.battery import decode_battery_level, decode_battery_level_status
from hardware.ble.blood_pressure import (
    decode_blood_pressure,
    decode_cuff_pressure,
    decode_feature,
)
from hardware.ble.body_composition import decode_body_composition, decode_body_composition_feature
from hardware.ble.cgm import decode_cgm_measurement, decode_cgm_status
from hardware.ble.cgm_control import decode_cgm_control
from hardware.ble.cgm_session import (
    decode_cgm_feature,
    decode_session_run_time,
    decode_session_start,
)
from hardware.ble.clock import (
    decode_current_time,
    decode_date_time,
    decode_day_date_time,
    decode_exact_time,
)
from hardware.ble.clock_reference import (
    decode_day_of_week,
    decode_dst_offset,
    decode_local_time_information,
    decode_reference_time_information,
    decode_time_accuracy,
    decode_time_source,
    decode_time_update_state,
    decode_time_with_dst,
    decode_time_zone,
)
from hardware.ble.enhanced_pressure import (
    decode_enhanced_cuff_pressure,
    decode_enhanced_measurement,
)
from hardware.ble.glucose import decode_glucose, decode_glucose_feature
from hardware.ble.glucose_context import decode_glucose_context
from hardware.ble.heart_rate import decode_body_sensor_location, decode_heart_rate
from hardware.ble.measurement import Measurement
from hardware.ble.movement import (
    decode_csc_feature,
    decode_csc_measurement,
    decode_rsc_feature,
    decode_rsc_measurement,
    decode_sc_control,
    decode_sensor_location,
)
from hardware.ble.oximeter import decode_continuous, decode_oximeter_features, decode_spot_check
from hardware.ble.pressure_record import decode_record
from hardware.ble.racp import decode_record_access
from hardware.ble.thermometer import (
    decode_intermediate_temperature,
    decode_measurement_interval,
    decode_temperature,
    decode_temperature_type,
)
from hardware.ble.user_control import decode_user_control
from hardware.ble.weight import decode_weight, decode_weight_feature
from hardware.errors import Unsupported

BASE_UUID = "-0000-1000-8000-00805F9B34FB"

Decoder = Callable[[bytes], Measurement]


def short_uuid(uuid: str) -> str:
    """Return the short upper-case hex of a UUID the SIG assigned, any other UUID in upper case.

    Takes ``2a35``, ``0x2A35`` and the 128 bit form.
    """
    upper = uuid.strip().upper().removeprefix("0X")
    if upper.endswith(BASE_UUID) and upper.startswith("0000"):
        return upper[4:8]
    return upper


def full_uuid(uuid: str) -> str:
    """Return the 128 bit form in lower case."""
    short = short_uuid(uuid)
    return (f"0000{short}{BASE_UUID}" if len(short) == 4 else short).lower()


def decode(uuid: str, value: bytes) -> Measurement:
    """Decode the value of the characteristic ``uuid``.

    :raises Unsupported: if no decoder for it exists here.
    :raises DecodeError: if the value breaks the characteristic's standard.
    """
    decoder = DECODERS.get(short_uuid(uuid))
    if decoder is None:
        raise Unsupported(f"no decoder for characteristic {short_uuid(uuid)[:36]}")
    return decoder(value)


def _decode_record(value: bytes) -> Measurement:
    return decode_record(value, decode)


DECODERS: MappingProxyType[str, Decoder] = MappingProxyType(
    {
        "2A01": device_information.decode_appearance,
        "2A06": user_data.code_decoder("alert_level", assist.ALERT_LEVELS),
        "2A07": assist.decode_tx_power,
        "2A08": decode_date_time,
        "2A09": decode_day_of_week,
        "2A0A": decode_day_date_time,
        "2A0C": decode_exact_time,
        "2A0D": decode_dst_offset,
        "2A0E": decode_time_zone,
        "2A0F": decode_local_time_information,
        "2A11": decode_time_with_dst,
        "2A12": decode_time_accuracy,
        "2A13": decode_time_source,
        "2A14": decode_reference_time_information,
        "2A17": decode_time_update_state,
        "2A18": decode_glucose,
        "2A19": decode_battery_level,
        "2A1C": decode_temperature,
        "2A1D": decode_temperature_type,
        "2A1E": decode_intermediate_temperature,
        "2A21": decode_measurement_interval,
        "2A23": device_information.decode_system_id,
        "2A2A": device_information.decode_regulatory_data,
        "2A2B": decode_current_time,
        "2A34": decode_glucose_context,
        "2A35": decode_blood_pressure,
        "2A36": decode_cuff_pressure,
        "2A37": decode_heart_rate,
        "2A38": decode_body_sensor_location,
        "2A49": decode_feature,
        "2A50": device_information.decode_pnp_id,
        "2A51": decode_glucose_feature,
        "2A52": decode_record_access,
        "2A53": decode_rsc_measurement,
        "2A54": decode_rsc_feature,
        "2A55": decode_sc_control,
        "2A5B": decode_csc_measurement,
        "2A5C": decode_csc_feature,
        "2A5D": decode_sensor_location,
        "2A5E": decode_spot_check,
        "2A5F": decode_continuous,
        "2A60": decode_oximeter_features,
        "2A85": user_data.date_decoder("date_of_birth"),
        "2A86": user_data.date_decoder("date_of_threshold_assessment"),
        "2A9A": user_data.decode_user_index,
        "2A9B": decode_body_composition_feature,
        "2A9C": decode_body_composition,
        "2A9D": decode_weight,
        "2A9E": decode_weight_feature,
        "2A9F": decode_user_control,
        "2AA7": decode_cgm_measurement,
        "2AA8": decode_cgm_feature,
        "2AA9": decode_cgm_status,
        "2AAA": decode_session_start,
        "2AAB": decode_session_run_time,
        "2AAC": decode_cgm_control,
        "2B34": decode_enhanced_measurement,
        "2B35": decode_enhanced_cuff_pressure,
        "2B36": _decode_record,
        "2B46": user_data.decode_preferred_units,
        "2B4B": user_data.code_decoder("device_wearing_position", user_activity.POSITIONS),
        "2B4D": user_activity.decode_exercise_threshold,
        "2B4E": user_activity.decode_activity_goal,
        "2BE9": battery_details.decode_battery_critical_status,
        "2BEA": battery_details.decode_battery_health_status,
        "2BEB": battery_details.decode_battery_health_information,
        "2BEC": battery_details.decode_battery_information,
        "2BEE": battery_details.decode_battery_time_status,
        "2BEF": battery_details.decode_estimated_service_date,
        "2BF0": battery_details.decode_battery_energy_status,
        "2BED": decode_battery_level_status,
        "2BFF": device_information.decode_udi,
        "2C20": user_data.code_decoder("open_status", assist.DOOR_STATES),
        "2C21": assist.decode_pushbuttons,
        "2C22": assist.decode_contacts,
        **{
            uuid: device_information.text_decoder(*text)
            for uuid, text in device_information.TEXTS.items()
        },
        **{
            uuid: environment.scalar_decoder(scalar) for uuid, scalar in environment.SCALARS.items()
        },
        **{uuid: user_data.text_decoder(name) for uuid, name in user_data.TEXTS.items()},
        **{uuid: user_data.code_decoder(*code) for uuid, code in user_data.CODES.items()},
        **{uuid: user_data.quantity_decoder(*each) for uuid, each in user_data.QUANTITIES.items()},
        **{uuid: user_data.number_decoder(*number) for uuid, number in user_data.NUMBERS.items()},
        **{uuid: user_data.limits_decoder(*limits) for uuid, limits in user_data.LIMITS.items()},
    }
)
