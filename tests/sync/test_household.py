"""Neither keys of meters nor what a household's meter measured leaves the village yet."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pyrage

from edge.care.consent import COUNTY, HEAT, HEAT_CADASTRE, HUB
from edge.store.personal_rows import CareRow, HouseholdRow
from hardware.reading import TimeQuality
from sync import columns, stream
from sync.identity import Identity, fingerprint
from sync.segment import Segment, StreamClass
from sync.wire import Enrolment

T0 = 1_795_000_000_000
KEY = bytes.fromhex("5AC3F1E2D4B6978879A1B2C3D4E5F607")
DEVICE = "wmbus:DME-87654321-05-0C"
SECRET = pyrage.x25519.Identity.generate()


def fill(village: Any) -> None:
    """A communal meter, a person who lets the county have all, and their home's meter."""
    village.measure(2)
    with village.personal() as store:
        person = store.add_person("Erna", T0)
        for recipient in (HUB, COUNTY):
            for purpose, kind in ((HEAT_CADASTRE, HEAT), ("care", "blood_pressure")):
                store.give_consent(
                    person, purpose=purpose, data_kind=kind, sentence="Ja.", given_how="Papier",
                    at=T0, recipient=recipient,
                )  # fmt: skip
        store.add_keys([("DME", "87654321", KEY), ("KAM", "70000000", KEY)], "Test", T0)
        home = store.add_household(DEVICE, person, T0)
        device = store.household_device(home, DEVICE)
        quality = TimeQuality.SYNCHRONISED
        store.add_household_round(
            [HouseholdRow(T0 + n, device, quality, n, energy_kwh=777.125 + n) for n in range(20)]
        )
        store.add_care_round(
            [
                CareRow(
                    T0, "ble:X", person, TimeQuality.DEVICE, T0, 1, systolic_mmhg=121.0,
                    diastolic_mmhg=81.0,
                )
            ]
        )  # fmt: skip


def test_no_segment_carries_a_household_s_reading_or_a_key(village: Any) -> None:
    fill(village)
    county = Identity.generate()
    recipient = str(SECRET.to_public())
    village.peers.ask(Enrolment(county.public_key, "Landkreis", (recipient,)), T0)
    village.peers.confirm(fingerprint(county.public_key), T0)
    village.clock.advance(10_000_000)
    made = village.sealer.step(village.clock.stamp(), everything=True)
    assert (made.village, made.care) == (1, 1)
    segments = [Segment.decode(village.outbox.read(seq)) for seq in (1, 2)]
    communal = next(one for one in segments if one.header.stream is StreamClass.VILLAGE)
    care = next(one for one in segments if one is not communal)
    sources = columns.decode(communal.body)
    assert {source.device for source in sources} == {f"mbus:KAM-7000000{n}-27-04" for n in range(4)}
    (source,) = columns.decode(stream.open_sealed(care.body, [str(SECRET)]))
    assert source.device == "ble:X"
    bytes_of_all = b"".join(
        path.read_bytes() for path in village.folder.rglob("*") if path.is_file()
    )
    text = base64.b64encode(KEY)
    for secret in (KEY, KEY.hex().encode(), KEY.hex().upper().encode(), text, DEVICE.encode()):
        assert secret not in bytes_of_all
    assert struct.pack(">d", 777.125) not in bytes_of_all
