"""What the board's pages show in tests and pictures: notices, events, hours, calls, the market."""

from __future__ import annotations

from datetime import date, time

from flask import Flask

from edge.clock import FixedClock
from edge.config import Config
from edge.desk.board_slip import slip_hash, token_hash
from edge.desk.market import MarketDesk
from edge.desk.notices import NoticeDesk
from edge.desk.vault import Vault
from edge.learning.slip import slip_of
from edge.store.village import VillageStore
from edge.village.hours import Place, SpecialDays
from edge.village.market import Draft, until
from edge.village.notice import Times, drafted
from edge.web.village.pages import live_of

TOKEN = "der-zettel-der-bilder"
MARKET_TOKEN = "der-zettel-vom-markt"
SLIP, MARKET_SLIP = slip_of(TOKEN), slip_of(MARKET_TOKEN)
CALL = "der-ruf-der-bilder"


def furnish_board(config: Config, now_ms: int) -> None:
    """Fill the board of a village. ``now_ms`` is a Monday in November 2026."""
    clock = FixedClock(now_ms)
    with VillageStore(config.hub.village_db) as village:
        desk = NoticeDesk(village, clock)
        desk.hang(
            drafted(
                "Singkreis", "Alle, die gern singen. Noten sind da.", "Saal, Hauptstraße 4",
                Times(
                    day=date(2026, 11, 24), start=time(19, 30), end=time(21, 0),
                    repeat="week", until=date(2027, 3, 30),
                ),
                now_ms,
            ),
            "singen",
        )  # fmt: skip
        desk.propose(
            drafted(
                "Plätzchen backen mit Kindern", "Bitte eine Schürze mitbringen.", "Küche im Saal",
                Times(day=date(2026, 12, 5), start=time(14, 0), end=time(17, 0)),
                now_ms,
            ),
            TOKEN,
        )  # fmt: skip
        spans = ((9 * 60, 12 * 60), (14 * 60 + 30, 18 * 60))
        village.put_place(
            Place(
                name="Dorfgemeinschaftshaus", phone="06403 1234", note="Eingang am Hof.",
                week=dict.fromkeys(range(5), spans),
                special=(SpecialDays(date(2026, 12, 28), date(2027, 1, 2), (), "Betriebsferien"),),
            )
        )  # fmt: skip
        village.put_place(Place(name="Bücherei", week={1: ((15 * 60, 18 * 60),)}))
        entry = Draft(
            kind="offer", category="farm", title="Äpfel und Saft",
            text="Boskoop, ungespritzt. Der Saft ist von diesem Herbst.",
        )  # fmt: skip
        for token, draft in (
            ("markt-1", entry),
            (
                MARKET_TOKEN,
                Draft(
                    kind="wanted", category="help", title="Hilfe beim Laubharken",
                    text="Zwei Stunden an einem Samstag, es gibt Kuchen.", reach="desk",
                ),
            ),
        ):  # fmt: skip
            village.put_entry(
                draft, now_ms, until(now_ms),
                slip_hash=slip_hash(slip_of(token)), token_hash=token_hash(token),
            )  # fmt: skip
        with Vault.of(config) as vault:
            MarketDesk(village, vault, clock).approve(1, entry, 1)


def call_for_help(app: Flask) -> None:
    """Let somebody wait for help."""
    desk, _ = live_of(app)
    desk.call("Mein Passwort", "Bildschirm im Flur", CALL)
    desk.call("", "")


BOARD_PAGES = {
    "termine": "/termine",
    "aushang-neu": "/termine/neu",
    "mein-aushang": "/aushang/zettel",
    "oeffnung": "/oeffnung",
    "markt": "/markt",
    "markt-neu": "/markt/neu",
    "hilfe-ruf": "/hilfe?zurueck=/termine",
    "pult-hilfe": "/pult/hilfe",
    "pult-aushaenge": "/pult/aushaenge",
    "pult-aushang": "/pult/aushaenge/4",
    "pult-aushang-neu": "/pult/aushaenge/neu",
    "pult-plakat": "/pult/aushaenge/3/plakat",
    "pult-oeffnung": "/pult/oeffnung",
    "pult-oeffnung-ort": "/pult/oeffnung/1",
    "pult-markt": "/pult/markt",
    "pult-anzeige": "/pult/markt/2",
}
BOARD_KEPT: dict[str, dict[str, tuple[str, ...]]] = {
    "/aushang/zettel": {"aushang": (MARKET_SLIP, SLIP)},
    "/hilfe?zurueck=/termine": {"ruf": (CALL,)},
}
