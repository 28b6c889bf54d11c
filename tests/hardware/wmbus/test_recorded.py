"""Telegrams recorded from real meters, and what they are known to say.

Only the standard is at work here: what a manufacturer's own bytes mean is a profile's business,
so not every expected number is among the readings. What is there must be right.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hardware.errors import DecodeError, FrameError, KeyRequired, Unsupported, WrongKey
from hardware.mbus.telegram import Telegram
from hardware.mbus.telegram import decode as decode_wired
from hardware.reading import Function, Quantity, Record
from hardware.wmbus.formats import FormatStore
from hardware.wmbus.telegram import decode, read_header

RECORDED = Path(__file__).parents[3] / ".." / "shared" / "data" / "wmbus_cases.jsonl"

MANUFACTURERS_OWN = "AB"  # first digit of the CI field
NOT_MEASURED = frozenset(("timestamp", "device", "rssi_dbm"))
UNITS = {  # ending of an expected name: our unit, and the factor from ours to theirs
    "kwh": ("kWh", 1.0),
    "mj": ("kWh", 3.6),
    "gj": ("kWh", 0.0036),
    "m3": ("m3", 1.0),
    "l": ("m3", 1000.0),
    "c": ("degC", 1.0),
    "kw": ("kW", 1.0),
    "w": ("kW", 1000.0),
    "m3h": ("m3/h", 1.0),
    "lh": ("m3/h", 1000.0),
    "hca": ("hca", 1.0),
    "h": ("h", 1.0),
    "s": ("h", 3600.0),
    "min": ("h", 60.0),
    "d": ("h", 1 / 24),
    "y": ("h", 1 / 8765.82),
    "v": ("V", 1.0),
    "a": ("A", 1.0),
    "hz": ("Hz", 1.0),
    "kvarh": ("kvarh", 1.0),
    "kva": ("kVA", 1.0),
    "kvah": ("kVAh", 1.0),
    "kvar": ("kvar", 1.0),
    "rh": ("%", 1.0),
    "k": ("K", 1.0),
    "bar": ("bar", 1.0),
}
# media class: telegrams decoded, expected numbers among their readings; what has none is refused
FLOORS = {
    "heat": (12, 136),
    "heat-cooling": (6, 34),
    "cooling": (2, 28),
    "heat-cost-allocator": (6, 42),
    "water": (63, 267),
    "electricity": (9, 54),
    "gas": (1, 3),
    "other": (10, 63),
}
# of those 120 cases: one is not whole bytes of hex, one damaged behind two fillers, six carry the
# manufacturer's own bytes where the standard has records: what they mean is a profile's business
REFUSED: dict[str, type[Exception]] = {
    "w0051": DecodeError,
    "w0052": DecodeError,
    "w0053": DecodeError,
    "w0054": Unsupported,
    "w0055": Unsupported,
    "w0056": DecodeError,
    "w0302": FrameError,
    "w0803": KeyRequired,
}
TOO_LONG = "w0816"  # three bytes hang behind its end
# numbers that no recording names: it passes over one storage and last month's highest flow, and
# gives one volume otherwise than its bytes (0C13 48560000)
FOREIGN = {
    ("w0223", "volume_flow_maximum_storage_1"),
    ("w0334", "volume_storage_8"),
    ("w0335", "volume_storage_8"),
    ("w0821", "volume"),
    ("w0821", "volume_storage_8"),
}
MEASURED = frozenset(
    (
        Quantity.ENERGY,
        Quantity.VOLUME,
        Quantity.POWER,
        Quantity.VOLUME_FLOW,
        Quantity.FLOW_TEMPERATURE,
        Quantity.RETURN_TEMPERATURE,
        Quantity.TEMPERATURE_DIFFERENCE,
        Quantity.EXTERNAL_TEMPERATURE,
        Quantity.HCA_UNITS,
    )
)


def cases(*, own: bool = False) -> list[dict[str, Any]]:
    if not RECORDED.exists():
        pytest.skip("the recorded telegrams lie beside the project and are absent here")
    lines = RECORDED.read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [case for case in found if (case["frame"]["ci"][0] in MANUFACTURERS_OWN) is own]


def telegrams(case: dict[str, Any]) -> list[bytes] | None:
    try:
        return [bytes.fromhex(digits) for digits in case["telegrams"]]
    except ValueError:  # one recording is not whole bytes of hex
        return None


def answer(case: dict[str, Any]) -> Telegram:
    raws = telegrams(case)
    if raws is None:
        raise FrameError("no hex", offset=0)
    key = bytes.fromhex(case["key"]) if case["key"] else None
    if raws[0][0] == 0x68 and raws[0][1] == raws[0][2]:
        return decode_wired(raws[-1])
    return decode(raws, key, FormatStore())


def numbers(case: dict[str, Any]) -> dict[str, float]:
    return {
        name: value
        for name, value in case["expected"].items()
        if isinstance(value, int | float)
        and not isinstance(value, bool)
        and name not in NOT_MEASURED
    }


def is_same(name: str, wanted: float, record: Record) -> bool:
    unit, factor = UNITS.get(name.rsplit("_", 1)[-1], ("1", 1.0))
    if isinstance(record.value, str):
        return False
    units = (unit, "1", "K") if unit == "degC" else (unit, "1")
    value = record.value * factor
    return record.unit.value in units and value == pytest.approx(wanted, rel=1e-6, abs=2e-6)


def is_read(name: str, wanted: float, telegram: Telegram) -> bool:
    return any(is_same(name, wanted, record) for record in telegram.records)


def is_expected(record: Record, case: dict[str, Any]) -> bool:
    return any(is_same(name, value, record) for name, value in numbers(case).items())


def test_expected_numbers_are_read() -> None:
    decoded: Counter[str] = Counter()
    read: Counter[str] = Counter()
    refused: dict[str, type[Exception]] = {}
    for case in cases():
        media = case["media_class"]
        try:
            telegram = answer(case)
        except (FrameError, DecodeError) as error:
            refused[case["id"]] = type(error)
            continue
        decoded[media] += 1
        read[media] += sum(is_read(name, value, telegram) for name, value in numbers(case).items())
    assert refused == REFUSED
    for media, (telegrams_floor, numbers_floor) in FLOORS.items():
        assert decoded[media] >= telegrams_floor, media
        assert read[media] >= numbers_floor, media


def test_no_measured_number_is_read_that_nobody_expected() -> None:
    foreign = set()
    for case in cases():
        if case["id"] in REFUSED:
            continue
        foreign |= {
            (case["id"], record.name)
            for record in answer(case).records
            if record.quantity in MEASURED
            and record.value
            and record.register.function is not Function.ERROR
            and not is_expected(record, case)
        }
    assert foreign == FOREIGN


def test_manufacturers_own_telegrams_are_given_as_they_are() -> None:
    for case in cases(own=True):
        raw = bytes.fromhex(case["telegrams"][-1])
        if case["id"] == TOO_LONG:
            with pytest.raises(FrameError, match="counts 49 bytes and has 52"):
                decode([raw], None, FormatStore())
            continue
        telegram = decode([raw], None, FormatStore())
        assert telegram.own == (raw[10], raw[11:])
        assert telegram.address == raw[2:10]
        assert not telegram.records
        assert telegram.identification == case["expected"]["id"].upper()
        assert read_header(raw) == telegram.header


KEY = bytes(range(16))


def openssl(*arguments: str, data: bytes) -> bytes:
    return subprocess.run(
        ("openssl", *arguments), input=data, capture_output=True, check=True
    ).stdout


def mode_5(raw: bytes) -> bytes | None:
    """Encrypt a plain telegram whose transport layer follows the link layer."""
    start = {0x72: 23, 0x7A: 15}.get(raw[10])
    if start is None or raw[start : start + 2] != b"\x2f\x2f" or raw[start - 1] & 0x1F != 5:
        return None
    address = raw[2:10] if start == 15 else raw[15:17] + raw[11:15] + raw[17:19]
    end = start + (raw[start - 2] >> 4) * 16
    iv = address + raw[start - 4 : start - 3] * 8
    if start == end or end > len(raw):
        return None
    arguments = ("enc", "-aes-128-cbc", "-nopad", "-K", KEY.hex(), "-iv", iv.hex())
    return raw[:start] + openssl(*arguments, data=raw[start:end]) + raw[end:]


def session(raw: bytes) -> bytes | None:
    if raw[10] != 0x8D:
        return None
    iv = raw[2:10] + raw[11:12] + raw[13:17] + bytes(3)
    arguments = ("enc", "-aes-128-ctr", "-K", KEY.hex(), "-iv", iv.hex())
    return raw[:17] + openssl(*arguments, data=raw[17:])


def mode_7(raw: bytes) -> bytes | None:
    """Encrypt and authenticate a plain telegram: 8C .. .. 90 0F 00 2C 25 counter code 7A ..."""
    if raw[10] != 0x8C or raw[13:18] != bytes.fromhex("900F002C25"):
        return None
    counter, start = raw[18:22], 36
    end = start + (raw[33] >> 4) * 16

    def cmac(key: bytes, data: bytes) -> bytes:
        option = f"hexkey:{key.hex()}"
        arguments = ("-cipher", "AES-128-CBC", "-macopt", option, "-binary", "-in", "-", "CMAC")
        return openssl("mac", *arguments, data=data)

    tail = counter + raw[4:8] + b"\x07" * 7
    encrypts, signs = cmac(KEY, b"\0" + tail), cmac(KEY, b"\1" + tail)
    arguments = ("enc", "-aes-128-cbc", "-nopad", "-K", encrypts.hex(), "-iv", "00" * 16)
    transport = raw[30:start] + openssl(*arguments, data=raw[start:end]) + raw[end:]
    return raw[:22] + cmac(signs, raw[17:22] + transport)[:8] + transport


@pytest.mark.parametrize(("seal", "least"), [(mode_5, 25), (session, 6), (mode_7, 5)])
def test_encrypted_again_by_another_hand(seal: Callable[[bytes], bytes | None], least: int) -> None:
    count = 0
    for case in cases():
        raws = telegrams(case)
        if case["id"] in REFUSED or case["key"] or raws is None or len(raws) > 1:
            continue
        sealed = seal(raws[0])
        if sealed is None:
            continue
        count += 1
        plain = answer(case)
        opened = decode([sealed], KEY, FormatStore())
        assert not opened.is_unauthenticated  # unlike what came plain, its code was checked
        assert opened == plain._replace(is_unauthenticated=False)
        with pytest.raises(WrongKey):
            decode([sealed], bytes(16), FormatStore())
        with pytest.raises(KeyRequired):
            decode([sealed], None, FormatStore())
    assert count >= least
