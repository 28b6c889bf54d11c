"""A season's life through the real pages over HTTP: create, publish, sign up, wait, offer, attend,
certify, report, erase. Villagers have the public pages, a volunteer the desk. What the worker does
by itself is done by its own code, at the time that it is then.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path

from click.testing import CliRunner

from edge.clock import FixedClock
from edge.config import Config, load
from edge.desk import SignupDesk, Vault
from edge.desk.upkeep import upkeep
from edge.learning.moment import to_ms
from edge.store.village import VillageStore
from edge.web.access import access_of
from edge.web.app import create_app
from hardware.reading import TimeQuality
from sync.cli import root
from tests.hall import served
from tests.visitor import Visitor, scanned

ADMINISTRATOR = "Petra Pult"
NAMES = [
    "Erna Weber",
    "Karl Groß",
    "Оксана Шевченко",
    "Ayşe Yılmaz",
    "خديجة",
    "Li Wei",
    "Anna Bach",
]
GOES, WAITS, SELDOM = NAMES[5], NAMES[6], NAMES[4]
FIRST_DAY = date(2026, 10, 6)
COURSE = "Sicher im Netz"


@dataclass
class Hub:
    """A hub whose pages are served, the clock in its hall, and the slips that it gave out."""

    config: Config
    clock: FixedClock
    home: str
    desk: Visitor
    slips: dict[str, str]

    def villager(self) -> Visitor:
        """Return somebody at the terminal, after everybody before has left."""
        return Visitor(self.home)

    def with_slip(self, name: str) -> Visitor:
        """Return somebody who typed the number of their slip."""
        them = self.villager()
        them.go("/zettel")
        them.press("Nachsehen", nummer=self.slips[name])
        assert COURSE in them.words
        assert self.slips[name].replace(" ", "") not in them.at.replace("%20", "")
        return them

    def by_itself(self) -> None:
        """Do what the worker does."""
        with VillageStore(self.config.hub.village_db) as village, Vault.of(self.config) as vault:
            desk = SignupDesk.of(self.config, village, vault, self.clock)
            upkeep(village, vault, desk, self.clock.wall_ms)

    def people(self) -> set[str]:
        """Return whose names are anywhere: in `personal.db`, opened, or in the bytes of a file."""
        found = set()
        with Vault.of(self.config) as vault, vault.open() as personal:
            rows = personal.connection.rows
            tables = [one for (one,) in rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
            cells = [
                cell
                for table in tables
                for row in rows(f'SELECT * FROM "{table}"')  # noqa: S608  # of the schema
                for cell in row
            ]
        found |= _named(one.encode() if isinstance(one, str) else one for one in cells)
        files = [one.read_bytes() for one in self.config.hub.state.rglob("*") if one.is_file()]
        assert any(COURSE.encode() in one for one in files)  # what is no secret is found
        return found | _named(files)


def test_a_season_s_life(tmp_path: Path) -> None:
    _command("init", str(tmp_path), "--name", "Dorfhub Holzheim", "--village", "Holzheim")
    config = load(tmp_path / "hub.toml")
    clock = FixedClock(to_ms(date(2026, 9, 1), time(10)), TimeQuality.SYNCHRONISED)
    app = create_app(config, clock)
    with served(app) as port:
        home = f"http://127.0.0.1:{port}"
        hub = Hub(config, clock, home, Visitor(home), {})
        _begin(hub, access_of(app).office.first_code())
        _create(hub.desk)
        _sign_up(hub)
        _wait_and_accept(hub)
        card = _give_card(hub)
        _attend(hub, card)
        proof = _certify(hub)
        assert hub.people() == {ADMINISTRATOR, *NAMES}
        clock.wall_ms = to_ms(date(2027, 2, 20), time(9))
        hub.by_itself()
        _report(hub.desk)
        assert hub.people() == {ADMINISTRATOR}
        assert "Diese Bescheinigung ist echt" in _checked(hub, proof)  # it holds on paper
        hub.desk.go("/fertig", {})
        hub.desk.go("/pult")
        assert "Heute am Pult" not in hub.desk.page
        clock.wall_ms = to_ms(date(2029, 3, 20), time(9))
        hub.by_itself()
    assert hub.people() == set()


def _begin(hub: Hub, code: str) -> None:
    """The first administrator comes by the code that the command line gave."""
    someone = hub.desk
    someone.go("/pult")
    assert "Heute am Pult" not in someone.page
    someone.go("/einrichten")
    someone.press(
        "Zugang anlegen", code=code, person=ADMINISTRATOR, passwort="kanne birke tunnel",
        **{"noch-einmal": "kanne birke tunnel"},
    )  # fmt: skip
    someone.go("/pult")
    assert "Es gibt keine Saison" in someone.words


def _create(someone: Visitor) -> None:
    someone.go("/pult/raeume/saison")
    someone.press("Saison speichern", name="Herbst", first_day="31.8.2026", last_day="31.1.2027")
    someone.go("/pult/raeume/raum")
    someone.press("Raum speichern", name="Saal", seats="40", access="Ohne Stufen")
    someone.go("/pult/kurse/neu")
    someone.press("Weiter zu den Terminen", title_de=COURSE, summary_de="Für alle.")
    someone.press("Termine ansehen", first_day="6.10.2026", start="18:30", end="20:00", count="3")
    assert "Di 20.10.2026, 18:30 bis 20:00 Uhr, Saal" in someone.words
    someone.press("Ja, speichern")
    someone.press("Speichern und weiter", seats="6", minimum="3", cost_cents="5")
    someone.press("Speichern und weiter", announced_as="Frau Sommer")
    someone.press("Speichern und weiter", area="5", digcomp=["4"])
    someone.press("Speichern und weiter", access="Ohne Stufen")
    someone.press("Veröffentlichen")
    assert "Der Kurs ist veröffentlicht" in someone.words


def _sign_up(hub: Hub) -> None:
    """Everybody signs up at the terminal, until the course is full and one waits."""
    for at, name in enumerate(NAMES):
        them = hub.villager()
        them.go("/kurse")
        assert COURSE in them.words
        them.go("/kurse/1/anmelden")
        button = "Auf die Warteliste" if name == WAITS else "Anmelden"
        filled = {"age_band": "65-" if at < 5 else "50-64", "gender": "w"} if name != GOES else {}
        them.press(button, name=name, phone=f"06031 12{at}" if name == WAITS else "", **filled)
        found = re.search(r"Ihre Nummer ([0-9A-Z ]{11})", them.words)
        assert found is not None, them.words
        hub.slips[name] = found[1]
        mine = "Warteliste: Sie stehen an Stelle 1" if name == WAITS else "Sie haben einen Platz"
        assert mine in them.words
        them.go("/fertig", {})
        them.go("/zettel/1")
        assert found[1] not in them.page
    assert len(set(hub.slips.values())) == len(NAMES)


def _wait_and_accept(hub: Hub) -> None:
    """One cancels; who waits is offered the seat, called by the desk, and takes it."""
    assert "Sie stehen an Stelle 1" in hub.with_slip(WAITS).words
    them = hub.with_slip(GOES)
    them.follow("Abmelden")
    them.press("Ja, abmelden")
    assert "Diese Anmeldung gilt nicht mehr" in them.words
    hub.desk.go("/pult")
    assert f"Bitte anrufen {WAITS} 06031 126" in hub.desk.words
    them = hub.with_slip(WAITS)
    assert "Für Sie ist ein Platz frei" in them.words
    them.press("Ja, ich komme")
    assert "Sie haben einen Platz" in them.words
    hub.desk.go("/pult")
    assert WAITS not in hub.desk.words
    hub.desk.go("/pult/kurse/1/liste")
    assert "6 von 6 Plätzen sind fest vergeben" in hub.desk.words


def _give_card(hub: Hub) -> str:
    """The first one gets a card of her own, and sees with it what she signed up for."""
    hub.desk.go("/pult/karten")
    hub.desk.press("Suchen", wer=NAMES[0])
    hub.desk.press("Karte geben")
    card = scanned(hub.desk.page)
    hub.desk.press("Fertig, vom Bildschirm nehmen")
    them = hub.villager()
    them.go("/anmelden")
    them.press("Weiter", karte=card)
    assert them.at == "/karte"
    assert COURSE in them.words
    return card


def _attend(hub: Hub, card: str) -> None:
    """Three evenings: one comes with a card, one is ticked, one came once, all others scan."""
    someone = hub.desk
    for week in range(3):
        hub.clock.wall_ms = to_ms(FIRST_DAY + timedelta(weeks=week), time(18, 20))
        someone.go("/pult")
        link = re.search(r'href="(/pult/einlass/\d+)"', someone.page)
        assert link is not None
        someone.go(link[1])
        there = [one for one in NAMES if one != GOES and not (week and one == SELDOM)]
        for name in there:
            if name == NAMES[1]:
                someone.press("Da<", f"<bdi>{name}</bdi>")
            else:
                code = card if name == NAMES[0] else hub.slips[name]
                someone.press("Eintragen", code=code)
            assert f"{name}\u2069 ist da." in someone.words
        someone.press("Eintragen", code=hub.slips[GOES])
        assert "hat sich abgemeldet" in someone.words
        someone.press("Ohne Anmeldung + 1")
        said = f"{len(there) + 1} {len(there)} von 6 Angemeldeten, 1 ohne Anmeldung"
        assert said in someone.words


def _certify(hub: Hub) -> str:
    """Who came often enough gets a certificate; a stranger reads its code. Return that."""
    someone = hub.desk
    hub.clock.wall_ms = to_ms(FIRST_DAY + timedelta(weeks=2), time(20, 30))
    someone.go("/pult/bescheinigungen")
    someone.go("/pult/bescheinigungen/1")
    assert f"{SELDOM} : 1 von 3 Terminen" in someone.words
    someone.press("Ausstellen")
    assert "Die Bescheinigungen sind ausgestellt" in someone.words
    assert someone.words.count("Nummer ") == 5
    someone.follow("Drucken", f"<bdi>{NAMES[3]}</bdi>")
    assert NAMES[3] in someone.page
    proof = scanned(someone.page)
    told = _checked(hub, proof)
    assert "Diese Bescheinigung ist echt" in told
    assert NAMES[3] in told
    assert COURSE in told
    someone.go("/pult/bescheinigungen/1")
    someone.follow("Drucken", f"<bdi>{NAMES[1]}</bdi>")
    taken_back = scanned(someone.page)
    someone.go("/pult/bescheinigungen/1")
    someone.follow("Zurücknehmen", f"<bdi>{NAMES[1]}</bdi>")
    someone.press("Zurücknehmen")
    assert "zurückgenommen" in _checked(hub, taken_back)
    return proof


def _checked(hub: Hub, proof: str) -> str:
    """Return what the terminal says of a certificate to somebody who holds it."""
    them = hub.villager()
    them.go("/pruefen")
    them.press("Prüfen", text=proof)
    return them.words


def _report(someone: Visitor) -> None:
    someone.go("/pult/bericht")
    told = someone.words
    assert "6 Belegungen, 19 Besuche" in told
    assert "Qualifikationen für das Arbeitsleben, IT 1 3 6,00" in told
    assert "Zusammen gezählt sind" in told
    rows = list(csv.reader(io.StringIO(someone.go("/pult/bericht/tabelle.csv")), delimiter=";"))
    assert ["Herbst", "Besuche", "alle", "19"] in rows
    someone.go("/pult/kurse/1/liste")
    assert not _named([someone.page.encode()]) - {ADMINISTRATOR}


def _named(texts: Iterable[object]) -> set[str]:
    """Return whose names stand in some bytes."""
    people = [ADMINISTRATOR, *NAMES]
    return {
        one for text in texts if isinstance(text, bytes) for one in people if one.encode() in text
    }


def _command(*arguments: str) -> None:
    done = CliRunner().invoke(root, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
