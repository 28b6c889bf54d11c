"""Courses, slips and a card of a furnished village, for pages of villagers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

from edge.clock import FixedClock
from edge.config import Config
from edge.desk import CourseDesk, SignupDesk, Vault
from edge.desk.courses import shifted
from edge.desk.register import CARD_PREFIX, card_hash
from edge.learning.course import Course, Room, Season, Session, Text
from edge.learning.moment import to_local
from edge.learning.series import Series, sessions
from edge.learning.slip import slip_of
from edge.store.personal import PersonalStore
from edge.store.setup import care_public_path
from edge.store.village import VillageStore
from edge.store.village_county import CountyCourse, put_course

AUTUMN = Season("2026-2", "Herbst 2026", date(2026, 8, 31), date(2027, 1, 31))
# the courses, by number
PHONE, FULL, MOVED, OFF, BUS, TALK, LAST = range(1, 8)
TOKENS = {name: f"{name}-".ljust(32, "0") for name in ("seat", "waits", "offer", "group", "moved")}


SLIPS = {name: slip_of(token) for name, token in TOKENS.items()}
CARD = f"{CARD_PREFIX}{'A1' * 16}"
PAGES = {
    "kurse": "/kurse",
    "kurse-thema": "/kurse?nach=thema",
    "kurs": f"/kurse/{PHONE}",
    "kurs-voll": f"/kurse/{FULL}",
    "kurs-verlegt": f"/kurse/{MOVED}",
    "kurs-faellt-aus": f"/kurse/{OFF}",
    "bus": f"/kurse/{BUS}",
    "kurs-kreis": "/kurse/kreis/G-1704/26",
    "anmelden": f"/kurse/{PHONE}/anmelden",
    "warteliste": f"/kurse/{FULL}/anmelden",
    "zettel-suchen": "/zettel",
    "zettel-platz": "/zettel/1",
    "zettel-wartet": "/zettel/2",
    "zettel-angebot": "/zettel/3",
    "zettel-gruppe": "/zettel/4",
    "zettel-verlegt": "/zettel/5",
    "zettel-abmelden": "/zettel/1/abmelden",
    "karte-suchen": "/karte",
}
_ALL = {"slip": tuple(SLIPS[name] for name in ("seat", "waits", "offer", "group", "moved"))}
KEPT = {f"/zettel/{place}": _ALL for place in range(1, 6)} | {"/zettel/1/abmelden": _ALL}


def furnish_courses(config: Config, now_ms: int) -> None:
    """Keep courses, sign-ups in every state (`SLIPS`), and the card `CARD`."""
    clock = FixedClock(now_ms)
    key_file = config.personal.key_file
    key_file.parent.mkdir(parents=True, exist_ok=True)
    key_file.write_text("5a" * 32)
    with PersonalStore.open(config.hub.personal_db, key_file) as personal:
        care_public_path(config.hub).write_text(personal.care_recipient())
    with VillageStore(config.hub.village_db) as village, Vault.of(config) as vault:
        village.put_season(AUTUMN)
        village.put_room(Room("saal", "Großer Saal", 40, "Ohne Stufen, mit Höranlage"))
        courses = CourseDesk(village, vault, clock)
        for one in courses.create(_courses(to_local(now_ms).date())):
            courses.publish(one.course)
        with village.connection.transaction() as driver:
            put_course(driver, _countys(now_ms))
        desk = SignupDesk.of(config, village, vault, clock)

        def sign(course: int, name: str, key: str, party: int = 1) -> None:
            assert desk.signup(course, name, party, token=TOKENS[key]).number == SLIPS[key]

        sign(PHONE, "Erna Weber", "seat", 2)
        first = desk.signup(FULL, "Karl Groß", 2)
        sign(FULL, "Mehmet Yılmaz", "offer")
        sign(FULL, "Олена Шевченко", "waits")
        desk.cancel(first.number)
        one = desk.signup(LAST, "Ilse Kern")
        desk.signup(LAST, "Otto Kern")
        sign(LAST, "Familie Roth", "group", 2)
        desk.cancel(one.number)
        sign(MOVED, "Anna Blum", "moved")
        courses.move(MOVED, lambda old: shifted(old, days=7), note="Der Saal wird gestrichen.")
        courses.cancel(OFF, note="Die Trainerin ist krank.")
        with vault.open() as personal:
            personal.give_card(SLIPS["seat"], card_hash(CARD))


def _courses(today: date) -> list[Course]:
    def series(days: int, count: int, start: time = time(18, 30)) -> tuple[Session, ...]:
        end = time(start.hour + 1, 45)
        first = today + timedelta(days=days)
        return sessions(Series(first, start, end, count, room_id="saal"))

    base = Course(season_id=AUTUMN.season_id, texts={}, seats=8, area=5)
    phone = series(8, 6)
    return [
        replace(
            base,
            texts={
                "de": Text(
                    "Handy für Anfänger",
                    "Anrufen, Nachrichten schreiben, Fotos machen.\nEin eigenes Gerät ist gut, "
                    "aber nicht nötig.",
                ),
                "de-simple": Text("Das Handy kennen-lernen", "Sie lernen: So geht ein Handy."),
                "en": Text("Mobile phones for beginners", "Calls, messages, photos."),
                "ar": Text("الهاتف المحمول للمبتدئين", "المكالمات والرسائل والصور."),
            },
            sessions=(*phone[:2], replace(phone[2], cancelled=True), *phone[3:]),
            cost_cents=1250,
            languages=("de", "uk"),
            access="Ohne Stufen. Große Schrift.",
            announced_as="Frau Lindner",
        ),
        replace(base, texts={"de": Text("Sicher im Netz")}, seats=2, sessions=series(9, 3)),
        replace(base, texts={"de": Text("Fotos ordnen")}, area=2, sessions=series(20, 2)),
        replace(base, texts={"de": Text("Gymnastik im Sitzen")}, area=3, sessions=series(3, 4)),
        replace(
            base,
            texts={"de": Text("Lernbus an der Kirche", "Kommen Sie einfach vorbei.")},
            kind="stop",
            seats=0,
            area=0,
            sessions=tuple(
                replace(one, room_id=None, place="Kirchplatz") for one in series(2, 3, time(10))
            ),
        ),
        replace(
            base, texts={"de": Text("Vortrag: Betrug am Telefon")}, kind="event", seats=40, area=0,
            sessions=series(12, 1, time(15)),
        ),
        replace(base, texts={"de": Text("Der letzte Platz")}, seats=2, sessions=series(40, 1)),
    ]  # fmt: skip


def _countys(now_ms: int) -> CountyCourse:
    begin = now_ms + 18 * 86_400_000
    return CountyCourse(
        county=b"kreis", course_id="G-1704/26", title="Englisch am Vormittag",
        text="Für alle, die wieder anfangen wollen.", place="Kreis-vhs Gießen",
        first_at=begin, sessions=[(begin, begin + 5_400_000)], seats=12, cost_cents=6800,
        language="de", level="", area="", access="Aufzug", statistics="",
        contact="Kreis-vhs, Telefon 0641 9390 0",
    )  # fmt: skip
