"""SwitchBot's doors, locks, shades, pushers, heaters and plugs.

Source: SwitchBot BLE open API, broadcast messages.
"""

from __future__ import annotations

from fractions import Fraction

from hardware.ble.advert.sighting import Findings
from hardware.ble.advert.switchbot_frame import (
    Frame,
    Model,
    battery,
    charge,
    maker_bytes,
    temperature,
)
from hardware.ble.answer import coded
from hardware.errors import DecodeError
from hardware.reading import Quantity, Unit

_LOCK_STATES = coded(
    (
        "locked",
        "unlocked",
        "locking",
        "unlocking",
        "locking_stop",
        "unlocking_stop",
        "not_fully_locked",
        "half_locked",
    )
)
_LOCKED = 0
_HEATER_MODES = coded(("schedule", "manual", "off", "eco", "comfort", "boost"))


def _bot(answer: Findings, frame: Frame) -> None:
    if len(frame.service) < 3:
        raise DecodeError("3 bytes of service data are expected", offset=len(frame.service))
    switch = bool(frame.service[1] & 0x80)
    answer.flag("mode", "on/off" if switch else "onestate")
    answer.flag("on", switch and not frame.service[1] & 0x40)
    battery(answer, frame)


def _curtain(answer: Findings, frame: Frame) -> None:
    service, maker = frame.service, frame.maker
    if len(maker) >= 11:
        position, light = maker[8], maker[9]
    elif len(service) >= 5:
        position, light = service[3], service[4]
    else:
        raise DecodeError("neither part of the advertisement holds the curtain's position")
    if len(maker) >= 13:
        charge(answer, maker[12])
    else:
        battery(answer, frame)
    if len(service) >= 2:
        answer.flag("calibrated", bool(service[1] & 0x40))
    _shade(answer, position, light)
    answer.flag("in_motion", bool(position & 0x80))
    answer.flag("device_chain", light & 0x07)


def _shade(answer: Findings, position: int, light: int) -> None:
    """Add how far it is open and closed, and the light at it: none of them is measured."""
    closed = min(position & 0x7F, 100)
    answer.other("position", 100 - closed, Unit.PERCENT)
    answer.other("closed", closed, Unit.PERCENT)
    answer.flag("light_level", light >> 4)


def _roller_shade(answer: Findings, frame: Frame) -> None:
    maker = maker_bytes(frame, 10)
    _shade(answer, maker[8], maker[9])
    answer.flag("calibrated", bool(maker[8] & 0x80))
    answer.flag("in_motion", bool(maker[7] & 0x06))
    answer.flag("device_chain", maker[9] & 0x0F)
    battery(answer, frame)


def _blind_tilt(answer: Findings, frame: Frame) -> None:
    maker = maker_bytes(frame, 10)
    tilt = min(maker[8] & 0x7F, 100)
    answer.other("tilt", tilt, Unit.PERCENT)
    answer.other("position", 2 * tilt if tilt <= 50 else 2 * (100 - tilt), Unit.PERCENT)
    answer.flag("direction", "down" if tilt < 50 else "up" if tilt > 50 else "level")
    answer.flag("light_level", maker[9] >> 4)
    answer.flag("calibrated", bool(maker[7] & 0x01))
    answer.flag("in_motion", bool(maker[8] & 0x80))
    battery(answer, frame)


def _lock_state(answer: Findings, code: int) -> None:
    answer.choice("lock", code, _LOCK_STATES)
    if code <= 1:  # what lies between the two is neither
        answer.state(Quantity.LOCKED, code == _LOCKED)


def _lock_lite(answer: Findings, frame: Frame) -> None:
    maker = maker_bytes(frame, 9)
    _lock_state(answer, maker[7] >> 4 & 0x07)
    answer.flag("calibrated", bool(maker[7] & 0x80))
    answer.flag("update_from_secondary_lock", bool(maker[7] & 0x08))
    answer.flag("double_lock_mode", bool(maker[8] & 0x80))
    answer.flag("unlocked_alarm", bool(maker[8] & 0x10))
    answer.flag("night_latch", len(maker) > 9 and bool(maker[9] & 0x01))
    battery(answer, frame)


def _lock(answer: Findings, frame: Frame) -> None:
    _lock_lite(answer, frame)
    answer.state(Quantity.DOOR_OPEN, bool(frame.maker[7] & 0x04))
    answer.flag("left_open", bool(frame.maker[8] & 0x20))
    answer.flag("auto_lock_paused", bool(frame.maker[8] & 0x02))


def _lock_common(answer: Findings, frame: Frame) -> int:
    """Add what the newer locks share; return the byte of their alarms."""
    maker = maker_bytes(frame, 12)
    _lock_state(answer, maker[7] >> 3 & 0x0F)
    answer.state(Quantity.DOOR_OPEN, bool(maker[8] & 0x10))
    charge(answer, maker[9])
    answer.flag("calibrated", bool(maker[7] & 0x80))
    answer.flag("update_from_secondary_lock", bool(maker[8] & 0xC0))
    answer.flag("door_open_from_secondary_lock", bool(maker[8] & 0x20))
    answer.flag("auto_lock_paused", bool(maker[8] & 0x08))
    answer.flag("double_lock_mode", bool(maker[10] & 0x80))
    answer.flag("is_secondary_lock", bool(maker[10] & 0x40))
    answer.flag("manual_unlock_linkage", bool(maker[10] & 0x20))
    answer.flag("left_open", bool(maker[11] & 0x80))
    answer.flag("unlocked_alarm", bool(maker[11] & 0x40))
    answer.flag("night_latch", value=False)
    return maker[11]


def _lock_pro(answer: Findings, frame: Frame) -> None:
    alarms = _lock_common(answer, frame)
    answer.flag("low_temperature_alarm", bool(alarms & 0x20))
    answer.flag("left_battery_compartment_alarm", bool(alarms & 0x04))
    answer.flag("right_battery_compartment_alarm", bool(alarms & 0x02))


def _lock_ultra(answer: Findings, frame: Frame) -> None:
    alarms = _lock_common(answer, frame)
    answer.flag("power_alarm", bool(alarms & 0x10))
    answer.flag("battery_status", alarms & 0x07)


def _keypad(answer: Findings, frame: Frame) -> None:
    answer.flag("attempt_state", maker_bytes(frame, 7)[6])
    battery(answer, frame)


def _keypad_vision(answer: Findings, frame: Frame) -> None:
    maker = _keypad_common(answer, frame)
    answer.flag("pir_triggered_level", maker[13] & 0x03)


def _keypad_vision_pro(answer: Findings, frame: Frame) -> None:
    maker = _keypad_common(answer, frame)
    answer.flag("radar_triggered_level", maker[13] & 0x03)
    answer.flag("radar_triggered_distance", maker[13] >> 2 & 0x03)


def _keypad_common(answer: Findings, frame: Frame) -> bytes:
    maker = maker_bytes(frame, 14)
    charge(answer, maker[7])
    answer.flag("battery_charging", bool(maker[7] & 0x80))
    answer.state(Quantity.TAMPER, bool(maker[8] & 0x02))
    answer.flag("lockout_alarm", bool(maker[8] & 0x01))
    answer.flag("duress_alarm", bool(maker[8] & 0x04))
    answer.flag("low_temperature", bool(maker[8] & 0x80))
    answer.flag("high_temperature", bool(maker[8] & 0x40))
    answer.flag("doorbell", bool(maker[12] & 0x08))
    answer.flag("doorbell_count", maker[12] & 0x07)
    return maker


def _garage_door(answer: Findings, frame: Frame) -> None:
    maker = maker_bytes(frame, 8)
    answer.state(Quantity.DOOR_OPEN, not maker[7] & 0x20)
    answer.flag("on", bool(maker[7] & 0x80))


def _heater(answer: Findings, frame: Frame) -> None:
    maker = maker_bytes(frame, 13)
    answer.bounded(Quantity.AIR_TEMPERATURE, temperature(maker[8] & 0x0F, maker[9]))
    target = temperature(maker[8] >> 4, maker[10])
    answer.other("target_temperature", target, Unit.CELSIUS)
    charge(answer, maker[7])
    answer.flag("on", bool(maker[7] & 0x80))
    answer.choice("mode", maker[11] & 0x07, _HEATER_MODES)
    answer.choice("last_mode", maker[11] >> 4, _HEATER_MODES)
    answer.flag("fault_code", maker[12] >> 1 & 0x07)
    answer.flag("need_update_temperature", bool(maker[12] & 0x20))
    answer.flag("restarted", bool(maker[12] & 0x10))
    answer.state(Quantity.DOOR_OPEN, bool(maker[12] & 0x01), "window")


def _watts(answer: Findings, data: bytes, step: Fraction, name: str = "") -> None:
    answer.number(Quantity.POWER, int.from_bytes(data, "big") * step, name=name)


def _plug(answer: Findings, frame: Frame) -> None:
    maker = maker_bytes(frame, 12)
    answer.flag("on", maker[7] == 0x80)
    power = (int.from_bytes(maker[10:12], "big") & 0x7FFF).to_bytes(2, "big")
    _watts(answer, power, Fraction(1, 10_000))


def _switch(answer: Findings, frame: Frame) -> None:
    answer.flag("on", bool(maker_bytes(frame, 8)[7] & 0x80))


def _power_switch(answer: Findings, frame: Frame) -> None:
    maker = maker_bytes(frame, 12)
    _switch(answer, frame)
    _watts(answer, maker[10:12], Fraction(1, 1000))


def _double_switch(answer: Findings, frame: Frame) -> None:
    maker = maker_bytes(frame, 14)
    for place, bit in ((1, 0x80), (2, 0x40)):
        answer.flag(f"on_{place}", bool(maker[7] & bit))
        _watts(answer, maker[8 + 2 * place : 10 + 2 * place], Fraction(1, 1000), f"power_{place}")


HOME = (
    Model("bot", _bot, "H", names=("WoHand",)),
    Model("curtain", _curtain, "cC", names=("WoCurtain",)),
    Model("curtain_3", _curtain, "{[", names=("WoCurtain3",)),
    Model("roller_shade", _roller_shade, ",\x0c", names=("Roller Shade",), counts=True),
    Model("blind_tilt", _blind_tilt, "xX", names=("WoBlindTilt",), counts=True),
    Model("lock", _lock, "oO", names=("WoLock",), counts=True),
    Model("lock_lite", _lock_lite, "-\x0d", names=("Lock Lite",), counts=True),
    Model("lock_vision", _lock_lite, products=("116908",), names=("Lock Vision",), counts=True),
    Model(
        "lock_pro",
        _lock_pro,
        "$\x04",
        products=("10ff90",),
        names=("WoLockPro", "Lock Pro Wifi"),
        counts=True,
    ),
    Model(
        "lock_ultra",
        _lock_ultra,
        products=("10a5b8", "116909", "119fb8"),
        names=("Lock Ultra", "Lock Vision Pro", "Lock Ultra Max"),
        counts=True,
    ),
    Model("keypad", _keypad, "yY", names=("WoKeypad",)),
    Model(
        "keypad_vision", _keypad_vision, products=("110378",), names=("Keypad Vision",), counts=True
    ),
    Model(
        "keypad_vision_pro",
        _keypad_vision_pro,
        products=("115198",),
        names=("Keypad Vision Pro",),
        counts=True,
    ),
    Model("garage_door", _garage_door, ">\x1e", names=("Garage Door Opener",), counts=True),
    Model(
        "radiator_thermostat",
        _heater,
        products=("113640",),
        names=("Smart Thermostat Radiator",),
        counts=True,
    ),
    Model("plug_mini", _plug, "gGjJ", names=("WoPlug", "WoPlugUS", "WoPlugJP"), counts=True),
    Model("plug_mini_eu", _power_switch, "?\x1f", names=("Plug Mini (EU)",), counts=True),
    Model("relay_switch_1", _switch, ";\x1b", names=("Relay Switch 1",), counts=True),
    Model("relay_switch_1pm", _power_switch, "<\x1c", names=("Relay Switch 1PM",), counts=True),
    Model("relay_switch_2pm", _double_switch, "=\x1d", names=("Relay Switch 2PM",), counts=True),
)
