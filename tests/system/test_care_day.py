"""A day of care with the real parts: a cuff over the air, the whole hub, and its pages.

Measured, kept under consent, judged, told to a carer, taken, handed over, given out as FHIR; then
the consent is withdrawn and everything erased.
"""

from __future__ import annotations

import base64
import json
import re
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from edge.care.consent import BLOOD_PRESSURE, CARE
from edge.care.ladder import Alert
from edge.care.people import ContactRole
from edge.care.sentences import sentence
from edge.config import load
from edge.desk.vault import Vault
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore
from hardware.ble.medfloat import encode_sfloat, sfloat_of
from tests.sync.county.erasure.conftest import spelt
from tests.system.test_serve import CHILDREN, DORFHUB, Hub, serving
from tests.visitor import Visitor

pytestmark = [
    pytest.mark.timeout(420),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the hub is a Linux machine"),
]

NAME = "Erna Kanariweber"
NURSES = ("Amira Nowak", "Ben Sommer")
RULES = """
name = "Probe"
[limit]
"""
SYSTOLIC = "blood_pressure_systolic"
T = TypeVar("T")
PASSWORD = "Kiesel Laterne Mohn"
PRACTICE = "Praxis Kanarifeld"


class Air:
    """A cuff on a virtual radio, which measures when it is told."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stdout is not None
        self.said = json.loads(process.stdout.readline())

    def measure(self) -> None:
        """Let somebody measure now."""
        assert self._process.stdin is not None
        self._process.stdin.write("measure 1\n")
        self._process.stdin.flush()


@contextmanager
def air() -> Iterator[Air]:
    command = [*DORFHUB, "ble", "simulate", "--commands", "--device", "kind=cuff,stored=1"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Air(process)
        finally:
            process.terminate()
            process.wait(10)


def personal(hub: Hub, do: Callable[[PersonalStore], T]) -> T:
    with Vault.of(load(hub.config)) as vault, vault.open() as store:
        return do(store)


def call(hub: Hub, *arguments: str) -> str:
    done = hub.call(*arguments)
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def signed_in(hub: Hub, name: str) -> Visitor:
    """Give somebody who cares an account, and let them choose their password."""
    issued = call(hub, "access", "add", "--name", name, "--role", "pflege")
    handle, word = (
        re.search(rf"{what}: +(.+?)(?:  |\n)", issued) for what in ("Anmeldename", "Startwort")
    )
    assert handle is not None
    assert word is not None
    someone = Visitor(f"http://127.0.0.1:{hub.ports['web']}")
    someone.go("/anmelden/passwort", {"name": [handle[1]], "passwort": [word[1]]})
    someone.go("/pult/mein/passwort", {"passwort": [PASSWORD], "noch-einmal": [PASSWORD]})
    return someone


def with_circle(hub: Hub, person: int) -> list[int]:
    """Put both nurses into the person's circle, who lets them read; return their numbers."""
    with VillageStore(load(hub.config).hub.village_db) as village:
        accounts = [int(str(n)) for (n,) in village.connection.rows("SELECT account FROM account")]

    def add(store: PersonalStore) -> list[int]:
        numbers = []
        for name, account in zip(NURSES, sorted(accounts), strict=True):
            number = store.add_contact(name, ContactRole.NURSE, 1, account=account)
            store.put_in_circle(person, number, 1)
            nurse = store.contact(number)
            store.give_consent(
                person,
                purpose=CARE,
                data_kind=BLOOD_PRESSURE,
                recipient=nurse.recipient,
                sentence=sentence(BLOOD_PRESSURE, nurse),
                given_how="mündlich",
                at=1,
            )
            numbers.append(number)
        return numbers

    return personal(hub, add)


def test_from_a_reading_to_an_erasure(tmp_path: Path) -> None:
    (tmp_path / "regeln.toml").write_text(RULES)
    with air() as cuff:
        hub = Hub(tmp_path, '\n[personal]\nrules = "regeln.toml"\n')
        radio = f'kind = "virtual"\nadapter = "{cuff.said["hci"]}"'
        hub.config.write_text(hub.config.read_text().replace('kind = "off"', radio, 1))
        with serving(hub):
            hub.wait_ok(*(one for one in CHILDREN if one != "library"))
            person = _consents_and_gets_a_cuff(hub)
            first, second = (signed_in(hub, name) for name in NURSES)
            ben = with_circle(hub, person)[1]
            alert = _is_told(hub, cuff, first)
            _is_taken_and_handed_over(alert, first, second, ben)
            _is_given_out(hub, ben, tmp_path)
            _is_published(hub)
            secret = values(hub, person)
            _is_nowhere_in_the_clear(hub, secret)  # while all of it is open, and written
            _is_withdrawn(hub, cuff, person, second)
        _is_nowhere_in_the_clear(hub, secret)  # what a thief of the card finds
        _is_erased(hub, person)
        _is_nowhere_in_the_clear(hub, secret)


def _consents_and_gets_a_cuff(hub: Hub) -> int:
    call(hub, "care", "person", "add", NAME)
    said = call(hub, "care", "consent", "give", NAME)
    assert "die Menschen rufen, die ich benannt habe" in said
    paired = call(hub, "ble", "pair", "--nearest", "--wait-s", "60")
    found = re.search(r"Kennung (ble:[0-9A-F]+)", paired)
    assert found is not None, paired
    call(hub, "care", "assign", found[1], NAME)
    hub.wait(lambda: found[1] in hub.call("care", "waiting").stdout or _kept(hub) > 0)
    if not _kept(hub):
        call(hub, "care", "confirm", found[1], NAME)
    hub.wait(lambda: _kept(hub) == 1)
    return personal(hub, lambda store: store.persons()[0].person)


def _kept(hub: Hub) -> int:
    return personal(hub, lambda store: store.care_count(store.persons()[0].person))


def _is_told(hub: Hub, cuff: Air, nurse: Visitor) -> Alert:
    """A value beyond the practice's limit calls somebody."""

    def alerts() -> list[Alert]:
        return personal(hub, lambda store: store.alerts())

    assert alerts() == []
    call(hub, "care", "plan", "set", NAME, "--by", PRACTICE, "--limit", f"{SYSTOLIC}:high=50")
    cuff.measure()
    hub.wait(lambda: len(alerts()) == 1)
    (alert,) = alerts()
    nurse.go("/pflege/meldungen")
    assert NAME in nurse.words
    assert "Der Dorfhub ersetzt keinen Notruf." in nurse.page
    row = personal(hub, lambda store: store.care_rows(alert.person or 0, 0)[-1])
    assert row.received_at <= alert.raised_at
    return alert


def _is_taken_and_handed_over(alert: Alert, first: Visitor, second: Visitor, to: int) -> None:
    page = f"/pflege/meldungen/{alert.number}"
    first.go(page)
    assert "mmHg" in first.words
    first.press("Ich kümmere mich", meldung=str(alert.number))
    first.go(page)
    first.press("Weitergeben", an=str(to), meldung=str(alert.number))
    second.go(page)
    second.press("Ich übernehme", meldung=str(alert.number))
    first.go(page)
    assert f"{NURSES[1]} kümmert sich" in first.words


def _is_given_out(hub: Hub, nurse: int, folder: Path) -> None:
    out = folder / "fhir.json"
    call(hub, "care", "fhir", "export", NAME, "--for", "self", "--out", str(out))
    bundle = json.loads(out.read_text())
    kinds = [one["resource"]["resourceType"] for one in bundle["entry"]]
    assert {"Observation", "Consent", "Task", "AuditEvent"} <= set(kinds)
    assert NAME not in out.read_text()
    call(hub, "care", "fhir", "export", NAME, "--for", str(nurse), "--out", str(out))
    assert '"Observation"' in out.read_text()
    out.unlink()


def _is_withdrawn(hub: Hub, cuff: Air, person: int, nurse: Visitor) -> None:
    kept = personal(hub, lambda store: store.care_count(person))
    call(hub, "care", "consent", "withdraw", NAME)
    nurse.go(f"/pflege/person/{person}")
    assert "mmHg" not in nurse.page
    assert personal(hub, lambda store: store.alerts(open_only=False)) == []
    cuff.measure()
    time.sleep(5)  # it is sent, and refused
    assert personal(hub, lambda store: store.care_count(person)) == kept
    assert personal(hub, lambda store: store.alerts(open_only=False)) == []


def _is_erased(hub: Hub, person: int) -> None:
    call(hub, "care", "erase", NAME, "--yes")
    assert personal(hub, lambda store: store.persons()) == []
    assert personal(hub, lambda store: store.care_count(person)) == 0


def _is_published(hub: Hub) -> None:
    """What everybody may read is searched as well. Bundles: tests/sync/county/erasure."""
    _has_a_course(hub)
    call(hub, "publish", "build", str(hub.folder / "veroeffentlicht"))
    assert list((hub.folder / "veroeffentlicht").glob("*.db"))


def _has_a_course(hub: Hub) -> None:
    """A hub that announces nothing publishes nothing."""
    first = datetime.now(UTC).date() + timedelta(days=7)
    days = [one.strftime("%d.%m.%Y") for one in (first, first + timedelta(days=90))]
    call(hub, "learning", "season", "add", "S", "Saison", "--from", days[0], "--to", days[1])
    call(
        hub, "course", "create", "Blutdruck messen", "--season", "S", "--first", days[0],
        "--start", "10:00", "--end", "11:00", "--place", "Saal", "--area", "3", "--seats", "12",
    )  # fmt: skip
    call(hub, "course", "publish", "1")


def values(hub: Hub, person: int) -> list[bytes]:
    """Return every way to write down what the cuff measured: as it sent it, as text, as floats.

    One number of two or three digits would be found everywhere; the three pressures of one
    measurement stand together in nothing but that measurement.
    """
    rows = personal(hub, lambda store: store.care_rows(person, 0))
    assert len(rows) >= 2
    needles = []
    for row in rows:
        numbers = [row.systolic_mmhg, row.diastolic_mmhg, row.mean_mmhg]
        pressures = [one for one in numbers if one is not None]
        assert len(pressures) == 3
        sent = b"".join(encode_sfloat(sfloat_of(Decimal(str(one)))) for one in pressures)
        needles += [sent, sent.hex().encode(), sent.hex().upper().encode(), base64.b64encode(sent)]
        needles += [struct.pack(f"{order}3d", *pressures) for order in "<>"]
        systolic, diastolic, _ = (f"{one:g}" for one in pressures)
        between = ("/", " / ", " zu ", ", ", ",")
        needles += [f"{systolic}{one}{diastolic} mmHg".encode() for one in between]
        needles += [f'systolic_mmhg": {systolic}'.encode(), f"systolic={systolic}".encode()]
    return needles


def _is_nowhere_in_the_clear(hub: Hub, secret: list[bytes]) -> None:
    """Look into every file of the hub: databases, their logs, memory of the processes, the log."""
    needles = [*secret, *(one for word in (*NAME.split()[1:], PRACTICE) for one in spelt(word))]
    files = [one for one in hub.folder.rglob("*") if one.is_file()]
    assert {"journal.db", "personal.db", "village.db", "log"} <= {one.name for one in files}
    for file in files:
        data = file.read_bytes()
        assert [one for one in needles if one in data] == [], file
