"""People in care with weeks of values, consents, a nurse, alerts: for browser tests."""

from __future__ import annotations

from edge.care import kinds
from edge.care.consent import BLOOD_PRESSURE, CARE, HUB
from edge.care.finding import Fact, Finding, Stage, Urgency
from edge.care.people import ContactRole
from edge.clock import Stamp
from edge.config import Config
from edge.desk.register import card_hash
from edge.desk.vault import Vault
from edge.store.personal import PersonalStore
from edge.store.personal_rows import CareRow, Number, Observation
from edge.store.setup import create
from edge.worker.care_watch import CareWatch
from hardware.reading import TimeQuality

NOW_MS = 1_795_447_440_000
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
KNOWN = TimeQuality.DEVICE
LONG_NAME = ("Wilhelmine Friederike Charlotte von und zu Hohenstein-Oberschönau " * 4)[:200]
PEOPLE = (
    "Erna Weber", "Karl-Heinz Müller", "Оксана Шевченко", "Ayşe Yılmaz", "خديجة الحسن",
    LONG_NAME, "Franz Josef Groß", "Li",
)  # fmt: skip
CARD = "DHK1-" + "0F" * 16
RELATIVE_CARD = "DHK1-" + "1F" * 16
DAUGHTER = "Jana Weber"
NURSE = "Schwester Amira Nowak"
NEIGHBOUR = "Bernd Kowalski"
OWN_KINDS = (BLOOD_PRESSURE, kinds.OXYGEN, kinds.WEIGHT, kinds.TEMPERATURE)
WARD_PAGES = {
    "pflege": "/pflege",
    "pflege-runde": "/pflege/runde",
    "pflege-meldungen": "/pflege/meldungen",
    "pflege-frueher": "/pflege/meldungen/frueher",
    "pflege-meldung": "/pflege/meldungen/1",
    "pflege-meldung-genommen": "/pflege/meldungen/3",
    "pflege-person": "/pflege/person/1",
    "pflege-person-leer": "/pflege/person/8",
    "pflege-uebergabe": "/pflege/uebergabe/1",
    "pflege-geraete": "/pflege/geraete",
    "pflege-geraet": "/pflege/geraete/ausgeben/C0:00:00:00:A1:B2",
    "pflege-angehoerige": "/pflege/angehoerige/1",
    "pflege-angehoerige-karte": "/pflege/angehoerige/1/karte",
    "eigene-werte": "/karte/werte",
    "angehoerige": "/karte/angehoerige",
}
# whose card lies on the reader, by the page's path
WARD_CARDS = {"/karte/werte": card_hash(CARD), "/karte/angehoerige": card_hash(RELATIVE_CARD)}
WARD_KEPT: dict[str, dict[str, tuple[str, ...]]] = {
    "/pflege/angehoerige/1/karte": {"pflege-angehoerigenkarte": (RELATIVE_CARD,)},
}


def furnish_ward(config: Config, now_ms: int) -> None:
    """Let eight people take part in care. Whoever signs in as a carer is made the nurse later."""
    create(config)
    with Vault.of(config) as vault, vault.open() as personal:
        for name in PEOPLE:
            add_person(personal, name, now_ms)
        fill(personal, 1, now_ms)
        for person in (1, 2, 3, 4, 5, 6, 7):
            personal.assign(f"ble:CUFF{person}", person, now_ms - 60 * DAY_MS)
        personal.give_person_card(1, card_hash(CARD), now_ms)
        raise_alerts(personal, now_ms)
        CareWatch().run(personal, Stamp(now_ms, "boot", 10**9, TimeQuality.SYNCHRONISED))
        daughter = personal.add_contact(DAUGHTER, ContactRole.RELATIVE, now_ms)
        personal.put_in_circle(1, daughter, now_ms, relation="Tochter")
        for kind in (BLOOD_PRESSURE, kinds.WEIGHT):
            agree(personal, 1, kind, f"contact:{daughter}", now_ms - DAY_MS)
        personal.give_contact_card(daughter, card_hash(RELATIVE_CARD), now_ms)


def raise_alerts(personal: PersonalStore, now_ms: int) -> None:
    """Raise an alert of each urgency; one is taken, one is over, one is of the hub itself."""
    number = personal.add_contact(NEIGHBOUR, ContactRole.NURSE, now_ms, phone="06031 4711")
    for person in (1, 2, 3, 4):
        personal.put_in_circle(person, number, now_ms)
    at = Stamp(now_ms, "boot", 10**9, TimeQuality.SYNCHRONISED)
    high: dict[str, Fact] = {
        "quantity": "blood_pressure_systolic", "value": 182.0, "side": "high", "usual": 138.4,
        "spread": 8.0, "again": "agrees", "data_kind": BLOOD_PRESSURE,
    }  # fmt: skip
    low: dict[str, Fact] = {
        "quantity": "oxygen_saturation", "value": 84.0, "side": "low", "limit": 85.0,
        "whose": "practice", "data_kind": kinds.OXYGEN,
    }  # fmt: skip
    found = (
        Finding(
            1,
            "vital:1",
            "baseline",
            Stage.RAISE,
            Urgency.URGENT,
            now_ms,
            now_ms - 5 * HOUR_MS,
            high,
        ),
        Finding(
            2,
            "sos:1",
            "sos",
            Stage.RAISE,
            Urgency.EMERGENCY,
            now_ms,
            now_ms - 120_000,
            {"data_kind": kinds.BUTTON, "device": "ble:BUTTON", "late_minutes": 2},
        ),
        Finding(
            3, "vital:2", "limit", Stage.RAISE, Urgency.URGENT, now_ms, now_ms - 3 * HOUR_MS, low
        ),
        Finding(
            4,
            "missed:blood_pressure",
            "missed",
            Stage.RAISE,
            Urgency.TODAY,
            now_ms,
            now_ms - 2 * DAY_MS,
            {"data_kind": BLOOD_PRESSURE, "count": 2},
        ),
        Finding(
            6,
            "silent:ble",
            "silent",
            Stage.RAISE,
            Urgency.NOTE,
            now_ms,
            now_ms - 3 * DAY_MS,
            {"data_kind": BLOOD_PRESSURE, "hours": 72, "device": "ble:CUFF6"},
        ),
    )
    personal.take_findings(found, at)
    (taken,) = (one for one in personal.alerts() if one.person == 3)
    personal.acknowledge(taken.number, number, at)


def add_person(personal: PersonalStore, name: str, now_ms: int) -> int:
    """Add somebody who agrees to what is measured."""
    person = personal.add_person(name, now_ms - 90 * DAY_MS)
    for kind in (*OWN_KINDS, kinds.GLUCOSE):
        agree(personal, person, kind, HUB, now_ms - 90 * DAY_MS)
    return person


def agree(personal: PersonalStore, person: int, kind: str, recipient: str, at: int) -> None:
    """Let somebody consent."""
    personal.give_consent(
        person,
        purpose=CARE,
        data_kind=kind,
        recipient=recipient,
        sentence="Ja, das darf sein.",
        given_how="unterschrieben",
        at=at,
    )


def be_nurse(config: Config, account: int, now_ms: int = NOW_MS) -> None:
    """Let an account be the nurse's: everybody but the seventh trusts her."""
    with Vault.of(config) as vault, vault.open() as personal:
        found = [one for one in personal.contacts() if one.name == NURSE]
        if found:
            (nurse,) = found
            # not `change_contact`: whom somebody else signs in as, people agree to anew
            with personal.connection.transaction() as driver:
                driver.execute(
                    "UPDATE contact SET account = ? WHERE contact = ?", (account, nurse.contact)
                )
            return
        number = personal.add_contact(NURSE, ContactRole.NURSE, now_ms, account=account)
        for person in (1, 2, 3, 4, 5, 6, 8):
            if personal.find_person(str(person)) is not None:
                for kind in OWN_KINDS:
                    agree(personal, person, kind, f"contact:{number}", now_ms - DAY_MS)


def fill(personal: PersonalStore, person: int, now_ms: int, days: int = 30) -> None:
    """Give somebody a month of values: with a gap, a time nobody knows, and a bad last day."""
    begin = now_ms - days * DAY_MS
    cuffs, others = [], []
    for n in range(days):
        if 11 <= n < 16:
            continue
        at = begin + n * DAY_MS + (n * 37 % 90) * 60_000
        high = 132 + n * 29 % 17 + (34 if n == days - 1 else 0)
        quality = TimeQuality.UNKNOWN if n == 20 else KNOWN
        cuffs.append(
            CareRow(
                at,
                "ble:CUFF",
                person,
                quality,
                at,
                1000 + n,
                high,
                78 + n * 13 % 9,
                None,
                64 + n * 7 % 11,
            )
        )
        others.append(
            _one(person, at + 60_000, kinds.OXYGEN, 2000 + n, ("oxygen_saturation", 94 + n % 3))
        )
        others.append(
            _one(person, at + 120_000, kinds.WEIGHT, 3000 + n, ("body_weight", 71.5 + n * 0.08))
        )
    personal.add_measured(cuffs, others)


def _one(person: int, at: int, kind: str, entry: int, *values: tuple[str, float]) -> Observation:
    return Observation(
        at, f"ble:{kind}", kind, person, KNOWN, at, entry, "test",
        values=tuple(Number(quantity, float(value)) for quantity, value in values),
    )  # fmt: skip
