"""A village and a county with somebody to erase, and a search for their bytes."""

from __future__ import annotations

import base64
import io
import json
import os
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from edge.care.audit import Look
from edge.care.people import ContactRole
from edge.care.rules.plan import Limit, Pause, Plan
from edge.clock import FixedClock
from edge.store.journal import Journal, entry_key
from edge.store.personal_rows import CareRow, Number, Observation
from edge.store.personal_rules import Asked
from edge.store.scale_users import ScaleUser, ScaleUsers
from edge.worker.care_watch import CareWatch
from hardware.reading import TimeQuality
from sync import columns, wire
from sync.carrier.memory import MemoryCarrier
from sync.county import hub as county_hub
from sync.county.errand import Errand
from sync.county.hub import County
from sync.county.pull import Puller
from sync.erasure import Eraser
from sync.identity import short_id
from sync.inflow import Inflow
from sync.segment import Segment

T0 = 1_795_000_000_000
CLOCK = FixedClock(T0)
NAME = "Kanarienvogel Weißgerber-Canaris"
SENTENCE = "Ich, Canarissimus, bin einverstanden."
LABEL = "Manschette Canarinchen"
SYSTOLIC = 133.1372  # no other value has its bits
HEAT = (
    "INSERT INTO heat_warning (change, device_id, person, level, worst, warm_since, since,"
    " level_since, last_at, temperature_degc, felt_degc, most_felt_degc)"
    " VALUES (1, 'ble:C1', 1, 1, 1, 1, 1, 1, 1, ?1, ?1, ?1)"
)
WORDS = (NAME, SENTENCE, LABEL, "Canariss")


def needles() -> list[bytes]:
    values = [struct.pack(order, SYSTOLIC) for order in (">d", "<d")]
    return [*values, *(one for word in (*WORDS, "133.1372", "133,1372") for one in spelt(word))]


def spelt(word: str) -> list[bytes]:
    """Return every way in which somebody may have written a word down."""
    plain = word.encode()
    ways = [plain, json.dumps(word)[1:-1].encode(), plain.hex().encode(), quote(word).encode()]
    ways += [word.encode(one) for one in ("utf-16-le", "utf-16-be", "utf-32-le", "latin-1")]
    for text in (plain, word.encode("utf-16-le")):
        for shift in range(3):  # the letters of base64 depend on where in three bytes it begins
            whole = base64.b64encode(bytes(shift) + text)
            ways.append(whole[(0, 2, 3)[shift] : len(whole) // 4 * 4 - 4])
    return sorted(set(ways))


def found_in(*folders: Path) -> list[tuple[Path, bytes]]:
    """Return every file under the folders that holds a needle, whatever it is."""
    hits = []
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                data = file.read_bytes()
                hits += [(file, needle) for needle in needles() if needle in data]
    return hits


@pytest.fixture
def county(tmp_path: Path) -> Iterator[County]:
    (tmp_path / "kreis").mkdir()
    county_hub.create(tmp_path / "kreis", "Landkreis Gießen")
    with county_hub.open_county(tmp_path / "kreis") as opened:
        yield opened


@pytest.fixture
def identity() -> Any:
    import pyrage  # noqa: PLC0415 - for this key only

    return pyrage.x25519.Identity.generate()


@pytest.fixture
def lived(village: Any, county: County, identity: Any) -> Any:
    """A village with two people in care, both of whose values go to the county."""
    village.meets(county, str(identity.to_public()))
    with village.personal() as personal:
        for name, cuff in ((NAME, "ble:C1"), ("Otto", "ble:C2")):
            village.store.device(cuff, kind="ble", label=LABEL if name == NAME else "")
            person = personal.add_person(name, 1)
            for recipient in ("hub", "county"):
                personal.give_consent(
                    person, purpose="care", data_kind="blood_pressure", sentence=SENTENCE
                    if name == NAME else "Ja", given_how="mündlich", at=1, recipient=recipient,
                )  # fmt: skip
            personal.assign(cuff, person, 1)
            measure(personal, person, cuff, SYSTOLIC if name == NAME else 121.0)
        for recipient in ("hub", "county"):
            personal.give_consent(
                1, purpose="care", data_kind="weight", sentence=SENTENCE, given_how="hier", at=1,
                recipient=recipient,
            )  # fmt: skip
        weight = Observation(
            T0, "ble:C1", "weight", 1, TimeQuality.SYNCHRONISED, T0, 9, "2A9D",
            values=(Number("body_weight", SYSTOLIC),), flags={"note": "Canariss"},
        )  # fmt: skip
        assert not personal.add_measured([], [weight])
        surround(personal)
        watch(personal)
        with personal.connection.transaction() as driver:
            driver.execute("INSERT INTO heat_room VALUES ('ble:C1', 1, 'Canariss')")
            driver.execute(HEAT, (SYSTOLIC,))
        with Journal(village.folder / "journal.db", personal.care_recipient()) as journal:
            for n, cuff in enumerate(("ble:C1", "ble:C2")):
                journal.append(
                    "care", "radio", cuff, "ble:2A35", entry_key(n), NAME.encode(), CLOCK.stamp()
                )
    for address, cuff in (("C1", "ble:C1"), ("C2", "ble:C2")):
        device = village.store.device(cuff, kind="ble")
        village.store.add_ble_device(address, device, profile="2A9D", name="A", paired_at=1)
        for index in (1, 2):
            scales(village).put(address, ScaleUser(4000 + index, index, 1))
    scales(village).aside.write_text("4001")
    (village.folder / "parcels").mkdir()
    (village.folder / "parcels" / "x.dhb.age").write_bytes(NAME.encode())
    village.measure(2)
    village.sealer.step(village.clock.stamp(), everything=True)
    return village


def surround(personal: Any) -> None:
    """Give the one to be erased a circle, a card, an account, and a book in which others looked."""
    contact = personal.add_contact("Canarisstochter", ContactRole.RELATIVE, T0, phone="Canariss 1")
    personal.put_in_circle(1, contact, T0, relation="Canarisskind")
    personal.put_in_circle(2, personal.add_contact(NAME, ContactRole.RESPONDER, T0), T0)
    personal.give_consent(
        1, purpose="care", data_kind="weight", sentence=SENTENCE, given_how="Canariss", at=1,
        recipient=f"contact:{contact}", recorded_by=1,
    )  # fmt: skip
    personal.give_person_card(1, b"c" * 32, T0)
    personal.name_account(7, NAME, T0 + 10**9)
    personal.pseudonym(1, "county")
    why = "Canarisseinsicht"
    look = Look(1, f"contact:{contact}", ContactRole.RELATIVE, ("weight",), 0, None, why)
    personal.note_looks([look, replace(look, person=2, why="Runde"), look], CLOCK.stamp())


def watch(personal: Any) -> None:
    """Give the one to be erased a plan, a trouble that somebody is called for, and an answer."""
    limits = {"blood_pressure_systolic": Limit(high=SYSTOLIC)}
    plan = Plan(1, limits=limits, pauses=(Pause(T0, None, "hospital"),))
    personal.set_plan(plan, "Canarisspflege", T0, asked=Asked("Praxis Canariss", "2026-11-18"))
    assert CareWatch().run(personal, CLOCK.stamp()) > 0
    with personal.connection.transaction() as driver:
        assert personal.keep_fhir_answer_within(driver, 1, 1, '{"of": "Canariss"}', T0)


def scales(village: Any) -> ScaleUsers:
    return ScaleUsers(village.folder / "keys" / "scale-users.json")


def measure(personal: Any, person: int, cuff: str, systolic: float) -> None:
    personal.add_care_round(
        [
            CareRow(T0 + n, cuff, person, TimeQuality.SYNCHRONISED, T0 + n, n + 1, systolic, 80.0)
            for n in range(5)
        ]
    )


def line(village: Any) -> MemoryCarrier:
    """The way to the village, without the wire."""
    inflow = Inflow(village.store.connection, village.identity.name, village.peers)
    from sync import got  # noqa: PLC0415 - here alone
    from sync.got import Got  # noqa: PLC0415

    def head(nonce: bytes) -> bytes:
        at = village.outbox.position()
        return wire.encode_head(
            wire.Head(
                village.identity.name, "Dorf", at.epoch, at.first_seq, at.last_seq, at.last_hash,
                nonce, T0, 4,
            ),
            village.identity,
        )  # fmt: skip

    def segments(epoch: str, after: int, until: int) -> bytes:
        manifest = village.outbox.manifest(bytes.fromhex(epoch), after, until)
        return b"".join(village.outbox.pieces(manifest, 0, manifest.size))

    return MemoryCarrier(
        head,
        segments,
        lambda _: None,
        got=lambda county: got.encode(
            Got(village.identity.name, inflow.positions(county), "", T0), village.identity
        ),
        deliver=lambda data: inflow.take(io.BytesIO(data), way="line", now_ms=T0),
    )


def pull(county: County, village: Any) -> None:
    hub = county.ledger.hub(short_id(village.identity.name))
    assert hub is not None
    puller = Puller(
        county, now_ms=lambda: T0, nonce=lambda: os.urandom(16), errand=Errand(county, CLOCK)
    )
    (outcome,) = puller.pull([(hub, line(village))])
    assert outcome.code == "ok", outcome


def erase(village: Any) -> Any:
    with village.personal() as personal, Journal(village.folder / "journal.db") as journal:
        eraser = make_eraser(village, personal, journal)
        person = personal.find_person(NAME)
        return eraser.erase(person.person, CLOCK.stamp())


def make_eraser(village: Any, personal: Any, journal: Journal) -> Eraser:
    return Eraser(
        personal,
        village.store,
        journal,
        village.outbox,
        scales=scales(village),
        parcels=village.folder / "parcels",
    )


def opened(county: County, identity: Any) -> list[float]:
    """Return the systolic values that the care side can still open at the county."""
    found: list[float] = []
    for file in sorted(county.config.sealed.rglob("*.dhs")):
        one = Segment.decode(file.read_bytes())
        if not one.erased:
            for source in columns.decode(_open(one.body, identity)):
                for name in {"systolic_mmhg", "0 body_weight"} & set(source.columns):
                    found += [v for v in source.columns[name] if v is not None]
    return found


def _open(body: bytes, identity: Any) -> bytes:
    from sync.stream import open_sealed  # noqa: PLC0415 - here alone

    return open_sealed(body, [str(identity)])


def decrypted(village: Any, into: Path) -> bytes:
    """Return every page of personal.db in the clear, free ones too."""
    with village.personal() as personal:
        personal.checkpoint()
        connection = personal.connection
        pages = connection.row("PRAGMA page_count")[0]
        free = connection.row("PRAGMA freelist_count")[0]
        driver = connection._driver
        driver.execute(f"ATTACH DATABASE '{into}' AS plain KEY ''")
        driver.execute("SELECT sqlcipher_export('plain')")
        driver.execute("DETACH DATABASE plain")
    assert pages >= free
    return into.read_bytes()


def measure_later(personal: Any, person: int) -> None:
    personal.add_care_round(
        [CareRow(T0 + 99, "ble:C1", person, TimeQuality.SYNCHRONISED, T0 + 99, 77, SYSTOLIC, 80.0)]
    )


def source(device: str, at: int) -> columns.Source:
    return columns.Source(device, [at, at + 1, at + 2], [4] * 3, {"energy": [1.0, 2.0, 3.0]})
