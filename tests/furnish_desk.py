"""A learning point with courses, people and seasons that were counted, for browser tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

from edge.clock import FixedClock
from edge.config import Config
from edge.desk import CourseDesk, Register, SignupDesk, Vault
from edge.desk.places import PlaceDesk
from edge.desk.upkeep import upkeep
from edge.learning.course import Course, DigComp, Season, Text
from edge.learning.moment import to_ms
from edge.learning.series import Series, sessions
from edge.store.setup import create
from edge.store.village import VillageStore
from hardware.reading import TimeQuality

SEASONS = (
    Season("2025-1", "Frühjahr 2025", date(2025, 2, 1), date(2025, 7, 31)),
    Season("2025-2", "Herbst 2025", date(2025, 8, 31), date(2026, 1, 31)),
    Season("2026-1", "Frühjahr 2026", date(2026, 2, 1), date(2026, 7, 31)),
    Season("2026-2", "Herbst 2026", date(2026, 8, 31), date(2027, 1, 31)),
)
NAMES = (
    "Erna Weber", "Karl-Heinz Müller", "Оксана Шевченко", "Ayşe Yılmaz", "خديجة الحسن",
    "Wilhelmine von und zu Hohenstein-Oberschönau", "Franz Josef Groß", "Li",
)  # fmt: skip
BANDS = ("65-", "65-", "35-49", "50-64", "25-34", "65-", "65-", None)
GENDERS = ("w", "m", "w", "w", "w", "w", "m", None)
LONG = "Fotos vom Telefon auf den Rechner bringen, sortieren und als Buch drucken lassen"


NOW_ON, WAITS, DRAFT, DANCE = 110, 111, 112, 113  # numbers of courses
SESSION = 137  # that is on now
DESK_PAGES = {
    "pult": "/pult",
    "pult-kurse": "/pult/kurse",
    "pult-kurs-neu": "/pult/kurse/neu",
    "pult-kopieren": "/pult/kurse/kopieren",
    "pult-kurs": f"/pult/kurse/{NOW_ON}",
    "pult-entwurf": f"/pult/kurse/{DRAFT}",
    "pult-absagen": f"/pult/kurse/{NOW_ON}/absagen",
    "pult-titel": f"/pult/kurse/{NOW_ON}/titel",
    "pult-termine": f"/pult/kurse/{DANCE}/termine",
    "pult-termin": f"/pult/kurse/{NOW_ON}/termine/{SESSION}",
    "pult-plaetze": f"/pult/kurse/{DRAFT}/plaetze?neu=1",
    "pult-leitung": f"/pult/kurse/{NOW_ON}/leitung",
    "pult-einordnung": f"/pult/kurse/{NOW_ON}/einordnung",
    "pult-zugang": f"/pult/kurse/{NOW_ON}/zugang",
    "pult-texte": f"/pult/kurse/{NOW_ON}/texte",
    "pult-liste": f"/pult/kurse/{WAITS}/liste",
    "pult-liste-druck": f"/pult/kurse/{NOW_ON}/liste/druck",
    "pult-anmelden": f"/pult/kurse/{WAITS}/liste/anmelden",
    "pult-einlass": "/pult/einlass",
    "pult-einlass-kurs": f"/pult/einlass/{SESSION}",
    "pult-karten": "/pult/karten",
    "pult-raeume": "/pult/raeume",
    "pult-saison": "/pult/raeume/saison?saison=2026-2",
    "pult-raum": "/pult/raeume/raum?raum=saal",
    "pult-bericht": "/pult/bericht",
}
# What a volunteer's visit keeps on some of these pages.
DESK_KEPT = {"/pult/karten": {"pult-karten-suche": ("er",)}}


def furnish_desk(config: Config, now_ms: int) -> None:
    """Fill the learning point as it is at ``now_ms``. Call it last: its numbers begin at 101."""
    create(config)
    clock = FixedClock(to_ms(date(2025, 1, 2), time(9)), TimeQuality.SYNCHRONISED)
    with VillageStore(config.hub.village_db) as village, Vault.of(config) as vault:
        courses, desk = (
            CourseDesk(village, vault, clock),
            SignupDesk.of(config, village, vault, clock),
        )
        register, places = Register(village, vault, clock), PlaceDesk(village, vault)
        with village.connection.transaction() as driver:  # whoever else makes courses: these stay
            for table in ("course", "session"):
                driver.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
                driver.execute("INSERT INTO sqlite_sequence VALUES (?, 100)", (table,))
        for season in SEASONS:
            village.put_season(season)
        room = places.put_room("Saal", 40, "Ohne Stufen, Höranlage")
        places.put_room("Kleiner Raum", 12, "Drei Stufen, Rampe auf Anfrage")
        places.add_free_days("Herbstferien", date(2026, 10, 5), date(2026, 10, 17))
        trainer = places.add_trainer("Karla Sommer", "06031 2345", now_ms)

        def make(season: Season, title: str, first: date, **changes: object) -> Course:
            start = changes.pop("start", time(18, 30))
            end = changes.pop("end", time(20, 0))
            series = Series(first, start, end, 4, room_id=room.room_id)  # type: ignore[arg-type]
            values: dict[str, object] = {
                "season_id": season.season_id,
                "texts": {"de": Text(title, "Für alle, die anfangen.\nMit Kaffee.")},
                "seats": 8,
                "area": 5,
                "sessions": sessions(series),
                "digcomp": (DigComp(4, "Basic"),),
                "trainer": trainer.trainer,
                "announced_as": "Frau Sommer",
                "access": "Ohne Stufen, Pausen alle 45 Minuten",
            }
            (made,) = courses.create([Course(**(values | changes))])  # type: ignore[arg-type]
            return made

        for season in SEASONS[:3]:
            clock.wall_ms = to_ms(season.first_day, time(9))
            for area, title in ((5, "Sicher im Netz"), (3, "Rücken und Bewegung"), (4, "Englisch")):
                old = courses.publish(
                    make(season, title, season.first_day + timedelta(days=14), area=area).course
                )
                for at, name in enumerate(NAMES):
                    desk.signup(old.course, name, age_band=BANDS[at], gender=GENDERS[at])
                one = old.sessions[0]
                for row in register.rows(one.session)[area - 3 :]:
                    register.tick(one.session, row.enrolment.enrolment)
                register.walk_in(one.session, area)
            clock.wall_ms = to_ms(season.last_day + timedelta(days=30), time(9))
            upkeep(village, vault, desk, clock.wall_ms)
        clock.wall_ms = now_ms - 20 * 86_400_000
        autumn, today = SEASONS[3], date(2026, 11, 23)
        now = make(autumn, "Sicher im Netz", today, start=time(16), end=time(17, 30))
        now = courses.publish(now.course)
        for at, name in enumerate(NAMES):
            phone = f"06031 {4711 + at}" if at % 3 else ""
            party = 2 if at == 3 else 1
            desk.signup(now.course, name, party, phone=phone, age_band=BANDS[at])
        waits = courses.publish(make(autumn, LONG, today + timedelta(days=8), seats=2).course)
        slips = [
            desk.signup(waits.course, name, phone=f"0151 23{at}456", channel="phone")
            for at, name in enumerate(NAMES[:5])
        ]
        clock.wall_ms = now_ms
        desk.cancel(slips[0].number)
        make(autumn, "Weihnachtssterne falten", today + timedelta(days=10), seats=0, area=0)
        dance = make(
            autumn,
            "Tanz in den Advent",
            date(2026, 11, 28),
            start=time(22),
            end=time(0, 30),
            minimum=4,
        )
        dance = courses.publish(dance.course)
        desk.signup(dance.course, "Erna Weber", phone="06031 4711", channel="desk")
        courses.move(
            dance.course,
            lambda all_: [
                replace(one, starts_at=one.starts_at + 3_600_000, ends_at=one.ends_at + 3_600_000)
                for one in all_
            ],
            "Die Kapelle kommt eine Stunde später.",
        )
        session = now.sessions[0].session
        for row in register.rows(session)[:3]:
            register.tick(session, row.enrolment.enrolment)
        register.walk_in(session, 2)
