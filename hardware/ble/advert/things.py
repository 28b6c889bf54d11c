"""Beacons, doors, buttons, plants, hearts and meters whose frames have fixed places.

Source: the makers' frames as recorded from their devices; Mikrotik TG-BT5 and KKM KBeacon
advertising formats; rbaron/b-parasite, protocol versions 1 and 2.
"""

from __future__ import annotations

from fractions import Fraction

from hardware.ble.advert.layout import Bit, Code, Field, Layout, Special
from hardware.ble.advert.sighting import Findings
from hardware.errors import DecodeError
from hardware.reading import ButtonPress, Quantity, Unit

_THOUSANDTH = Fraction(1, 1000)
_G = Fraction(980_665, 100_000)
_EIGHT_BITS = Fraction(1, 256)
_NODON_PRESSES = {
    1: ButtonPress.PRESS,
    2: ButtonPress.DOUBLE_PRESS,
    3: ButtonPress.LONG_PRESS,
    4: ButtonPress.HOLD_RELEASE,
    5: ButtonPress.TRIPLE_PRESS,
}
_NODON_COLOURS = {
    2: "white",
    3: "tech_blue",
    4: "cozy_grey",
    5: "wazabi",
    6: "lagoon",
    7: "softberry",
}
_ODACE_ACTIONS = dict(
    enumerate(
        (
            "off",
            "on",
            "toggle",
            "dim_up",
            "dim_down",
            "up",
            "down",
            "stop",
            "scene_user",
            "scene_in",
            "scene_out",
        )
    )
)
_PLUGGED_IN = 0x65  # Feasycom's "battery" of a beacon on mains


def _battery(at: int, mask: int = 0x7F) -> Field:
    return Field(Quantity.BATTERY_LEVEL, at, mask=mask)


def _millivolts(at: int) -> Field:
    return Field(Quantity.VOLTAGE, at, 2, _THOUSANDTH, big=True)


def _axes(at: int, step: Fraction, *, big: bool) -> tuple[Field, ...]:
    """Return three accelerations; ``step`` is what one raw step is in g."""
    return tuple(
        Field(
            Quantity.ACCELERATION,
            at + 2 * place,
            2,
            step * _G,
            signed=True,
            big=big,
            name=f"acceleration_{axis}",
        )
        for place, axis in enumerate("xyz")
    )


def _eight(quantity: Quantity, at: int, *, signed: bool = False) -> Field:
    return Field(quantity, at, 2, _EIGHT_BITS, signed=signed, big=True)


def _nodon(answer: Findings, data: bytes) -> None:
    colour, press = int.from_bytes(data[10:12], "big"), data[15]
    if colour not in _NODON_COLOURS:
        raise DecodeError(f"colour {colour} is none of this button's", offset=10)
    answer.flag("color", _NODON_COLOURS[colour])
    if press in _NODON_PRESSES:
        answer.press(_NODON_PRESSES[press])
    elif press in (6, 7):
        answer.flag("button", "four_presses" if press == 6 else "five_presses")
    else:
        raise DecodeError(f"press {press} is not known", offset=15)


def _parasite(answer: Findings, data: bytes) -> None:
    hundredths = data[0] >> 4 == 2
    raw = int.from_bytes(data[4:6], "big", signed=True)
    answer.bounded(Quantity.AIR_TEMPERATURE, Fraction(raw, 100 if hundredths else 1000))
    if data[0] & 1 and len(data) >= 18:
        answer.bounded(Quantity.ILLUMINANCE, int.from_bytes(data[16:18], "big"))


def _feasycom(answer: Findings, data: bytes) -> None:
    answer.flag("plugged_in", data[10] == _PLUGGED_IN)
    if data[10] != _PLUGGED_IN:
        answer.bounded(Quantity.BATTERY_LEVEL, data[10])


def _inode(answer: Findings, data: bytes) -> None:
    """Read pulses of an energy meter; those of a water or gas meter are in another unit."""
    constant = int.from_bytes(data[8:10], "little")
    if constant >> 14:
        raise DecodeError("a meter that does not count kWh", offset=9)
    if not constant:
        raise DecodeError("a meter without a constant", offset=8)
    average = int.from_bytes(data[2:4], "little")
    answer.number(Quantity.POWER, Fraction(average * 60, constant), name="average_power")
    answer.number(Quantity.ENERGY, Fraction(int.from_bytes(data[4:8], "little"), constant))
    level = data[10] >> 4
    answer.bounded(Quantity.BATTERY_LEVEL, 100 if level in (1, *range(12, 16)) else _tens(level))
    answer.flag("battery_low", bool(data[0] & 0x04))


def _tens(level: int) -> int:
    return max(0, (level - 1) * 10)


THINGS: tuple[Layout, ...] = (
    Layout(
        "beewi_door_window",
        (Bit("door", 4, 0, Quantity.DOOR_OPEN), _battery(6)),
        company=0x000D,
        sizes=(7,),
        fixed={2: b"\x08\x0c"},
    ),
    Layout(
        "nodon_niu_button",
        (Special(_nodon), _battery(12)),
        service="0000",
        sizes=(16,),
        fixed={0: b"\x02"},
    ),
    Layout(
        "odace_button",
        (Code("command", 11, _ODACE_ACTIONS),),
        company=0x02B6,
        sizes=tuple(range(12, 28)),
        fixed={2: b"\x8e\x44"},
    ),
    Layout(
        "mikrotik_tg_bt5",
        (
            *_axes(6, _EIGHT_BITS, big=False),
            Field(Quantity.AIR_TEMPERATURE, 12, 2, _EIGHT_BITS, signed=True, absent=(-32_768,)),
            Field(Quantity.OTHER, 14, 4, name="uptime", unit=Unit.SECOND),
            Bit("reed", 18, 0),
            Bit("tilt", 18, 1),
            Bit("free_fall", 18, 2),
            Bit("impact_x", 18, 3),
            Bit("impact_y", 18, 4),
            Bit("impact_z", 18, 5),
            _battery(19),
        ),
        company=0x094F,
        sizes=(20,),
        fixed={2: b"\x01\x00"},
    ),
    Layout(
        "kkm_k6p",
        (
            _millivolts(3),
            _eight(Quantity.AIR_TEMPERATURE, 5, signed=True),
            _eight(Quantity.RELATIVE_HUMIDITY, 7),
        ),
        service="feaa",
        sizes=(9,),
        fixed={0: b"\x21\x01\x07"},
    ),
    Layout(
        "kkm_k9",
        (
            _millivolts(3),
            _eight(Quantity.AIR_TEMPERATURE, 5, signed=True),
            _eight(Quantity.RELATIVE_HUMIDITY, 7),
            *_axes(9, _THOUSANDTH, big=True),
        ),
        service="feaa",
        sizes=(15,),
        fixed={0: b"\x21\x01\x0f"},
    ),
    *(
        Layout(
            "bluecharm_ksensor",
            (
                _millivolts(3),
                _eight(Quantity.AIR_TEMPERATURE, 5, signed=True),
                *_axes(7, _THOUSANDTH, big=True),
            ),
            service="feaa",
            sizes=(13,),
            fixed={0: bytes((0x21, version, 0x0B))},
        )
        for version in (0, 1)
    ),
    Layout("moko_beacon", (_battery(0, mask=0xFF),), service="ff01", sizes=(13,)),
    Layout(
        "moko_beaconx_pro",
        (
            Field(Quantity.AIR_TEMPERATURE, 3, 2, Fraction(1, 10), signed=True, big=True),
            Field(Quantity.RELATIVE_HUMIDITY, 5, 2, Fraction(1, 10), big=True),
            _millivolts(7),
        ),
        service="feab",
        sizes=(16,),
        fixed={0: b"\x70"},
    ),
    Layout("moko_beaconx_pro", (_millivolts(12),), service="feab", sizes=(21,), fixed={0: b"\x60"}),
    Layout(
        "moko_beaconx_pro",
        (_millivolts(3),),
        service="feab",
        sizes=tuple(range(14, 26)),
        fixed={0: b"\x40"},
    ),
    Layout(
        "flower_care_max",
        (
            Field(Quantity.SOIL_MOISTURE, 0),
            Field(Quantity.AIR_TEMPERATURE, 1, 2, Fraction(1, 10), signed=True, big=True),
            Field(Quantity.ILLUMINANCE, 3, 3, big=True),
            _battery(6),
            Field(Quantity.SOIL_CONDUCTIVITY, 7, 2, big=True),
        ),
        service="fd50",
        sizes=(9,),
    ),
    *(
        Layout(
            "b_parasite",
            (
                Special(_parasite),
                _millivolts(2),
                Field(Quantity.RELATIVE_HUMIDITY, 6, 2, Fraction(100, 0xFFFF), big=True),
                Field(Quantity.SOIL_MOISTURE, 8, 2, Fraction(100, 0xFFFF), big=True),
            ),
            service="181a",
            sizes=(16, 18),
            fixed={0: bytes((version << 4 | light,))},
            address_at=10,
        )
        for version in (1, 2)
        for light in (0, 1)
    ),
    Layout(
        "xoss_heart_rate",
        (Field(Quantity.HEART_RATE, 5, absent=(0,)), _battery(3)),
        company=0xFF04,
        sizes=(6,),
    ),
    Layout(
        "polar_heart_rate",
        (Field(Quantity.HEART_RATE, 5, absent=(0,)),),
        company=0x006B,
        sizes=(6,),
    ),
    Layout(
        "inode_energy_meter",
        (Special(_inode),),
        sizes=(13,),
        fixed={1: b"\x82"},
        names=("electricity", "iNode"),
    ),
    Layout(
        "feasycom_beacon",
        (Special(_feasycom),),
        service="fff0",
        sizes=(11,),
        address_at=4,
    ),
    Layout("holyiot_beacon", (_battery(1),), service="5242", sizes=(13,), fixed={0: b"\x41"}),
    Layout("battery_service", (_battery(0, mask=0xFF),), service="180f", sizes=(1,)),
)
