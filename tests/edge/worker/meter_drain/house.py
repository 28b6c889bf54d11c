"""A hub that hears meters: their telegrams, sealed by the `openssl` command, and its stores."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime

from edge.care.consent import HEAT, HEAT_CADASTRE
from edge.clock import FixedClock, to_ms
from edge.config import Config
from edge.process.log import Log
from edge.store.errors import StoreError
from edge.store.journal import Journal, State, entry_key
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore
from edge.worker.meter_drain import Drained, MeterDrain
from hardware.wmbus.link import LinkFrame, crc16

HUB = """
[hub]
name = "Haus"
village = "Dorf"
[[sites]]
site_id = "kita"
name = "Kita"
communal = true
[[receivers]]
receiver_id = "turm"
kind = "im871a"
transport = "serial:/dev/null"
[[meters]]
meter_id = "kita-waerme"
name = "Kita, Wärme"
site_id = "kita"
protocol = "wmbus"
wireless = "KAM-12345678"
"""
NOON = to_ms(datetime(2026, 9, 21, 12, 0, tzinfo=UTC))
DAY_MS = 86_400_000
KEY = bytes.fromhex("000102030405060708090A0B0C0D0EFF")
OTHER_KEY = bytes.fromhex("000102030405060708090A0B0C0D0EFE")
KITA = bytes.fromhex("2D2C785634121B04")
HOME = bytes.fromhex("A51121436587050C")
ADAPTER = bytes.fromhex("2D2C99999999FF37")
SIGNATURE_HEADS = (bytes.fromhex("0C06"), bytes.fromhex("0413"), bytes.fromhex("426C"))


def name(address: bytes) -> str:
    header = LinkFrame(0x44, address, b"\x78").header
    return header.device_id.replace("mbus:", "wmbus:")


def number(address: bytes) -> tuple[str, str]:
    header = LinkFrame(0x44, address, b"\x78").header
    return str(header.manufacturer), str(header.identification)


def records(energy_kwh: int) -> bytes:
    energy = bytes.fromhex(f"{energy_kwh:08d}")[::-1]
    return b"\x0c\x06" + energy + bytes.fromhex("04131F030000") + bytes.fromhex("426C1F3C")


def openssl(cipher: str, key: bytes, iv: bytes, data: bytes) -> bytes:
    arguments = ("enc", f"-aes-128-{cipher}", "-nopad", "-K", key.hex(), "-iv", iv.hex())
    return subprocess.run(
        ("openssl", *arguments), input=data, capture_output=True, check=True
    ).stdout


def plain(energy_kwh: int, address: bytes = KITA) -> bytes:
    return LinkFrame(0x44, address, b"\x7a\x2a\0\0\0" + records(energy_kwh)).raw


def sealed(energy_kwh: int, address: bytes = KITA, key: bytes = KEY, *, by: bytes = b"") -> bytes:
    """Mode 5; behind a radio adapter ``by`` with the meter's own address in a long header."""
    data = b"\x2f\x2f" + records(energy_kwh)
    data += b"\x2f" * (-len(data) % 16)
    body = openssl("cbc", key, address + b"\x2a" * 8, data)
    long = b"\x72" + address[2:6] + address[:2] + address[6:]
    head = (long if by else b"\x7a") + bytes((0x2A, 0, len(data) // 16 << 4, 5))
    return LinkFrame(0x44, by or address, head + body).raw


def session(
    payload: bytes, address: bytes = KITA, key: bytes = KEY, *, count: int = 0x0C0B0A
) -> bytes:
    number = (count | 1 << 29).to_bytes(4, "little")
    head = b"\x20\x2a" + number
    clear = crc16(payload).to_bytes(2, "little") + payload
    body = openssl("ctr", key, address + b"\x20" + number + bytes(3), clear)
    return LinkFrame(0x44, address, b"\x8d" + head + body).raw


def full_payload(energy_kwh: int) -> bytes:
    return b"\x78" + records(energy_kwh)


def compact_payload(energy_kwh: int) -> bytes:
    full = records(energy_kwh)
    data = full[2:6] + full[8:12] + full[14:16]
    signature = crc16(b"".join(SIGNATURE_HEADS)).to_bytes(2, "little")
    return b"\x79" + signature + crc16(full).to_bytes(2, "little") + data


@dataclass
class House:
    config: Config
    journal: Journal
    village: VillageStore
    personal: PersonalStore
    clock: FixedClock
    meters: MeterDrain

    def arrive(self, raw: bytes, address: bytes = KITA, lane: str = "village") -> int:
        self.clock.advance(1000)
        stamp = self.clock.stamp()
        key = entry_key("wmbus", raw, self.clock.wall_ms)
        return self.journal.append(lane, "turm", name(address), "wmbus", key, raw, stamp)  # type: ignore[arg-type]

    def run(self, *, locked: bool = False) -> Drained:
        self.clock.advance(1000)
        return self.meters.run(None if locked else self.personal, self.clock.wall_ms)

    def restart(self) -> None:
        self.meters = MeterDrain(self.config, self.journal, self.village, Log())

    def key(self, address: bytes = KITA, key: bytes = KEY, *, maker: bool = True) -> None:
        letters, digits = number(address)
        letters = letters if maker else ""
        self.personal.add_keys([(letters, digits, key)], "Test", self.clock.wall_ms)

    def admit(self, person: str = "Erna", address: bytes = HOME) -> tuple[int, int]:
        at = self.clock.wall_ms
        found = self.personal.find_person(person)
        who = found.person if found else self.personal.add_person(person, at)
        self.personal.give_consent(
            who, purpose=HEAT_CADASTRE, data_kind=HEAT, sentence="Ja.", given_how="Papier", at=at
        )
        return who, self.personal.add_household(name(address), who, at)

    def energies(self) -> list[float | None]:
        numbers = [device.device for device in self.village.devices("meter")]
        return [row.energy_kwh for one in numbers for row in self.village.series(one, 0)]

    def state(self, entry: int) -> tuple[State, str]:
        found = self.journal.entry(entry)
        assert found is not None
        return found.state, found.message


def fail(*_: object) -> None:
    raise StoreError("the disk is gone")
