"""A furnished village for browser tests and screenshots, and a real server before it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from waitress import create_server, wasyncore

from edge.clock import FixedClock
from edge.config import Config, load
from edge.config.model import Web
from edge.process.heartbeat import Heartbeat, Status
from edge.store.scale_users import ScaleUsers
from edge.store.village import VillageStore
from edge.store.village_rows import Exchange, HeardMeter, MeterRow, Road
from edge.web.app import create_app
from edge.web.server import LIVE, PROXIED
from edge.web.village.pages import stop_live
from hardware.reading import TimeQuality
from tests import furnish_access, furnish_faults, furnish_load, furnish_weather
from tests.furnish_asked import ASKED_CARDS, ASKED_PAGES, furnish_asked
from tests.furnish_board import BOARD_KEPT, BOARD_PAGES, call_for_help, furnish_board
from tests.furnish_cases import CASE_KEPT, CASE_PAGES, call_somebody, furnish_cases
from tests.furnish_courses import KEPT as COURSE_KEPT
from tests.furnish_courses import PAGES as COURSE_PAGES
from tests.furnish_courses import furnish_courses
from tests.furnish_desk import DESK_KEPT, DESK_PAGES, furnish_desk
from tests.furnish_faults import FAULT_PAGES
from tests.furnish_heat_map import HEAT_MAP_PAGES, furnish_heat_map
from tests.furnish_home import HOME_CARDS, HOME_KEPT, HOME_PAGES, furnish_home
from tests.furnish_materials import PAGES as MATERIAL_PAGES
from tests.furnish_materials import furnish_materials
from tests.furnish_numbers import NUMBERS_PAGES, furnish_numbers
from tests.furnish_papers import PAPER_KEPT, PAPER_PAGES, furnish_papers
from tests.furnish_people import PEOPLE_CARDS, PEOPLE_KEPT, PEOPLE_PAGES, furnish_people
from tests.furnish_plan import PLAN_PAGES, furnish_plan
from tests.furnish_volunteers import COORDINATED, furnish_volunteers
from tests.furnish_volunteers import KEPT as VOLUNTEER_KEPT
from tests.furnish_volunteers import PAGES as VOLUNTEER_PAGES
from tests.furnish_ward import WARD_CARDS, WARD_KEPT, WARD_PAGES, furnish_ward

HUB = """
[hub]
name = "Dorfhub Holzheim"
village = "Holzheim"
[radio]
kind = "bluez"
[sync]
sticks = ["media"]
[[sites]]
site_id = "halle"
name = "Dorfgemeinschaftshaus"
communal = true
[[meters]]
meter_id = "halle-1"
name = "Wärmezähler Halle"
site_id = "halle"
transport = "serial:/dev/ttyUSB0"
[[receivers]]
receiver_id = "turm"
kind = "im871a"
transport = "serial:/dev/ttyUSB1"
[[meters]]
meter_id = "kita"
name = "Wärmezähler Kita"
site_id = "halle"
protocol = "wmbus"
wireless = "KAM-76348799"
"""
THREADS = Web().threads
NOW = datetime(2026, 11, 23, 15, 24, tzinfo=UTC)
NOW_MS = round(NOW.timestamp() * 1000)
CUFF, SCALE = "C0:00:00:00:A1:B2", "C0:00:00:00:A1:B3"
HEARD = HeardMeter(
    "wmbus:KAM-76348799-1B-04", "KAM", "76348799", 0x1B, "heat", "none", NOW_MS, NOW_MS, 1
)


ROOMS: tuple[Callable[[Config, int], None], ...] = (
    furnish_courses,
    furnish_desk,
    furnish_access.furnish_access,
    furnish_volunteers,
    furnish_board,
    furnish_papers,
    furnish_materials,
    furnish_ward,
    furnish_people,
    furnish_plan,
    furnish_cases,
    furnish_heat_map,
    furnish_home,
    furnish_load.furnish_network,
    furnish_numbers,
    furnish_asked,  # at the end: no other person has another number by it
)


def furnished(folder: Path, rooms: Sequence[Callable[[Config, int], None]] = ROOMS) -> Config:
    """Return a village in which every page has something to show, those of ``rooms`` at least."""
    file = folder / "hub.toml"
    file.write_text(HUB, "utf-8")
    config = load(file)
    config.hub.run.mkdir(parents=True)
    with VillageStore(config.hub.village_db) as village:
        village.sync_sites(config)
        _measure(village)
        village.add_notice(
            "Laternenumzug am Freitag",
            "Treffpunkt um 17 Uhr an der Kirche. Danach gibt es Suppe.\nBitte Becher mitbringen.",
            NOW_MS - 3_600_000,
        )
        village.add_notice(
            "Handy-Sprechstunde",
            "Jeden Dienstag von 14 bis 16 Uhr hilft Ihnen jemand mit Ihrem Telefon.",
            NOW_MS - 90_000_000,
        )
        cuff = village.device("ble:C0000000A1B2", kind="ble", battery_percent=80, seen_at=NOW_MS)
        village.add_ble_device(CUFF, cuff, "1810", "Manschette", NOW_MS - 86_400_000)
        scale = village.device("ble:C0000000A1B3", kind="ble", battery_percent=12, seen_at=NOW_MS)
        village.add_ble_device(SCALE, scale, "181B", "Waage Flur", NOW_MS - 86_400_000)
        village.put_exchange(
            Exchange("kreis", "Landkreis Gießen", NOW_MS, NOW_MS - 3_600_000, 3, 2)
        )
        village.put_road(
            Road(
                "stick", "stick", "good", "done", "Der Stick kann jetzt herausgezogen werden.",
                "Bitte dem Kreis mitgeben.", NOW_MS,
            )
        )  # fmt: skip
        village.note_heard([HEARD])
        furnish_weather.furnish(village, NOW_MS)
        furnish_faults.furnish(village, NOW_MS)
        furnish_load.furnish(village, NOW_MS)
        number = village.ask("look", {"wait_s": 300}, NOW_MS)
        village.progress(number, {"found": [_near(CUFF, "BPM Connect", 4), _near(SCALE, "", 2)]})
        village.ask("pair", {"address": CUFF, "wait_s": 40}, NOW_MS)
        pairing = village.ask("pair", {"address": CUFF, "wait_s": 40}, NOW_MS)
        village.progress(pairing, {"stage": "passkey", "name": "BPM Connect"})
        done = village.ask("pair", {"address": CUFF, "wait_s": 40}, NOW_MS)
        village.finish(
            done, done=True, at=NOW_MS,
            result={"address": CUFF, "name": "BPM Connect", "kind": "Blutdruck", "battery": 80},
        )  # fmt: skip
        failed = village.ask("pair", {"address": CUFF, "wait_s": 40}, NOW_MS)
        village.finish(
            failed, done=False, at=NOW_MS, result={"hint": "Das Gerät blinkt nicht mehr."}
        )
    users = ScaleUsers(config.hub.scale_users)
    users.announce(SCALE)
    users.enter(SCALE, 2, 1234, NOW_MS)
    for name, state in (("collector", "ok"), ("worker", "degraded"), ("sync", "ok")):
        Heartbeat(config.hub.run, name).write(Status(state))  # type: ignore[arg-type]
    for furnish in rooms:
        furnish(config, NOW_MS)
    return config


# Every page that there is, with a village as above.
PAGES = {
    "aushang": "/",
    "stick": "/stick",
    "hilfe": "/hilfe",
    "sprache": "/sprache",
    "fertig": "/fertig",
    "vorlesen": "/vorlesen?seite=/hilfe",
    "sprachen": "/sprachen",
    "bausteine": "/design",
    "fehler": "/gibt-es-nicht",
    "zaehler": "/geraete",
    "sensoren": "/geraete/koppeln",
    "suche": "/geraete/koppeln/suche/1",
    "warten": "/geraete/koppeln/vorgang/2",
    "code": "/geraete/koppeln/vorgang/3",
    "gekoppelt": "/geraete/koppeln/vorgang/4",
    "nicht-gekoppelt": "/geraete/koppeln/vorgang/5",
    "loesen": f"/geraete/koppeln/loesen/{CUFF}",
    "waage": f"/geraete/koppeln/benutzer/{SCALE}",
    "waage-falsch": f"/geraete/koppeln/benutzer/{SCALE}?falsch=angaben",
    # villagers' courses and slips
    **COURSE_PAGES,
    # desk
    **DESK_PAGES,
    # signing in, accounts
    **furnish_access.PAGES,
    # lending and the rota
    **VOLUNTEER_PAGES,
    # the board's
    **BOARD_PAGES,
    # papers
    **PAPER_PAGES,
    # materials, for everybody and at the desk
    **MATERIAL_PAGES,
    # care
    **WARD_PAGES,
    **ASKED_PAGES,
    **PEOPLE_PAGES,
    **PLAN_PAGES,
    **CASE_PAGES,
    # the heat cadastre
    **HEAT_MAP_PAGES,
    # one's own house
    **HOME_PAGES,
    "entsperren": "/entsperren",
    # where heat is lost
    **FAULT_PAGES,
    # weather
    "wetter": "/wetter",
    # what is published
    **NUMBERS_PAGES,
    # tomorrow's heat
    **furnish_load.PAGES,
}


# Pages that a route opens to more people than see them as they are meant.
ADMINISTRATORS: frozenset[str] = COORDINATED | {PAPER_PAGES["pult-druck-dank"]}

# What the visit of a page keeps, by the page's path (`tests.signed_in` signs in where it needs be).
KEPT: dict[str, dict[str, tuple[str, ...]]] = {
    **COURSE_KEPT,
    **DESK_KEPT,
    **furnish_access.KEPT,
    **VOLUNTEER_KEPT,
    **BOARD_KEPT,
    **PAPER_KEPT,
    **WARD_KEPT,
    **PEOPLE_KEPT,
    **CASE_KEPT,
    **HOME_KEPT,
}

# Whose card opens a page, by its path.
CARDS: dict[str, str] = {**PEOPLE_CARDS, **WARD_CARDS, **HOME_CARDS, **ASKED_CARDS}


@contextmanager
def served(app: Flask, threads: int = THREADS) -> Iterator[int]:
    """Serve an application as `edge.web.server` does, on a free port of loopback; the port."""
    place = socket.create_server(("127.0.0.1", 0))
    sockets: dict[int, wasyncore.dispatcher] = {}
    server = create_server(app, map=sockets, sockets=[place], threads=threads, **LIVE, **PROXIED)
    stop = threading.Event()

    def loop() -> None:
        while not stop.is_set():
            wasyncore.loop(timeout=0.1, use_poll=True, map=sockets, count=1)

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield place.getsockname()[1]
    finally:
        stop.set()
        thread.join()
        if "help" in app.blueprints:  # the county's pages have no streams
            stop_live(app)
        server.task_dispatcher.shutdown()
        wasyncore.close_all(map=sockets)
        server.close()


def hall_app(folder: Path) -> Flask:
    """Return the application of a furnished village at a fixed moment."""
    config = furnished(folder)
    config = replace(config, datasette=replace(config.datasette, base_url="/daten/"))
    app = create_app(config, FixedClock(NOW_MS, TimeQuality.SYNCHRONISED))
    app.extensions["hall"] = config
    call_for_help(app)
    call_somebody(app)
    return app


def _near(address: str, name: str, bars: int) -> dict[str, object]:
    kind, distance = "Blutdruckmessgerät", "ganz nah" if bars > 3 else "im Raum"
    found = {"address": address, "name": name, "kind": kind, "bars": bars, "distance": distance}
    return {**found, "advert": bars < 4}


def _measure(village: VillageStore) -> None:
    hall = village.device("mbus:KAM-1", meter_id="halle-1", seen_at=NOW_MS - 200_000)
    start, energy = NOW - timedelta(hours=48), 0.0
    rows = []
    for n in range(48 * 4):
        moment = start + n * timedelta(minutes=15)
        kw = 4.0 + 6.0 * (6 <= moment.hour < 10) + 3.5 * (15 <= moment.hour < 20) + n % 7 * 0.3
        energy += kw / 4
        rows.append(
            MeterRow(
                round(moment.timestamp() * 1000), hall, TimeQuality.SYNCHRONISED, 1,
                energy_kwh=round(energy), power_kw=kw, flow_temperature_degc=68.0,
                return_temperature_degc=44.0,
            )
        )  # fmt: skip
    village.add_round(rows)
