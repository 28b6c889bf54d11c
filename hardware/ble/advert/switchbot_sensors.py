"""SwitchBot's sensors: air, doors, motion, presence, water; buttons and remotes.

Source: SwitchBot BLE open API, broadcast messages.
"""

from __future__ import annotations

from hardware.ble.advert.sighting import Findings
from hardware.ble.advert.switchbot_frame import Frame, Model, air, battery, charge, maker_bytes
from hardware.ble.answer import coded
from hardware.errors import DecodeError
from hardware.reading import Quantity, Unit

_MOST_CO2 = 9999  # the display's; more is sent while it warms up


def _lux(levels: tuple[int, ...]) -> dict[int, int]:
    """Return the light of each level; level 0 is not measured."""
    return dict(enumerate(levels, 1))


_HUB_2_LUX = _lux(
    (
        0,
        10,
        20,
        30,
        40,
        50,
        60,
        70,
        80,
        90,
        105,
        205,
        317,
        416,
        510,
        610,
        707,
        801,
        897,
        1023,
        1091,
    )
)
_HUB_3_LUX = _lux((0, 50, 90, 205, 317, 510, 610, 707, 801, 1023))
_RANGES = coded(("long", "middle", "short"))
_BATTERY_RANGES = coded(("<10%", "10-19%", "20-59%", ">=60%"))


def _meter(answer: Findings, frame: Frame) -> None:
    if len(frame.maker) >= 11:
        air(answer, frame.maker[8:11])
    elif len(frame.service) >= 6:
        air(answer, frame.service[3:6])
    else:
        raise DecodeError("neither part of the advertisement holds a measurement")
    battery(answer, frame)


def _meter_co2(answer: Findings, frame: Frame) -> None:
    _meter(answer, frame)
    if len(frame.maker) >= 15:
        co2 = int.from_bytes(frame.maker[13:15], "big")
        if co2 <= _MOST_CO2:
            answer.bounded(Quantity.CARBON_DIOXIDE, co2)


def _weather_station(answer: Findings, frame: Frame) -> None:
    if len(frame.maker) >= 11:
        air(answer, frame.maker[8:11])
        charge(answer, frame.maker[7])
    elif len(frame.service) >= 10:
        _meter(answer, frame)
    else:
        raise DecodeError("neither part of the advertisement holds a measurement")


def _contact(answer: Findings, frame: Frame) -> None:
    service = frame.service
    if len(frame.maker) >= 13:
        state, presses = frame.maker[7], frame.maker[12]
        motion, light = state & 0x80, state & 0x40
        is_open, too_long = state & 0x10, state & 0x20
    elif len(service) >= 9:
        motion, light = service[1] & 0x40, service[3] & 0x01
        is_open, too_long = service[3] & 0x02, service[3] & 0x04
        presses = service[8]
        answer.flag("entry_count", presses >> 6)
        answer.flag("exit_count", presses >> 4 & 0x03)
    else:
        raise DecodeError("neither part of the advertisement holds the contact's state")
    answer.state(Quantity.DOOR_OPEN, bool(is_open or too_long))
    answer.state(Quantity.MOTION, bool(motion))
    answer.state(Quantity.LIGHT, bool(light))
    answer.flag("left_open", bool(too_long))
    answer.flag("button_count", presses & 0x0F)
    if len(service) >= 2:
        answer.flag("tested", bool(service[1] & 0x80))
    battery(answer, frame)


def _motion(answer: Findings, frame: Frame) -> None:
    service, maker = frame.service, frame.maker
    if len(service) >= 6:
        motion, light = service[1] & 0x40, service[5] & 0x02
        answer.flag("tested", bool(service[1] & 0x80))
        answer.flag("led", bool(service[5] & 0x20))
        answer.flag("iot", bool(service[5] & 0x10))
        answer.choice("sensing_distance", service[5] >> 2 & 0x03, _RANGES)
        answer.flag("light_intensity", service[5] & 0x03)
        battery(answer, frame)
    if len(maker) >= 8:
        motion, light = maker[7] & 0x40, maker[7] & 0x20
    elif len(service) < 6:
        raise DecodeError("neither part of the advertisement holds the sensor's state")
    answer.state(Quantity.MOTION, bool(motion))
    answer.state(Quantity.LIGHT, bool(light))


def _presence(answer: Findings, frame: Frame) -> None:
    maker = maker_bytes(frame, 12)
    answer.state(Quantity.OCCUPANCY, bool(maker[7] & 0x40), "presence")
    answer.flag("adaptive_state", bool(maker[7] & 0x80))
    answer.flag("battery_range", _BATTERY_RANGES[maker[7] >> 2 & 0x03])
    answer.other("duration", int.from_bytes(maker[8:10], "big"), Unit.SECOND)
    answer.flag("trigger_flag", maker[10])
    answer.flag("led", bool(maker[11] & 0x80))
    answer.flag("light_level", maker[11] & 0x1F)
    battery(answer, frame)


def _leak(answer: Findings, frame: Frame) -> None:
    maker = maker_bytes(frame, 9)
    answer.state(Quantity.WATER_LEAK, bool(maker[8] & 0x01))
    answer.state(Quantity.TAMPER, bool(maker[8] & 0x02))
    charge(answer, maker[7])
    answer.flag("battery_low", bool(maker[7] & 0x80))


def _remote(answer: Findings, frame: Frame) -> None:
    battery(answer, frame)


def _universal_remote(answer: Findings, frame: Frame) -> None:
    maker = maker_bytes(frame, 8)
    charge(answer, maker[7])
    answer.flag("battery_charging", bool(maker[7] & 0x80))


def _hub_2(answer: Findings, frame: Frame) -> None:
    maker = maker_bytes(frame, 16)
    air(answer, maker[13:16])
    level = maker[12] & 0x1F
    answer.flag("light_level", level)
    if level in _HUB_2_LUX:
        answer.bounded(Quantity.ILLUMINANCE, _HUB_2_LUX[level])


def _hub_3(answer: Findings, frame: Frame) -> None:
    maker = maker_bytes(frame, 17)
    air(answer, maker[13:16])
    level = maker[12] & 0x0F
    answer.flag("light_level", level)
    if level in _HUB_3_LUX:
        answer.bounded(Quantity.ILLUMINANCE, _HUB_3_LUX[level])
    answer.state(Quantity.MOTION, bool(maker[16] & 0x80))
    answer.flag("network_state", maker[12] >> 6)
    answer.flag("sensor_inserted", not maker[12] & 0x20)
    answer.flag("temperature_alarm", bool(maker[13] & 0xC0))
    answer.flag("humidity_alarm", bool(maker[13] & 0x30))


def _hub_mini(answer: Findings, frame: Frame) -> None:
    air(answer, maker_bytes(frame, 16)[13:16])


def _climate_panel(answer: Findings, frame: Frame) -> None:
    maker = maker_bytes(frame, 16)
    air(answer, maker[8:11])
    charge(answer, maker[7])
    answer.flag("on", bool(maker[7] & 0x80))
    answer.flag("humidity_alarm", maker[8] >> 6)
    answer.flag("temperature_alarm", maker[8] >> 4 & 0x03)
    answer.state(Quantity.MOTION, bool(maker[15] & 0x80))
    answer.state(Quantity.LIGHT, maker[15] >> 1 & 0x03 == 0x02)


SENSORS = (
    Model("meter", _meter, "Tt", names=("WoSensorTH",)),
    Model("meter_plus", _meter, "iI", names=("WoMeterPlus",)),
    Model("outdoor_meter", _meter, "wW", names=("WoIOSensorTH",)),
    Model("meter_pro", _meter, "4\x14", names=("WoTHP",)),
    Model("meter_pro_co2", _meter_co2, "5\x15", names=("WoTHPc",)),
    Model("weather_station", _weather_station, products=("1053b0",), names=("Weather Station",)),
    Model("contact", _contact, "dD", names=("WoContact",)),
    Model("motion", _motion, "sS", names=("WoPresence",)),
    Model("presence", _presence, products=("10ccc8",), names=("Presence Sensor",), counts=True),
    Model("leak", _leak, "&\x06", names=("Leak Detector",), counts=True),
    Model("remote", _remote, "bB", names=("WoRemote",)),
    Model(
        "universal_remote", _universal_remote, "'\x07", names=("WoUniversalRemote",), counts=True
    ),
    Model("hub_2", _hub_2, "vV", names=("WoHub2",)),
    Model("hub_3", _hub_3, products=("10b940",), names=("Hub3",), counts=True),
    Model("hub_mini", _hub_mini, "%\x05", names=("HubMini Matter",)),
    Model(
        "climate_panel",
        _climate_panel,
        products=("10f3d8",),
        names=("Climate Panel",),
        counts=True,
    ),
)
