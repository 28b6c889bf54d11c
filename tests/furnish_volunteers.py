"""A rota, its people and things to lend of a furnished village."""

from __future__ import annotations

from datetime import time, timedelta

from edge.clock import FixedClock
from edge.config import Config
from edge.desk import Vault
from edge.desk.lending import LendingDesk
from edge.desk.rota import RotaDesk
from edge.desk.volunteers import VolunteerDesk
from edge.learning.moment import HOUR_MS, local_day, span
from edge.learning.series import Series
from edge.learning.slip import slip_of
from edge.lending.asset import Asset
from edge.lending.availability import Span, hours, whole_days
from edge.store.village import VillageStore
from edge.volunteers.qualification import Qualification
from edge.volunteers.rota import Shift

TOKENS = {name: f"{name}-loan-".ljust(32, "0") for name in ("waits", "out", "late", "room")}
SLIPS = {name: slip_of(token) for name, token in TOKENS.items()}
BEAMER, CASE, PAVILION, LAMP, HALL = range(1, 6)
PAGES = {
    "ausleihe": "/ausleihe",
    "ausleihe-frei": "/ausleihe/geraete?von=2026-11-24&bis=2026-11-27",
    "ausleihe-vorbei": "/ausleihe/geraete?von=2026-11-01&bis=2026-11-02",
    "ausleihe-raeume": "/ausleihe/raeume?tag=2026-11-25&ab=09:00&zu=11:00",
    "ausleihe-geraet": f"/ausleihe/{BEAMER}",
    "ausleihe-raum": f"/ausleihe/{HALL}",
    "ausleihe-reservieren": f"/ausleihe/{CASE}/reservieren?von=2026-11-24&bis=2026-11-27",
    "ausleihe-nummer": "/ausleihe/zettel",
    "ausleihe-zettel": "/ausleihe/zettel/1",
    "ausleihe-zettel-spaet": "/ausleihe/zettel/3",
    "ausleihe-absagen": "/ausleihe/zettel/1/absagen",
    "pult-ausleihe": "/pult/ausleihe",
    "pult-ausgeben": "/pult/ausleihe/1",
    "pult-zurueck": "/pult/ausleihe/3",
    "pult-dinge": "/pult/ausleihe/dinge",
    "pult-ding": f"/pult/ausleihe/dinge/{HALL}",
    "pult-ding-aendern": f"/pult/ausleihe/dinge/{BEAMER}/aendern",
    "pult-raum-neu": "/pult/ausleihe/dinge/neu?art=raum",
    "pult-dienste": "/pult/dienste",
    "pult-dienstplan": "/pult/dienste/plan",
    "pult-dienst": "/pult/dienste/1",
    "pult-dienst-neu": "/pult/dienste/neu",
    "pult-leute": "/pult/dienste/leute",
    "pult-person": "/pult/dienste/leute/2",
    "pult-dank": "/pult/dienste/leute/2/dank",
    "pult-stunden": "/pult/dienste/stunden",
}
_LOANS = {"loan": tuple(f"{SLIPS[name]} {at}" for at, name in enumerate(TOKENS, 1))}
# what only who coordinates sees, as an administrator does
COORDINATED = frozenset(
    path
    for name, path in PAGES.items()
    if path.startswith("/pult/dienste") and name != "pult-dienstplan"
)
KEPT = {path: _LOANS for path in PAGES.values() if "/zettel/" in path}


def furnish_volunteers(config: Config, now_ms: int) -> None:
    """Keep assets with loans in every state (`SLIPS`), people, and a rota with gaps."""
    with VillageStore(config.hub.village_db) as village, Vault.of(config) as vault:
        _lend(config, village, vault, now_ms)
        _plan(village, vault, now_ms)


def _lend(config: Config, village: VillageStore, vault: Vault, now_ms: int) -> None:
    early = LendingDesk.of(config, village, vault, FixedClock(now_ms - 10 * 24 * HOUR_MS))
    desk = LendingDesk.of(config, village, vault, FixedClock(now_ms))
    today = local_day(now_ms)

    def days(first: int, last: int) -> Span:
        return whole_days(today + timedelta(days=first), today + timedelta(days=last))

    for one in (
        Asset(
            kind="device", name="Beamer", shelf="Regal 2, oben", deposit_cents=2000,
            parts="Stromkabel\nHDMI-Kabel\nTasche", notes="Bitte abkühlen lassen, bevor er in die "
            "Tasche kommt.",
        ),
        Asset(kind="device", name="Koffer mit 6 Tablets", shelf="Schrank im Büro", longest_days=7),
        Asset(kind="device", name="Pavillon 3 × 3 m", shelf="Keller", parts="4 Heringe\nSeile"),
        Asset(kind="device", name="Leselupe mit Licht", shelf="Regal 1"),
        Asset(kind="room", name="Saal", room_id="saal", buffer_minutes=15,
              notes="40 Stühle, Küche nebenan."),
    ):  # fmt: skip
        early.add(one)
    desk.reserve(BEAMER, days(0, 3), "Erna Weber", phone="06031 1234", token=TOKENS["waits"])
    out = early.reserve(CASE, days(-9, -4), "Karl Müller", token=TOKENS["out"])
    early.hand_out(out.loan.loan)
    desk.take_back(out.loan.loan, "good")
    late = early.reserve(
        PAVILION, days(-6, -3), "Ольга Шевченко", phone="0171 5550123", token=TOKENS["late"]
    )
    early.hand_out(late.loan.loan)
    wednesday = today + timedelta(days=2)
    times = hours(wednesday, time(14), time(17))
    desk.reserve(HALL, times, "Gesangverein", phone="06031 99", token=TOKENS["room"])
    desk.reserve(PAVILION, days(3, 5), "Hans Groß", phone="06031 55")
    running = desk.reserve(LAMP, days(0, 6), "Fatma Yılmaz")
    desk.hand_out(running.loan.loan)


def _plan(village: VillageStore, vault: Vault, now_ms: int) -> None:
    clock = FixedClock(now_ms)
    rota, people = RotaDesk(village, vault, clock), VolunteerDesk(village, vault, clock)
    today = local_day(now_ms)
    me = people.join("Amsel Beispiel")
    karl, lina = people.join("Karl Müller", "06031 4711"), people.join("Lina Öztürk")
    people.change(me, "Amsel Beispiel", coordinates=True)
    people.put_qualification(Qualification("ersthilfe", "Erste Hilfe", 24))
    people.hold(karl, "juleica", until=today + timedelta(days=30))
    people.hold(lina, "juleica", until=today - timedelta(days=3))
    people.hold(me, "ersthilfe", until=today + timedelta(days=400))

    def shift(task: str, ahead: int, start: int, end: int, **more: object) -> Shift:
        begins, ends = span(today + timedelta(days=ahead), time(start), time(end))
        return Shift(task=task, place="Küche", starts_at=begins, ends_at=ends, **more)  # type: ignore[arg-type]

    first = today + timedelta(days=1)
    cafe = rota.create(
        shift("Café-Ausgabe", 1, 14, 17, needed=2), Series(first, time(14), time(17), 4)
    )
    rota.sign_up(cafe[0].shift, karl)
    rota.sign_up(cafe[0].shift, me)
    rota.offer(cafe[0].shift, karl)
    rota.sign_up(cafe[1].shift, lina)
    (kids,) = rota.create(shift("Jugendgruppe", 9, 16, 18, qualification="juleica"))
    rota.sign_up(kids.shift, karl)
    (swapped,) = rota.create(shift("Handy-Sprechstunde", 4, 10, 12))
    rota.sign_up(swapped.shift, lina)
    rota.offer(swapped.shift, lina)
    rota.take(swapped.shift, lina, me)
    (done,) = rota.create(shift("Plakate kleben", -3, 9, 11, needed=2))
    for one in (karl, me):
        rota.sign_up(done.shift, one, at_desk=True)
    people.add_hours(karl, today - timedelta(days=40), 150, "Sommerfest", me)
