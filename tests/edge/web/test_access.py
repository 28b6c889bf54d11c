"""Who may open which page: every route with everybody, and what a visit is worth after its end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter, Rule
from werkzeug.test import TestResponse

from edge.access.role import Role, Way
from edge.access.sessions import SIGNED_IN, Bearer
from edge.clock import FixedClock
from edge.config import Config, load
from edge.store.setup import create
from edge.store.village import VillageStore
from edge.web.access import (
    COOKIE,
    access_of,
    is_for_accounts,
    open_blueprint,
    open_to,
    sessions_of,
    visit,
)
from edge.web.app import create_app
from tests.signed_in import PASSWORD, prepare, sign_in, token_for

NOW_MS = 1_795_447_440_000
ALL = frozenset(Role)
HELPERS = frozenset({Role.VOLUNTEER, Role.ADMINISTRATOR})
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})
CARERS = frozenset({Role.CARER})
ACCOUNTS = frozenset(Role) - {Role.VILLAGER}

STREAMS = {"help.stream", "desk_help.stream", "care.stream", "care_alerts.stream"}

# Who may what, line by line: a route without a line, or a line without a route, fails.
WHO = {
    # everybody
    "static": ALL,
    "hall.board": ALL,
    "hall.stick": ALL,
    "home.mine": ALL,
    "home.beside": ALL,
    "home.anew": ALL,
    "home.change": ALL,
    "home.address": ALL,
    "home.look_up": ALL,
    "home.house": ALL,
    "home.house_said": ALL,
    "home.heating": ALL,
    "home.heating_said": ALL,
    "home.bills": ALL,
    "home.bill_said": ALL,
    "home.bill_gone": ALL,
    "home.check": ALL,
    "home.save": ALL,
    "home.ask": ALL,
    "home.erase": ALL,
    "home.sums": ALL,
    "home.join": ALL,
    "home.leave": ALL,
    "hall.alarms": ALL,
    "hall.health": ALL,
    "design.show": ALL,
    "reach.choose": ALL,
    "reach.language": ALL,
    "reach.done": ALL,
    "reach.goodbye": ALL,
    "reach.tongues": ALL,
    "reach.aloud": ALL,
    "reach.sound": ALL,
    "sign_in.start": ALL,
    "sign_in.card": ALL,
    "sign_in.password": ALL,
    "sign_in.by_password": ALL,
    "sign_in.pictures": ALL,
    "sign_in.pick": ALL,
    "sign_in.set_up": ALL,
    "sign_in.make_first": ALL,
    # everybody: courses, slips, lending, the board, learning, what a certificate is worth
    "board_slips.enter": ALL,
    "board_slips.mine": ALL,
    "board_slips.remove": ALL,
    "check.check": ALL,
    "check.form": ALL,
    "check.name": ALL,
    "check.result": ALL,
    "check.revoked": ALL,
    "courses.calendar": ALL,
    "courses.catalogue": ALL,
    "courses.county": ALL,
    "courses.county_calendar": ALL,
    "courses.course": ALL,
    "courses.course_calendar": ALL,
    "courses.form": ALL,
    "courses.sign_up": ALL,
    "feeds.ics": ALL,
    "feeds.rss": ALL,
    "help.call": ALL,
    "help.page": ALL,
    "help.stand": ALL,
    "help.stream": ALL,
    "help.waiting": ALL,
    "help.withdraw": ALL,
    "hours.hours": ALL,
    "learn.book": ALL,
    "learn.captions": ALL,
    "learn.exercise": ALL,
    "learn.exercise_file": ALL,
    "learn.file": ALL,
    "learn.material": ALL,
    "learn.note": ALL,
    "learn.player_file": ALL,
    "learn.read": ALL,
    "learn.shelf": ALL,
    "lending.ask": ALL,
    "lending.asset": ALL,
    "lending.cancel": ALL,
    "lending.devices": ALL,
    "lending.enter": ALL,
    "lending.form": ALL,
    "lending.look_up": ALL,
    "lending.reserve": ALL,
    "lending.rooms": ALL,
    "lending.slip": ALL,
    "lending.start": ALL,
    "market.form": ALL,
    "market.market": ALL,
    "market.write": ALL,
    "notices.events": ALL,
    "notices.form": ALL,
    "notices.propose": ALL,
    "own_values.values": ALL,
    "relatives.values": ALL,
    "slips.accept": ALL,
    "slips.ask": ALL,
    "slips.cancel": ALL,
    "slips.card": ALL,
    "unlock.ask": ALL,
    "unlock.open_": ALL,
    "slips.enter": ALL,
    "slips.let_pass": ALL,
    "slips.look_up": ALL,
    "slips.look_up_card": ALL,
    "slips.slip": ALL,
    "slips.told": ALL,
    "village_numbers.numbers": ALL,
    "weather.weather": ALL,
    # the heat cadastre's map and completeness
    "heat_map.blocks": frozenset({Role.OFFICIAL, Role.ADMINISTRATOR}),
    "heat_map.streets": frozenset({Role.OFFICIAL, Role.ADMINISTRATOR}),
    "heat_quality.shown": frozenset({Role.OFFICIAL, Role.ADMINISTRATOR}),
    "scenario.numbers": frozenset({Role.OFFICIAL, Role.ADMINISTRATOR}),
    "scenario.shown": frozenset({Role.OFFICIAL, Role.ADMINISTRATOR}),
    "scenario.table": frozenset({Role.OFFICIAL, Role.ADMINISTRATOR}),
    # whoever is signed in
    "own_account.mine": ACCOUNTS,
    "own_account.change_password": ACCOUNTS,
    "own_account.choose_pictures": ACCOUNTS,
    "own_account.change_pictures": ACCOUNTS,
    "video.enter": ALL,
    "video.join": ALL,
    "video.leave": ALL,
    "video.listen": ALL,
    "video.over": ALL,
    "video.room": ALL,
    "video.speak": ALL,
    # who cares: by password, and each page asks for a consent besides
    "care.overview": CARERS,
    "care.round": CARERS,
    "care.stream": CARERS,
    "care.tiles": CARERS,
    "care_alerts.alert": CARERS,
    "care_alerts.close": CARERS,
    "care_alerts.hand_over": CARERS,
    "care_alerts.inbox": CARERS,
    "care_alerts.listed": CARERS,
    "care_alerts.past": CARERS,
    "care_alerts.stream": CARERS,
    "care_alerts.take": CARERS,
    "care_client.client": CARERS,
    "care_devices.ask": CARERS,
    "care_devices.confirm": CARERS,
    "care_devices.devices": CARERS,
    "care_devices.hand_out": CARERS,
    "care_devices.take_back": CARERS,
    "care_handover.paper": CARERS,
    "care_handover.write": CARERS,
    "care_plan.ask_limit": CARERS,
    "care_plan.ask_measure": CARERS,
    "care_plan.ask_pause": CARERS,
    "care_plan.end_pause": CARERS,
    "care_plan.limit": CARERS,
    "care_plan.measure": CARERS,
    "care_plan.measure_no_more": CARERS,
    "care_plan.pause": CARERS,
    "care_plan.plan": CARERS,
    "care_relatives.give": CARERS,
    "care_relatives.paper": CARERS,
    "care_relatives.printed": CARERS,
    "care_relatives.relatives": CARERS,
    "care_relatives.take": CARERS,
    "care_consents.ask": CARERS,
    "care_consents.choose": CARERS,
    "care_consents.chosen": CARERS,
    "care_consents.give": CARERS,
    "care_consents.sentence": CARERS,
    "care_consents.withdraw": CARERS,
    "care_contacts.add": CARERS,
    "care_contacts.change": CARERS,
    "care_contacts.contact": CARERS,
    "care_contacts.contacts": CARERS,
    "care_contacts.forget": CARERS,
    "care_people.add": CARERS,
    "care_people.book": CARERS,
    "care_people.change": CARERS,
    "care_people.give_card": CARERS,
    "care_people.member": CARERS,
    "care_people.paper": CARERS,
    "care_people.people": CARERS,
    "care_people.person": CARERS,
    "care_people.place": CARERS,
    "care_people.printed": CARERS,
    "care_people.put": CARERS,
    "care_people.take_card": CARERS,
    "care_people.take_out": CARERS,
    "own_book.book": ALL,
    "care_video.agree": CARERS,
    "care_video.call": CARERS,
    "care_video.calls": CARERS,
    "care_video.room": CARERS,
    "care_cases.add_picture": CARERS,
    "care_cases.agree": CARERS,
    "care_cases.begin": CARERS,
    "care_cases.case": CARERS,
    "care_cases.cases": CARERS,
    "care_cases.change": CARERS,
    "care_cases.close": CARERS,
    "care_cases.discard": CARERS,
    "care_cases.forget_refused": CARERS,
    "care_cases.new": CARERS,
    "care_cases.note_practice": CARERS,
    "care_cases.picture": CARERS,
    "care_cases.practices": CARERS,
    "care_cases.remove_picture": CARERS,
    "care_cases.seal": CARERS,
    "care_cases.take_along": CARERS,
    "care_cases.take_answer": CARERS,
    # who helps in the house
    "hall.street": HELPERS,
    "pairing.sensors": HELPERS | CARERS,
    "pairing.start_look": HELPERS | CARERS,
    "pairing.look": HELPERS | CARERS,
    "pairing.start_pairing": HELPERS | CARERS,
    "pairing.progress": HELPERS | CARERS,
    "pairing.give_code": HELPERS | CARERS,
    "pairing.give_name": HELPERS | CARERS,
    "pairing.ask_unpair": HELPERS | CARERS,
    "pairing.unpair": HELPERS | CARERS,
    "pairing.scale_users": HELPERS | CARERS,
    "pairing.register_user": HELPERS | CARERS,
    "pairing.enter_code": HELPERS | CARERS,
    "pairing.tell_scale": HELPERS | CARERS,
    "pairing.forget_user": HELPERS | CARERS,
    "pairing.user_progress": HELPERS | CARERS,
    # who helps at the desk
    "desk.seen": HELPERS,
    "desk.today": HELPERS,
    "desk.told": HELPERS,
    "desk_cards.block": HELPERS,
    "desk_cards.cards": HELPERS,
    "desk_cards.find": HELPERS,
    "desk_cards.give": HELPERS,
    "desk_cards.paper": HELPERS,
    "desk_cards.printed": HELPERS,
    "desk_checkin.choose": HELPERS,
    "desk_checkin.scan": HELPERS,
    "desk_checkin.session": HELPERS,
    "desk_checkin.tick": HELPERS,
    "desk_checkin.walk_in": HELPERS,
    "desk_courses.ask_cancel": HELPERS,
    "desk_courses.ask_copy": HELPERS,
    "desk_courses.cancel": HELPERS,
    "desk_courses.copy": HELPERS,
    "desk_courses.course": HELPERS,
    "desk_courses.courses": HELPERS,
    "desk_courses.create": HELPERS,
    "desk_courses.new": HELPERS,
    "desk_courses.publish": HELPERS,
    "desk_courses.withdraw": HELPERS,
    "desk_editor.part": HELPERS,
    "desk_editor.save": HELPERS,
    "desk_list.accept": HELPERS,
    "desk_list.ask_cancel": HELPERS,
    "desk_list.cancel": HELPERS,
    "desk_list.form": HELPERS,
    "desk_list.let_pass": HELPERS,
    "desk_list.offer": HELPERS,
    "desk_list.paper": HELPERS,
    "desk_list.participants": HELPERS,
    "desk_list.signup": HELPERS,
    "desk_list.slip": HELPERS,
    "desk_load.load": HELPERS,
    "desk_places.add_free_days": HELPERS,
    "desk_places.add_trainer": HELPERS,
    "desk_places.places": HELPERS,
    "desk_places.put_room": HELPERS,
    "desk_places.put_season": HELPERS,
    "desk_places.remove_free_days": HELPERS,
    "desk_places.room": HELPERS,
    "desk_places.season": HELPERS,
    "desk_report.report": HELPERS,
    "desk_report.table": HELPERS,
    "desk_sessions.delete": HELPERS,
    "desk_sessions.drop": HELPERS,
    "desk_sessions.move": HELPERS,
    "desk_sessions.series": HELPERS,
    "desk_sessions.session": HELPERS,
    "desk_sessions.sessions": HELPERS,
    # the rota is for administrators and volunteers that coordinate it, whom no role tells
    # who helps at the desk: the board, lending, the rota, papers, materials
    "desk_assets.add": HELPERS,
    "desk_assets.asset": HELPERS,
    "desk_assets.assets": HELPERS,
    "desk_assets.edit": HELPERS,
    "desk_assets.new": HELPERS,
    "desk_assets.put": HELPERS,
    "desk_certificates.ask_revoke": HELPERS,
    "desk_certificates.course": HELPERS,
    "desk_certificates.courses": HELPERS,
    "desk_certificates.document": HELPERS,
    "desk_certificates.give": HELPERS,
    "desk_certificates.one_pdf": HELPERS,
    "desk_certificates.paper": HELPERS,
    "desk_certificates.papers": HELPERS,
    "desk_certificates.pdf": HELPERS,
    "desk_certificates.print_all": HELPERS,
    "desk_certificates.print_one": HELPERS,
    "desk_certificates.revoke": HELPERS,
    "desk_certificates.threshold": HELPERS,
    "desk_faults.faults": HELPERS | {Role.OFFICIAL},
    "desk_help.calls": HELPERS,
    "desk_help.close": HELPERS,
    "desk_help.flag": HELPERS,
    "desk_help.give_back": HELPERS,
    "desk_help.queue": HELPERS,
    "desk_help.stream": HELPERS,
    "desk_help.take": HELPERS,
    "desk_hours.place": HELPERS,
    "desk_hours.places": HELPERS,
    "desk_hours.put": HELPERS,
    "desk_hours.remove": HELPERS,
    "desk_lending.board": HELPERS,
    "desk_lending.cancel": HELPERS,
    "desk_lending.extend": HELPERS,
    "desk_lending.hand_out": HELPERS,
    "desk_lending.loan": HELPERS,
    "desk_lending.scan": HELPERS,
    "desk_lending.take_back": HELPERS,
    "desk_market.decide": HELPERS,
    "desk_market.entry": HELPERS,
    "desk_market.market": HELPERS,
    "desk_notices.decide": HELPERS,
    "desk_notices.hang": HELPERS,
    "desk_notices.new": HELPERS,
    "desk_notices.notice": HELPERS,
    "desk_notices.notices": HELPERS,
    "desk_notices.poster": HELPERS,
    "desk_people.add": ADMINISTRATORS,
    "desk_people.add_hours": ADMINISTRATORS,
    "desk_people.add_kind": ADMINISTRATORS,
    "desk_people.change": ADMINISTRATORS,
    "desk_people.confirm": ADMINISTRATORS,
    "desk_people.drop": ADMINISTRATORS,
    "desk_people.erase": ADMINISTRATORS,
    "desk_people.hold": ADMINISTRATORS,
    "desk_people.hours": ADMINISTRATORS,
    "desk_people.people": ADMINISTRATORS,
    "desk_people.person": ADMINISTRATORS,
    "desk_people.thanks": ADMINISTRATORS,
    "desk_people.unlink": ADMINISTRATORS,
    "desk_print.centre": HELPERS,
    "desk_print.course": HELPERS,
    "desk_print.course_pdf": HELPERS,
    "desk_print.of_course": HELPERS,
    "desk_print.print_course": HELPERS,
    "desk_print.print_report": HELPERS,
    "desk_print.print_rota": HELPERS,
    "desk_print.print_slip": HELPERS,
    "desk_print.report": HELPERS,
    "desk_print.report_pdf": HELPERS,
    "desk_print.rota": HELPERS,
    "desk_print.rota_pdf": HELPERS,
    "desk_print.slip": HELPERS,
    "desk_print.slip_pdf": HELPERS,
    "desk_rota.add": ADMINISTRATORS,
    "desk_rota.cancel": ADMINISTRATORS,
    "desk_rota.edit": ADMINISTRATORS,
    "desk_rota.join": HELPERS,
    "desk_rota.keep": HELPERS,
    "desk_rota.leave": HELPERS,
    "desk_rota.new": ADMINISTRATORS,
    "desk_rota.offer": HELPERS,
    "desk_rota.plan": HELPERS,
    "desk_rota.put_on": ADMINISTRATORS,
    "desk_rota.rota": HELPERS,
    "desk_rota.shift": ADMINISTRATORS,
    "desk_rota.sign_up": HELPERS,
    "desk_rota.take": HELPERS,
    "desk_rota.take_off": ADMINISTRATORS,
    "desk_thanks.pdf": ADMINISTRATORS,
    "desk_thanks.send": ADMINISTRATORS,
    "desk_thanks.thanks": ADMINISTRATORS,
    "material_desk.add_piece": HELPERS,
    "material_desk.ask": HELPERS,
    "material_desk.begin_upload": HELPERS,
    "material_desk.edit": HELPERS,
    "material_desk.finish_upload": HELPERS,
    "material_desk.forget_refused": HELPERS,
    "material_desk.hide": HELPERS,
    "material_desk.progress": HELPERS,
    "material_desk.remove": HELPERS,
    "material_desk.save": HELPERS,
    "material_desk.shelf": HELPERS,
    "material_desk.start": HELPERS,
    "material_desk.stick": HELPERS,
    # who gives accounts
    "accounts.accounts": ADMINISTRATORS,
    "accounts.give": ADMINISTRATORS,
    "accounts.issued": ADMINISTRATORS,
    "accounts.issued_done": ADMINISTRATORS,
    "accounts.account": ADMINISTRATORS,
    "accounts.rename": ADMINISTRATORS,
    "accounts.set_roles": ADMINISTRATORS,
    "accounts.new_card": ADMINISTRATORS,
    "accounts.start_word": ADMINISTRATORS,
    "accounts.block": ADMINISTRATORS,
    "accounts.unblock": ADMINISTRATORS,
}


@pytest.fixture(autouse=True)
def _quick_argon2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.access.secret.MEMORY_KIB", 8)
    monkeypatch.setattr("edge.access.secret.PASSES", 1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW_MS)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "hub.toml"
    file.write_text('[hub]\nname = "Haus"\nvillage = "Holzheim"\n', "utf-8")
    config = load(file)
    create(config)
    return config


@pytest.fixture
def app(config: Config, clock: FixedClock) -> Flask:
    """A hub that has an administrator."""
    app = create_app(config, clock)
    access_of(app).office.give_nameless({Role.ADMINISTRATOR})
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def led_to_sign_in(answer: TestResponse) -> bool:
    where = answer.headers.get("Location", "")
    return answer.status_code == 303 and where.startswith(("/anmelden", "/einrichten"))


def address(app: Flask, rule: Rule) -> str:
    """Return an address of a route where no number, device or file exists."""
    values = {
        name: "9999" if isinstance(converter, IntegerConverter) else "gibt-es-nicht"
        for name, converter in rule._converters.items()
    }
    return app.url_map.bind("localhost").build(rule.endpoint, values)


def test_every_route_has_a_line_and_every_line_a_route(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(WHO)


@pytest.mark.parametrize("role", [None, *Role])
def test_every_route_with_every_role(app: Flask, role: Role | None) -> None:
    """Nobody (None), a villager with a card, and each kind of account, alone and by password."""
    bearer = Bearer(card=b"a card") if role is Role.VILLAGER else None
    if role is not None and bearer is None:
        number = access_of(app).office.give_nameless({role}).account
        account = access_of(app).office.account(number).account
        bearer = Bearer(
            number, account.handle, "", frozenset({role}), Way.PASSWORD, account.revision
        )
    office_says_stop = {"sign_in.set_up", "sign_in.make_first"}  # 404 once there is one
    wrong = []
    for rule in app.url_map.iter_rules():
        path = address(app, rule)
        for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"}):
            client = app.test_client()
            if bearer is not None:
                client.set_cookie(COOKIE, sessions_of(app).begin(0.0, bearer))
            # what streams goes on for minutes: that it begins says enough
            answer = client.open(path, method=method, buffered=rule.endpoint not in STREAMS)
            if rule.endpoint in STREAMS:
                answer.close()
            may = (role or Role.VILLAGER) in WHO[rule.endpoint]
            turned_away = answer.status_code == 403 or (
                led_to_sign_in(answer) and not rule.endpoint.startswith("sign_in.")
            )
            if may == turned_away or answer.status_code >= 500 + 10 * may:
                wrong.append((rule.endpoint, method, answer.status_code))
            if not may and answer.status_code not in (303, 403):
                wrong.append((rule.endpoint, method, answer.status_code))
            if rule.endpoint in office_says_stop:
                assert answer.status_code == 404
    assert wrong == [], wrong


def test_a_number_that_no_database_takes_is_no_page(app: Flask) -> None:
    boss = sign_in(app.test_client(), *(one for one in Role if one is not Role.VILLAGER))
    big = 10**25
    for path in (
        f"/kurse/{big}", f"/zettel/{big}", f"/lernen/{big}", f"/ausleihe/{big}",
        f"/pult/dienste/{big}", f"/pult/einlass/{big}", f"/pult/bescheinigungen/{big}",
        f"/pult/druck/dank/1/{big}", f"/pult/zugaenge/{big}",
    ):  # fmt: skip
        assert boss.get(path).status_code == 404, path
    assert boss.get(f"/pult/einlass/{10**17}").status_code != 500


def test_a_view_that_nothing_says_of_is_nobodys(app: Flask) -> None:
    pages = Blueprint("neu", __name__)
    pages.add_url_rule("/neu", view_func=lambda: "geheim", endpoint="neu")
    pages.add_url_rule("/offen", view_func=open_to(Role.VILLAGER)(lambda: "offen"), endpoint="o")
    other = Blueprint("pflege", __name__)
    open_blueprint(other, Role.CARER)
    other.add_url_rule("/sorge", view_func=lambda: "geheim", endpoint="p")
    app.register_blueprint(pages)
    app.register_blueprint(other)
    app.add_url_rule("/lose", view_func=lambda: "geheim", endpoint="lose")
    for client in (app.test_client(), sign_in(app.test_client(), *ACCOUNTS)):
        for path in ("/neu", "/lose"):
            answer = client.get(path)
            assert answer.status_code == 403
            assert b"geheim" not in answer.data
            assert client.post(path).status_code == 405
        assert client.get("/offen").data == b"offen"
    assert led_to_sign_in(app.test_client().get("/sorge"))
    assert sign_in(app.test_client(), Role.ADMINISTRATOR).get("/sorge").status_code == 403
    assert sign_in(app.test_client(), Role.CARER).get("/sorge").data == b"geheim"


class TestArriving:
    def test_a_fresh_hub_leads_to_its_set_up(self, config: Config, clock: FixedClock) -> None:
        app = create_app(config, clock)
        client = app.test_client()
        for path in ("/geraete", "/geraete/koppeln", "/pult/mein", "/pult/zugaenge"):
            answer = client.get(path)
            assert answer.headers["Location"] == "/einrichten"
        form = {
            "code": access_of(app).office.first_code(),
            "person": "Chris Ott",
            "passwort": PASSWORD,
            "noch-einmal": PASSWORD,
        }
        assert client.post("/einrichten", data={**form, "noch-einmal": "x"}).status_code == 422
        assert "code" in client.post("/einrichten", data={**form, "code": "AAA"}).text
        answer = client.post("/einrichten", data=form)
        assert answer.headers["Location"] == "/pult/mein?neu=1"
        page = client.get("/pult/mein?neu=1").text
        assert "Der Hub ist eingerichtet" in page
        assert "Angemeldet: Chris Ott" in page
        assert client.get("/pult/zugaenge").status_code == 200
        assert app.test_client().get("/einrichten").status_code == 404
        assert app.test_client().post("/einrichten", data=form).status_code == 404

    def test_one_lands_where_one_wanted_to_go(self, app: Flask, client: FlaskClient) -> None:
        issued = access_of(app).office.give_nameless({Role.VOLUNTEER})
        answer = client.get("/geraete/koppeln/suche/3?halt=1")
        where = answer.headers["Location"]
        assert where == "/anmelden?ziel=/geraete/koppeln/suche/3?halt%3D1"
        found = re.search(r'name="ziel" value="([^"]+)"', client.get(where).text)
        assert found is not None
        answer = client.post("/anmelden", data={"karte": issued.card, "ziel": found[1]})
        assert answer.headers["Location"] == "/geraete/koppeln/suche/3?halt=1"
        answer = app.test_client().post(
            "/geraete/koppeln/suche", headers={"Referer": "http://localhost/geraete/koppeln?x=1"}
        )
        assert answer.headers["Location"] == "/anmelden?ziel=/geraete/koppeln"
        answer = app.test_client().post("/geraete/koppeln/suche")
        assert answer.headers["Location"] == "/anmelden"

    @pytest.mark.parametrize(
        "target",
        ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere", "javascript:x", "",
         "/gibt-es-nicht", "/geraete/koppeln/neu", "/" + "a" * 600, "/geraete\r\nX: y"],
    )  # fmt: skip
    def test_nobody_is_sent_elsewhere(self, app: Flask, client: FlaskClient, target: str) -> None:
        issued = access_of(app).office.give_nameless({Role.VOLUNTEER})
        for page in ("/anmelden", "/anmelden/passwort", "/anmelden/bilder"):
            html = client.get(page, query_string={"ziel": target}).text
            assert "elsewhere" not in html.partition('<nav class="reach"')[0]
        answer = client.post("/anmelden", data={"karte": issued.card, "ziel": target})
        assert answer.headers["Location"] in ("/pult", "/pult/mein")

    def test_three_pictures_one_after_the_other(self, app: Flask, client: FlaskClient) -> None:
        access = access_of(app)
        issued = access.office.give_nameless({Role.VOLUNTEER})
        bearer = access.door.by_card(issued.card)
        access.office.change_pictures(bearer, ("boot", "apfel", "stern"))
        page = "/anmelden/bilder"
        client.post(page, data={"name": issued.handle, "ziel": "/geraete"})
        before = client.get_cookie(COOKIE)
        for picks in (("boot", "apfel", "mond"), ("boot", "apfel", "apfel", "quatsch", "stern")):
            for pick in picks:
                answer = client.post(page, data={"bild": pick, "ziel": "/geraete"})
        assert answer.headers["Location"] == "/geraete"
        after = client.get_cookie(COOKIE)
        assert before is not None
        assert after is not None
        assert before.value != after.value
        assert client.get("/geraete").status_code == 200

    def test_a_card_is_not_enough_for_everything(self, app: Flask, client: FlaskClient) -> None:
        issued = access_of(app).office.give_nameless({Role.ADMINISTRATOR})
        client.post("/anmelden", data={"karte": issued.card})
        assert client.get("/geraete").status_code == 200
        where = client.get("/pult/zugaenge").headers["Location"]
        assert where == "/anmelden/passwort?ziel=/pult/zugaenge"
        assert "allein nicht" in client.get(where).text
        form = {"name": issued.handle, "passwort": issued.start_word, "ziel": "/pult/zugaenge"}
        assert client.post("/anmelden/passwort", data=form).status_code == 303
        assert client.get("/pult/zugaenge").headers["Location"] == "/pult/mein"
        assert "eigenes Passwort" in client.get("/pult/mein").text

    def test_waiting_is_told_in_words(self, client: FlaskClient) -> None:
        for _ in range(5):
            answer = client.post("/anmelden/passwort", data={"name": "Amsel", "passwort": "x"})
            assert answer.status_code == 422
        answer = client.post("/anmelden/passwort", data={"name": "Amsel", "passwort": "x"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
        assert "Bitte warten Sie noch 30 Sekunden." in answer.text
        assert 'value="Amsel"' in answer.text

    def test_who_is_signed_in_stands_on_every_page_with_the_way_out(
        self, client: FlaskClient
    ) -> None:
        sign_in(client)
        for path in ("/", "/hilfe", "/gibt-es-nicht", "/geraete", "/design"):
            page = client.get(path).text
            assert re.search(r"Angemeldet: \w+", page)
            assert 'form="fertig"' in page.partition('class="page"')[0]


class TestEnding:
    """A cookie that somebody else kept is worth nothing after the visit's end."""

    def opens(self, app: Flask, token: str) -> bool:
        client = app.test_client()
        client.set_cookie(COOKIE, token)
        return client.get("/geraete").status_code == 200

    def test_a_stolen_cookie_is_worth_nothing_after_fertig(self, app: Flask) -> None:
        client = sign_in(app.test_client())
        cookie = client.get_cookie(COOKIE)
        assert cookie is not None
        assert self.opens(app, cookie.value)
        answer = client.post("/fertig")
        assert client.get_cookie(COOKIE) is None
        assert "HttpOnly" in "".join(answer.headers.getlist("Set-Cookie"))
        assert not self.opens(app, cookie.value)
        assert len(sessions_of(app)) == 0

    def test_nobody_lays_a_visit_for_others(self, app: Flask, client: FlaskClient) -> None:
        issued = access_of(app).office.give_nameless({Role.VOLUNTEER})
        laid = sessions_of(app).begin(0.0)  # a visit that an attacker knows
        for token in (laid, "erfunden"):
            client.set_cookie(COOKIE, token)
            client.post("/anmelden", data={"karte": issued.card})
            cookie = client.get_cookie(COOKIE)
            assert cookie is not None
            assert cookie.value != token
            assert not self.opens(app, token)

    def test_nothing_of_the_visit_before_is_carried_over(self, app: Flask) -> None:
        pages = Blueprint("meins", __name__)
        open_blueprint(pages, Role.VILLAGER)

        @pages.get("/meins")
        def mine() -> str:
            return ",".join(visit().kept("zettel")) or "nichts"

        @pages.get("/merken")
        def keep() -> str:
            visit().keep("zettel", "234-567")
            return ""

        app.register_blueprint(pages)
        client = app.test_client()
        assert client.get("/meins").data == b"nichts"
        assert client.get_cookie(COOKIE) is None
        client.get("/merken")
        assert client.get("/meins").data == b"234-567"
        sign_in(client)
        assert client.get("/meins").data == b"nichts"

    def test_a_blocked_account_ends_at_once(self, app: Flask, config: Config) -> None:
        token = token_for(app)
        assert self.opens(app, token)
        with VillageStore(config.hub.village_db) as village:  # as the command line does
            village.block(max(one.account for one in village.accounts()), NOW_MS)
        assert not self.opens(app, token)
        assert not self.opens(app, token)

    @pytest.mark.parametrize("what", ["aufgaben", "karte", "startwort", "sperren"])
    def test_whatever_an_administrator_changes_ends_the_others_visits(
        self, app: Flask, what: str
    ) -> None:
        access = access_of(app)
        issued = access.office.give_nameless({Role.VOLUNTEER})
        volunteer = app.test_client()
        volunteer.post("/anmelden", data={"karte": issued.card})
        assert volunteer.get("/geraete").status_code == 200
        boss = sign_in(app.test_client(), Role.ADMINISTRATOR)
        revision = access.office.account(issued.account).account.revision
        form = {"rollen": ["volunteer", "official"], "stand": revision}
        answer = boss.post(f"/pult/zugaenge/{issued.account}/{what}", data=form)
        assert answer.status_code == 303
        assert led_to_sign_in(volunteer.get("/geraete"))
        assert boss.get("/pult/zugaenge").status_code == 200

    def test_a_visit_ends_by_itself(self, app: Flask, clock: FixedClock) -> None:
        token = token_for(app)
        clock.advance(round(SIGNED_IN.idle_s * 1000) - 1)
        assert self.opens(app, token)
        clock.advance(round(SIGNED_IN.idle_s * 1000))
        assert not self.opens(app, token)

    def test_a_changed_password_ends_all_other_visits(self, app: Flask) -> None:
        client = sign_in(app.test_client(), Role.ADMINISTRATOR)
        cookie = client.get_cookie(COOKIE)
        assert cookie is not None
        form = {
            "alt": PASSWORD,
            "passwort": "Ganz anderes Wort",
            "noch-einmal": "Ganz anderes Wort",
        }
        assert client.post("/pult/mein/passwort", data={**form, "alt": "x"}).status_code == 422
        assert client.post("/pult/mein/passwort", data=form).status_code == 303
        assert client.get("/pult/zugaenge").status_code == 200
        assert not self.opens(app, cookie.value)

    @pytest.mark.parametrize("secure", [False, True])
    def test_the_cookie_is_for_us_alone(self, app: Flask, secure: bool) -> None:  # noqa: FBT001
        issued = access_of(app).office.give_nameless({Role.VOLUNTEER})
        base = "https://hub.lan" if secure else "http://hub.lan"
        answer = app.test_client().post("/anmelden", data={"karte": issued.card}, base_url=base)
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith(f"{COOKIE}=")
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/" in cookie
        assert ("Secure" in cookie) == secure
        assert "expires" not in cookie.lower()
        assert "max-age" not in cookie.lower()


class TestForeignForms:
    FOREIGN = (
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8081"},  # the open data are on the same host
        {"Origin": "http://localhost.elsewhere.example"},
        {"Referer": "https://elsewhere.example/x"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    )

    @pytest.mark.parametrize("headers", FOREIGN)
    def test_they_change_nothing(self, app: Flask, headers: dict[str, str]) -> None:
        client = sign_in(app.test_client())
        for path in ("/geraete/koppeln/suche", "/anmelden", "/pult/mein/passwort", "/fertig"):
            assert client.post(path, headers=headers).status_code == 403
        assert client.get("/geraete").status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [{}, {"Origin": "http://localhost"}, {"Referer": "http://localhost/geraete"},
         {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}],
    )  # fmt: skip
    def test_ours_are_taken(self, app: Flask, headers: dict[str, str]) -> None:
        client = sign_in(app.test_client())
        assert client.post("/geraete/koppeln/suche", headers=headers).status_code == 303

    def test_a_plain_page_of_the_same_name_is_foreign_to_a_secure_one(self, app: Flask) -> None:
        for origin, status in (("http://hub.lan", 403), ("https://hub.lan", 303)):
            answer = app.test_client().post(
                "/fertig", base_url="https://hub.lan", headers={"Origin": origin}
            )
            assert answer.status_code == status


class TestAccounts:
    @pytest.fixture
    def boss(self, app: Flask) -> FlaskClient:
        return sign_in(app.test_client(), Role.ADMINISTRATOR)

    def test_an_account_is_given_and_its_card_shown_once(self, boss: FlaskClient) -> None:
        form = {"person": "<b>Şükrü</b> Öztürk", "rollen": ["volunteer", "carer"]}
        answer = boss.post("/pult/zugaenge", data=form)
        assert answer.headers["Location"] == "/pult/zugaenge/ausgabe"
        page = boss.get("/pult/zugaenge/ausgabe").text
        assert "&lt;b&gt;Şükrü&lt;/b&gt; Öztürk" in page
        assert "<svg" in page
        assert re.search(r'class="code">(\w{3}-){3}\w{3}<', page)
        boss.post("/pult/zugaenge/ausgabe")
        assert boss.get("/pult/zugaenge/ausgabe").headers["Location"] == "/pult/zugaenge"
        assert "&lt;b&gt;Şükrü&lt;/b&gt; Öztürk" in boss.get("/pult/zugaenge").text

    def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
        self, boss: FlaskClient, config: Config
    ) -> None:
        for form in ({"person": "x" * 10_000, "rollen": ["volunteer"]}, {"person": "Jana"}):
            answer = boss.post("/pult/zugaenge", data=form)
            assert answer.status_code == 422
            assert "kern-error" in answer.text
        assert 'value="Jana"' in answer.text
        config.personal.key_file.rename(config.personal.key_file.with_suffix(".away"))
        answer = boss.post("/pult/zugaenge", data={"person": "Jana", "rollen": ["volunteer"]})
        assert answer.status_code == 503
        assert "verschlossen" in answer.text

    def test_two_change_the_same_account(self, app: Flask, boss: FlaskClient) -> None:
        office = access_of(app).office
        issued = office.give_nameless({Role.VOLUNTEER})
        before = office.account(issued.account).account.revision
        path = f"/pult/zugaenge/{issued.account}/aufgaben"
        assert boss.post(path, data={"rollen": ["carer"], "stand": before}).status_code == 303
        answer = boss.post(path, data={"rollen": ["official"], "stand": before})
        assert answer.status_code == 409
        assert "inzwischen geändert" in answer.text
        assert re.search(r'value="official" checked', answer.text)
        assert office.account(issued.account).roles == {Role.CARER}

    def test_the_last_administrator_is_told(self, config: Config, clock: FixedClock) -> None:
        app = create_app(config, clock)
        boss = sign_in(app.test_client(), Role.ADMINISTRATOR)
        (known,) = access_of(app).office.accounts()
        number, stand = known.account.account, known.account.revision
        answer = boss.post(f"/pult/zugaenge/{number}/sperren")
        assert answer.status_code == 422
        assert "letzte Zugang" in answer.text
        form = {"rollen": ["volunteer"], "stand": stand}
        assert boss.post(f"/pult/zugaenge/{number}/aufgaben", data=form).status_code == 422
        assert boss.post("/pult/zugaenge/99/sperren").status_code == 404
        form = {"person": "Chris Ott"}
        assert boss.post(f"/pult/zugaenge/{number}/name", data=form).status_code == 303
        assert "Chris Ott" in boss.get(f"/pult/zugaenge/{number}").text


def test_what_a_page_needs_is_prepared(app: Flask) -> None:
    assert prepare(app.test_client(), "/pult/mein").get("/pult/mein").status_code == 200
    assert prepare(app.test_client(), "/hilfe").get_cookie(COOKIE) is None
    assert is_for_accounts(app, "own_account.mine")
