"""Sensors of a room's air whose frames have fixed places.

Source: the makers' frames as recorded from their devices; custom firmware: pvvx/ATC_MiThermometer
and atc1441, advertising formats.
"""

from __future__ import annotations

from fractions import Fraction

from hardware.ble.advert.layout import Bit, Field, Layout, Special
from hardware.ble.advert.sighting import Findings
from hardware.errors import DecodeError
from hardware.reading import Quantity, Unit

_TEMPERATURE, _HUMIDITY = Quantity.AIR_TEMPERATURE, Quantity.RELATIVE_HUMIDITY
_TENTH, _HUNDREDTH, _THOUSANDTH = Fraction(1, 10), Fraction(1, 100), Fraction(1, 1000)
_SIXTEENTH = Fraction(1, 16)


def _t(at: int, step: Fraction, *, big: bool = False, absent: tuple[int, ...] = ()) -> Field:
    return Field(_TEMPERATURE, at, 2, step, signed=True, big=big, absent=absent)


def _h(
    at: int, step: Fraction, *, size: int = 2, big: bool = False, absent: tuple[int, ...] = ()
) -> Field:
    return Field(_HUMIDITY, at, size, step, big=big, absent=absent)


def _battery(at: int, mask: int = 0x7F) -> Field:
    return Field(Quantity.BATTERY_LEVEL, at, mask=mask)


def _volts(at: int, *, size: int = 2, big: bool = False, step: Fraction = _THOUSANDTH) -> Field:
    return Field(Quantity.VOLTAGE, at, size, step, big=big)


def _govee_pair(at: int) -> Special:
    """Read temperature and humidity packed as ``10000 * T + 10 * H`` in three bytes."""

    def read(answer: Findings, data: bytes) -> None:
        raw = int.from_bytes(data[at : at + 3], "big")
        packed = raw & 0x7FFFFF
        value = Fraction(packed // 1000, 10)
        answer.bounded(_TEMPERATURE, -value if raw & 0x800000 else value)
        answer.bounded(_HUMIDITY, Fraction(packed % 1000, 10))

    return Special(read)


def _govee_triple(answer: Findings, data: bytes) -> None:
    """Read temperature, humidity and fine dust packed in four bytes."""
    raw = int.from_bytes(data[4:8], "big")
    packed = raw & 0x7FFFFFFF
    value = Fraction(packed // 1_000_000, 10)
    answer.bounded(_TEMPERATURE, -value if raw & 0x80000000 else value)
    answer.bounded(_HUMIDITY, Fraction(packed // 1000 % 1000, 10))
    answer.bounded(Quantity.PM_2_5, packed % 1000)


def _govee_error(at: int) -> Special:
    """Refuse what the sensor itself marks as failed: the battery's highest bit."""

    def read(_answer: Findings, data: bytes) -> None:
        if data[at] & 0x80:
            raise DecodeError("the sensor reports an error", offset=at)

    return Special(read)


def _thermopro(answer: Findings, data: bytes) -> None:
    answer.flag("battery_low", not data[4] & 0x02)


def _sensirion(steps: int) -> tuple[Field, ...]:
    """Return the fields of Sensirion's samples; ``steps`` is the humidity's range in percent."""
    base = Fraction(-6) if steps == 125 else Fraction(0)
    return (
        Field(_TEMPERATURE, 6, 2, Fraction(175, 0xFFFF), Fraction(-45)),
        Field(_HUMIDITY, 8, 2, Fraction(steps, 0xFFFF), base),
    )


def _sensorpush(modulus: int, *, pressure: bool) -> Special:
    """Read numbers that are packed as the digits of one, each to its own base."""

    def read(answer: Findings, data: bytes) -> None:
        packed = int.from_bytes(data[1:], "little")
        first, packed = packed % modulus, packed // modulus
        step = Fraction(1, 400)
        answer.bounded(_TEMPERATURE, first * step - 40)
        answer.bounded(_HUMIDITY, packed % 40_001 * step)
        if pressure:
            pascal = 30_000 + packed // 40_001 % 95_001
            answer.bounded(Quantity.AIR_PRESSURE, Fraction(pascal, 100))

    return Special(read)


def _inkbird(answer: Findings, data: bytes) -> None:
    humidity = int.from_bytes(data[2:4], "little")
    if humidity not in (0, 0xFFFF):
        answer.bounded(_HUMIDITY, Fraction(humidity, 100))
    answer.flag("external_probe", data[4] & 0x0F != 0)


_THERMOBEACON_COMPANIES = (0x10, 0x11, 0x15, 0x18, 0x1B)
_NO_PROBE = (-10,)


def _probes(count: int, *, reversed_address: bool = False) -> Layout:
    probes = tuple(
        Field(
            Quantity.OTHER,
            10 + 2 * place,
            2,
            _TENTH,
            signed=True,
            absent=_NO_PROBE,
            name=f"probe_temperature_{place + 1}",
            unit=Unit.CELSIUS,
        )
        for place in range(count)
    )
    return Layout(
        f"inkbird_ibt_{count}",
        probes,
        sizes=(10 + 2 * count,),
        fixed={1: b"\x00\x00\x00"},
        address_at=4,
        reversed_address=reversed_address,
        address_required=True,
    )


AIR_SENSORS: tuple[Layout, ...] = (
    Layout(
        "govee_h5075",
        (_govee_pair(3), _govee_error(6), _battery(6)),
        company=0xEC88,
        sizes=(8, 9),
        names=("GVH5072", "GVH5075"),
    ),
    Layout(
        "govee_h5074",
        (_t(3, _HUNDREDTH), _h(5, _HUNDREDTH), _battery(7)),
        company=0xEC88,
        sizes=(9,),
        names=("Govee_H5074",),
    ),
    Layout(
        "govee_h5179",
        (_t(6, _HUNDREDTH), _h(8, _HUNDREDTH), _battery(10)),
        company=0x8801,
        sizes=(11,),
        fixed={2: b"\xec"},
        names=("Govee_H5179",),
    ),
    Layout(
        "govee_h5102",
        (_govee_pair(4), _govee_error(7), _battery(7)),
        company=0x0001,
        sizes=(8,),
        names=("GVH5100", "GVH5101", "GVH5102", "GVH5104", "GVH5105", "GVH5174", "GVH5177"),
    ),
    Layout(
        "govee_h5106",
        (Special(_govee_triple),),
        company=0x0001,
        sizes=(8,),
        names=("GVH5106",),
    ),
    Layout(
        "govee_h5140",
        (_govee_pair(4), Field(Quantity.CARBON_DIOXIDE, 7, 2, big=True)),
        company=0x0001,
        sizes=(10,),
        fixed={2: b"\x01\x01"},
        names=("GV5140", "GVH5140"),
    ),
    Layout(
        "thermopro_tp35x",
        (_t(1, _TENTH), _h(3, Fraction(1), size=1), Special(_thermopro)),
        sizes=(6, 7, 8),
        fixed={0: b"\xc2"},
        names=("TP350", "TP357", "TP358", "TP359", "TP393"),
    ),
    Layout(
        "inkbird_ibs_th",
        (_t(0, _HUNDREDTH), Special(_inkbird), _battery(7, mask=0xFF)),
        sizes=(9,),
        names=("sps",),
    ),
    Layout(
        "inkbird_ibs_th",
        (_t(0, _HUNDREDTH), _battery(7, mask=0xFF)),
        sizes=(9,),
        names=("tps",),
    ),
    Layout(
        "inkbird_ibs_p02b",
        (Field(_TEMPERATURE, 6, 2, _TENTH, signed=True), _battery(10), Bit("battery_low", 13, 0)),
        sizes=(18,),
        names=("IBS-P02B",),
    ),
    _probes(2),
    _probes(2, reversed_address=True),
    _probes(4),
    _probes(6),
    *(
        Layout(
            "oria_t301" if name == "T301" else "oria_t201",
            (_t(12, _HUNDREDTH, big=True), _h(14, _HUNDREDTH, big=True), _battery(16)),
            company=0xAA55,
            sizes=(19,),
            names=(name,),
        )
        for name in ("T301", "T201")
    ),
    Layout(
        "sensirion_sht4x",
        _sensirion(125),
        company=0x06D5,
        sizes=tuple(range(10, 28)),
        fixed={2: b"\x00\x06"},
    ),
    *(
        Layout(
            "sensirion_co2",
            (*_sensirion(100), Field(Quantity.CARBON_DIOXIDE, 10, 2)),
            company=0x06D5,
            sizes=tuple(range(12, 28)),
            fixed={2: kind},
        )
        for kind in (b"\x00\x08", b"\x00\x0a")
    ),
    Layout(
        "sensorpush_ht",
        (_sensorpush(66_001, pressure=False),),
        sizes=(5,),
        fixed={0: b"\x04"},
        names=("SensorPush",),
    ),
    Layout(
        "sensorpush_htp",
        (_sensorpush(72_001, pressure=True),),
        sizes=(7,),
        fixed={0: b"\x00"},
        names=("SensorPush",),
    ),
    Layout(
        "aranet4",
        (
            Field(Quantity.CARBON_DIOXIDE, 10, 2),
            _t(12, Fraction(1, 20)),
            Field(Quantity.AIR_PRESSURE, 14, 2, _TENTH),
            _h(16, Fraction(1), size=1),
            _battery(17),
        ),
        company=0x0702,
        sizes=(24,),
    ),
    Layout(
        "blue_maestro_tempo_disc",
        (
            _battery(3),
            Field(Quantity.OTHER, 4, 2, big=True, name="logging_interval", unit=Unit.SECOND),
            _t(8, _TENTH, big=True),
            _h(10, _TENTH, big=True),
            Field(Quantity.DEW_POINT, 12, 2, _TENTH, signed=True, big=True),
        ),
        company=0x0133,
        sizes=(16,),
        fixed={2: b"\x16"},
    ),
    *(
        Layout(
            "thermobeacon",
            (
                _volts(10),
                _t(12, _SIXTEENTH),
                _h(14, _SIXTEENTH),
                Field(Quantity.OTHER, 16, 4, name="uptime", unit=Unit.SECOND),
            ),
            company=company,
            sizes=(20,),
            address_at=4,
            reversed_address=True,
            address_required=True,
        )
        for company in _THERMOBEACON_COMPANIES
    ),
    *(
        Layout(
            "thermobeacon",
            tuple(
                Field(Quantity.OTHER, at, size, step, signed=size == 2, name=name, unit=unit)
                for at, size, step, name, unit in (
                    (10, 2, _SIXTEENTH, "temperature_maximum", Unit.CELSIUS),
                    (12, 4, Fraction(1), "time_of_maximum", Unit.SECOND),
                    (16, 2, _SIXTEENTH, "temperature_minimum", Unit.CELSIUS),
                    (18, 4, Fraction(1), "time_of_minimum", Unit.SECOND),
                )
            ),
            company=company,
            sizes=(22,),
            address_at=4,
            reversed_address=True,
            address_required=True,
        )
        for company in _THERMOBEACON_COMPANIES
    ),
    Layout(
        "vchon_vch6003",
        (Field(_TEMPERATURE, 2, 2, _TENTH, signed=True, big=True), _h(4, Fraction(1), size=1)),
        company=0x0901,
        sizes=(11,),
        address_at=5,
        address_required=True,
    ),
    Layout(
        "jaalee",
        (
            Field(_TEMPERATURE, 20, 2, Fraction(175, 0xFFFF), Fraction(-45), big=True),
            Field(_HUMIDITY, 22, 2, Fraction(100, 0xFFFF), big=True),
            _battery(25),
        ),
        company=0x004C,
        sizes=(26,),
        fixed={2: b"\x02\x15\xeb\xef\xd0\x83\x70\xa2\x47\xc8\x98\x37\xe7\xb5\x63\x4d\xf5\x25"},
    ),
    Layout(
        "april_brother_abtemp",
        (_battery(22), Field(_TEMPERATURE, 23, signed=True)),
        company=0x004C,
        sizes=(25,),
        fixed={2: bytes.fromhex("0215b5b182c7eab14988aa99b5c1517008d9")},
    ),
    Layout(
        "april_brother_n03",
        (
            _battery(8),
            Field(_TEMPERATURE, 9, 2, Fraction(1, 8), signed=True),
            _h(11, Fraction(1, 2)),
            Field(Quantity.ILLUMINANCE, 13, 2),
        ),
        service="5242",
        sizes=(15,),
        fixed={0: b"\xab\x03"},
    ),
    Layout(
        "atc_custom_firmware",
        (
            _t(6, _TENTH, big=True),
            _h(8, Fraction(1), size=1),
            _battery(9),
            _volts(10, big=True),
        ),
        service="181a",
        sizes=(13,),
        address_at=0,
        sequence=12,
    ),
    Layout(
        "pvvx_custom_firmware",
        (
            _t(6, _HUNDREDTH),
            _h(8, _HUNDREDTH),
            _volts(10),
            _battery(12),
            Bit("reed_closed", 14, 0),
            Bit("trigger_output", 14, 1),
        ),
        service="181a",
        sizes=(15,),
        address_at=0,
        reversed_address=True,
        sequence=13,
    ),
)
