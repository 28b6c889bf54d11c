"""What five other parsers say of the same advertisements, and why some of it is not said here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.commands.ble_decode import answer_line

LB = 0.45359237
G = 9.80665

# Families that neither assist nor measure anything in a home that this project looks after.
APPLIANCES = {
    "BM2": "a car battery's monitor",
    "SmartDry": "a laundry sensor",
    "Amphiro": "a shower head",
    "Mopeka": "a gas tank's level",
    "Otodata RC1010": "a fuel tank's level",
    "Hobo Water Level": "a river's level",
    "Tilt Hydrothermometer": "a brewing hydrometer",
    "Oras": "a water tap",
    "Braun": "a toothbrush",
    "TPMS": "a tyre",
    "Bosch Nyon": "a bicycle's display",
    "Apple": "says nothing that lasts: random addresses",
    "GAEN": "exposure notification, by intention nobody's",
}
SWITCHBOT_APPLIANCES = (
    "Bulb",
    "Fan",
    "Vacuum",
    "Purifier",
    "Humidifier",
    "Light",
    "Strip",
    "Art Frame",
)

# Rows on which the other parser is wrong: by name of the test, with the reason.
WRONG = {
    # The test that these rows come from expects them to be decoded; its only rows that must
    # fail are called SHOULD FAIL. The same bytes stand in the same file with their values.
    ("rejected", "test_servicedata[1]"): "decoded in the test it was taken from",
    ("rejected", "test_servicedata[4]"): "decoded in the test it was taken from",
    ("rejected", "test_uuid[1]"): "decoded in the test it was taken from",
    ("rejected", "test_uuid[3]"): "decoded in the test it was taken from",
    ("rejected", "test_uuid[5]"): "decoded in the test it was taken from",
}
# Fields on which the other parser is wrong, or says what was not sent: by device and field.
WRONG_FIELDS = {
    ("RuuviTag RAWv1", "accx"): "formats 3 and 5 send thousandths of g; a tenth of it is said",
    ("RuuviTag RAWv1", "accy"): "",
    ("RuuviTag RAWv1", "accz"): "",
    ("RuuviTag", "accx"): "the same: a tag at rest would weigh a tenth of g",
    ("RuuviTag", "accy"): "",
    ("RuuviTag", "accz"): "",
    ("RuuviTag maximum values", "accx"): "",
    ("RuuviTag maximum values", "accy"): "",
    ("RuuviTag maximum values", "accz"): "",
    ("Mokobeacon", "x_axis"): "2.6 g at rest: byte order and scale are not known",
    ("Mokobeacon", "y_axis"): "",
    ("Mokobeacon", "z_axis"): "",
    ("MokoXPro", "x_axis"): "1.6 g at rest: the frame's full scale is left out",
    ("MokoXPro", "y_axis"): "",
    ("MokoXPro", "z_axis"): "",
    ("ABTemp", "uuid"): "the product's own, and numbers that carry its values",
    ("ABTemp", "major"): "",
    ("ABTemp", "txpower"): "",
    ("iBeacon", "volt"): "the beacon's power at 1 m taken for a voltage",
    ("H5075", "tempc"): "the humidity's digits left in the temperature below zero",
    ("Switchbot_BlindTilt", "lightlevel"): "half a byte of another field",
    ("Switchbot_BlindTilt NEW", "lightlevel"): "",
    ("Switchbot_S1", "state"): "a pusher in one-state mode has no state",
}
# Fields that are no reading: what the other parser knows of the model, and its conversions.
META = {
    "brand",
    "model",
    "model_id",
    "type",
    "cidc",
    "acts",
    "cont",
    "track",
    "prmac",
    "ctrl",
    "device",
    "mac",
    "mfid",
    "title",
    "avgu",
    "sumu",
    "unit",
    "beaconmodel",
    "fahrenheit",
    "temp",
    "switchMode",
    "iaqs",
}
ENCRYPTED = {"encr", "cipher", "ctr", "mic"}

NAMES: dict[str, tuple[str, ...]] = {
    # theengs
    "tempc": ("air_temperature", "probe_temperature_1"),
    "hum": ("relative_humidity",),
    "batt": ("battery_level",),
    "volt": ("voltage",),
    "lux": ("illuminance",),
    "pres": ("air_pressure",),
    "co2": ("carbon_dioxide",),
    "pm25": ("pm_2_5",),
    "pm10": ("pm_10",),
    "moi": ("soil_moisture",),
    "fer": ("soil_conductivity",),
    "for": ("formaldehyde",),
    "tempc2_dp": ("dew_point",),
    "open": ("door_open", "door", "window", "magnet", "position"),
    "motion": ("motion", "in_motion"),
    "moving": ("in_motion",),
    "packet": ("packet_id",),
    "rot": ("rotation",),
    "weight": ("body_weight", "mass"),
    "act_bpm": ("heart_rate",),
    "bpm": ("heart_rate",),
    "accx": ("acceleration_x",),
    "accy": ("acceleration_y",),
    "accz": ("acceleration_z",),
    "txpower": ("measured_power_dbm",),
    "tx": ("tx_power_dbm",),
    "mov": ("movements",),
    "seq": ("sequence_number",),
    "time": ("uptime",),
    "tempc_max": ("temperature_maximum",),
    "tempc_min": ("temperature_minimum",),
    "time_max": ("time_of_maximum",),
    "time_min": ("time_of_minimum",),
    "avg": ("average_power",),
    "sum": ("energy",),
    "lowbatt": ("battery_low",),
    "extprobe": ("external_probe",),
    "color": ("color",),
    "scopetested": ("tested",),
    "sensingdistance": ("sensing_distance",),
    "lightlevel": ("light", "light_level"),
    "contact": ("door_open",),
    "in_ct": ("entry_count",),
    "out_ct": ("exit_count",),
    "push_ct": ("button_count",),
    "position": ("position", "closed"),
    "state": ("on",),
    "plugged-in": ("plugged_in",),
    # pySwitchbot
    "temperature": ("air_temperature", "body_temperature"),
    "humidity": ("relative_humidity",),
    "battery": ("battery_level", "battery_low"),
    "calibration": ("calibrated",),
    "inMotion": ("in_motion",),
    "lightLevel": ("light_level",),
    "deviceChain": ("device_chain",),
    "motion_detected": ("motion", "presence"),
    "contact_open": ("door_open",),
    "contact_timeout": ("left_open",),
    "is_light": ("light",),
    "leak": ("water_leak",),
    "tampered": ("tamper",),
    "low_battery": ("battery_low",),
    "sense_distance": ("sensing_distance_code",),
    "led_state": ("led",),
    "isOn": ("on",),
    "status": ("lock",),
    "unclosed_alarm": ("left_open",),
    "tamper_alarm": ("tamper",),
    "doorbell_seq": ("doorbell_count",),
    "temp_alarm": ("temperature_alarm",),
    "need_update_temp": ("need_update_temperature",),
    "door_open": ("door_open", "window"),
    # bthome-ble, xiaomi-ble, ruuvitag-ble
    "pressure": ("air_pressure",),
    "moisture": ("soil_moisture", "water_leak", "moisture"),
    "volatile_organic_compounds": ("voc_concentration",),
    "temperature_1": ("air_temperature_1",),
    "temperature_2": ("air_temperature_2",),
    "conductivity": ("soil_conductivity",),
    "opening": ("opening", "door_open"),
    "power": ("power_on", "power"),
    "lock": ("locked",),
    "door_left_open": ("left_open",),
    "device_forcibly_removed": ("forcibly_removed",),
    "toothbrush": ("brushing",),
    "door": ("door_open",),
    "pm1": ("pm_1",),
    "pm4": ("pm_4",),
    "movement_counter": ("movements",),
    "mass": ("mass", "body_weight"),
    "mass_non_stabilized": ("mass_non_stabilized", "mass", "body_weight"),
}
PRESSES = {
    0: "none",
    1: "press",
    2: "double_press",
    3: "triple_press",
    9: "long_press",
    11: "hold_press",
}
WORDS: dict[str, dict[object, object]] = {
    "lightlevel": {"bright": True, "dark": False},
    "contact": {"open": True, "closed": False, "timeout not closed": True},
    "state": {"on": True, "off": False},
    "direction": {"—": "level"},
}


def as_line(case: dict) -> dict:
    """Return the line of `dorfhub ble decode` that tells the same."""
    raw = case["raw"]
    if case["suite"] != "theengs":
        return {
            "local_name": raw["name"] or raw.get("model_hint") or "",
            "address": raw["address"],
            "manufacturer_data": raw.get("manufacturer_data"),
            "service_data": raw.get("service_data"),
            "bindkey": case.get("bindkey"),
        }
    line: dict = {"local_name": raw.get("name", ""), "address": raw.get("id")}
    if maker := bytes.fromhex(raw.get("manufacturerdata") or ""):
        company = int.from_bytes(maker[:2], "little")
        line["manufacturer_data"] = {str(company): maker[2:].hex()}
    uuid = raw.get("servicedatauuid", "fee0" if raw.get("id") and maker else "")
    if raw.get("servicedata"):
        line["service_data"] = {uuid: raw["servicedata"]}
    elif uuid:
        line["service_uuids"] = [uuid]
    return line


def fields(case: dict) -> dict[str, object]:
    """Return what the other parser says, one field a name."""
    expect = case["expect"]
    if case["suite"] == "pySwitchbot":
        data = dict((expect or {}).get("data") or {})
        for place in ("1", "2"):
            for name, value in (data.pop(place, None) or {}).items():
                data[f"{name}_{place}"] = value
        return {
            name: value
            for name, value in data.items()
            if value is not None and name.rsplit("_", 1)[0] not in ("switchMode", "sequence_number")
        }
    if case["suite"] == "theengs":
        return {n: v for n, v in expect.items() if not n.startswith("tempf")}
    found = {n: v for n, v in expect["values"].items() if v is not None} | expect["binary"]
    for name, (event, more) in expect["events"].items():
        found[f"event:{name}"] = event
        found |= {f"event+{key}": value for key, value in (more or {}).items()}
    return found


def same(case: dict, name: str, said: object, answer: dict) -> bool:  # noqa: PLR0911  # a rule each
    """Tell whether the answer says the same of a field."""
    ours = {r.get("name", r["quantity"]): r for r in answer["readings"]}
    flags = answer["flags"]
    if name.startswith("event:"):
        key = name[6:]
        where = (key, f"{key}_result", f"{key}_action", "button")
        return said in [flags.get(place) for place in where]  # fmt: skip
    if name.startswith("event+"):
        return said in (flags.get(name[6:]), flags.get(f"dimmer_{name[6:]}"))
    if name == "button" or (name.startswith("button") and name[6:].isdecimal()):
        key = f"button_{name[6:]}" if name[6:] else "button"
        return flags.get(key) == PRESSES[said]  # type: ignore[index]
    if name.startswith("tempc") and name[5:].isdecimal():
        return close(ours[f"probe_temperature_{name[5:]}"]["value"], said)
    if name == "lock" and case["suite"] == "xiaomi-ble":  # there, "on" is unlocked
        return ours["locked"]["value"] == (not said)
    said = WORDS.get(name, {}).get(said, said)  # type: ignore[arg-type]
    if name in ("power_1", "power_2"):
        return close(ours[name]["value"] * 1000, said)
    candidates = (*NAMES.get(name, ()), name, name.replace("isOn", "on"))
    for candidate in candidates:
        if candidate in ours and close(converted(case, name, ours[candidate]), said):
            return True
        if candidate in flags and word(flags[candidate]) == word(said):
            return True
    return False


def converted(case: dict, name: str, reading: dict) -> float:
    """Return our number in the unit of the other parser."""
    value = reading["value"]
    expect = case["expect"]
    unit = (expect.get("units") or {}).get(name) or expect.get("unit")
    if unit == "lb" and name in ("mass", "weight"):
        return value / LB
    if unit == "mL":
        return value * 1e6
    if unit == "mV" or (name == "power" and case["suite"] == "pySwitchbot"):
        return value * 1000
    if name in ("accx", "accy", "accz") and isinstance(expect[name], int):
        return value / G * 1000
    return value


def close(ours: object, said: object) -> bool:
    """Compare to the digits that the other parser gives."""
    if isinstance(said, bool):
        return ours == said
    return isinstance(said, (int, float)) and abs(ours - said) <= max(0.0101, 1e-6 * abs(said))  # type: ignore[operator]


def word(value: object) -> object:
    """Return a word without the other parser's decoration, a number as it is."""
    if not isinstance(value, str):
        return value
    return value.rpartition(".")[2].lower().replace("cozygrey", "cozy_grey")


def judge(case: dict) -> tuple[str, list[str]]:
    """Return a verdict and the fields that differ."""
    answer = answer_line(json.dumps(as_line(case)).encode())
    expect = case["expect"]
    said = {n: v for n, v in fields(case).items() if n not in META} if expect else {}
    if said.pop("rejected", False):
        return ("same", []) if "error" in answer else ("differs", ["rejected"])
    if not said:  # nothing is said: nothing may be read, and a tag has to be known
        known = case["suite"] != "theengs" or is_appliance(case) or "error" not in answer
        return ("same", []) if known and not answer.get("readings") else ("differs", ["nothing"])
    if said.keys() >= ENCRYPTED:
        return ("same", []) if answer.get("error") == "KeyRequired" else ("differs", ["encr"])
    if "error" in answer:
        return "Unsupported" if answer["error"] == "Unsupported" else "error", list(said)
    wrong = [name for name, value in said.items() if not same(case, name, value, answer)]
    wrong = [name for name in wrong if (case["device"], name) not in WRONG_FIELDS]
    return ("differs" if wrong else "same"), wrong


def is_appliance(case: dict) -> bool:
    if case["suite"] == "pySwitchbot":
        name = (case["expect"] or {}).get("modelFriendlyName", "")
        return any(word in name for word in SWITCHBOT_APPLIANCES)
    return case["suite"] == "theengs" and case["device"] in APPLIANCES


@pytest.fixture(scope="module")
def cases(shared_data: Path) -> list[dict]:
    lines = (shared_data / "ble_cases.jsonl").read_text(encoding="utf-8").splitlines()
    return [case for case in map(json.loads, lines) if case["kind"] == "advert"]


def test_at_least_98_percent_of_the_families_supported(cases: list[dict]) -> None:
    supported = [case for case in cases if not is_appliance(case)]
    different, same_ones = [], 0
    for case in supported:
        verdict, names = judge(case)
        same_ones += verdict == "same"
        rejected = "rejected" if "rejected" in (case["expect"] or {}) else case["suite"]
        if verdict != "same" and (rejected, case["test"]) not in WRONG:
            different.append((case["suite"], case["test"], case["device"], verdict, names))
    assert len(supported) >= 250
    assert same_ones / len(supported) >= 0.98
    assert not different


def test_what_neither_assists_nor_measures_gives_no_reading(cases: list[dict]) -> None:
    appliances = [case for case in cases if is_appliance(case)]
    for case in appliances:
        assert judge(case)[0] in ("Unsupported", "same"), case["device"]
        answer = answer_line(json.dumps(as_line(case)).encode())
        assert not answer.get("readings"), case["device"]
    assert {case["device"] for case in appliances if case["suite"] == "theengs"} == set(APPLIANCES)


def test_no_exception_is_stale(cases: list[dict]) -> None:
    """Each exception is needed: without it the row differs."""
    differing = set()
    for case in cases:
        answer = answer_line(json.dumps(as_line(case)).encode())
        if "error" not in answer and case["expect"] and "rejected" not in case["expect"]:
            said = {name: value for name, value in fields(case).items() if name not in META}
            differing |= {
                (case["device"], name)
                for name, value in said.items()
                if not same(case, name, value, answer)
            }
    assert differing == set(WRONG_FIELDS)
    rejected = [c for c in cases if "rejected" in (c["expect"] or {})]
    differ = {("rejected", c["test"]) for c in rejected if judge(c)[0] != "same"}
    assert set(WRONG) == differ
