from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from edge.clock import FixedClock
from edge.config import Config, load
from edge.desk import CourseDesk, Register, SignupDesk, Vault
from edge.learning.course import Course, Room, Season, Text
from edge.learning.moment import to_ms
from edge.learning.series import Series, sessions
from edge.store.setup import create
from edge.store.village import VillageStore
from edge.web.app import create_app
from hardware.reading import TimeQuality
from tests.signed_in import sign_in

HUB = """
[hub]
name = "Dorfhub Holzheim"
village = "Holzheim"
"""
NOW_MS = to_ms(date(2026, 9, 1), time(10, 0))
AUTUMN = Season("2026-2", "Herbst 2026", date(2026, 8, 31), date(2027, 1, 31))
SPRING = Season("2027-1", "Frühjahr 2027", date(2027, 2, 1), date(2027, 7, 31))


def draft(**changes: object) -> Course:
    series = Series(date(2026, 10, 6), time(18, 30), time(20, 0), 4, room_id="saal")
    values: dict[str, object] = {
        "season_id": AUTUMN.season_id,
        "texts": {"de": Text("Sicher im Netz", "Für alle, die anfangen.")},
        "seats": 2,
        "area": 5,
        "sessions": sessions(series),
    }
    return Course(**(values | changes))  # type: ignore[arg-type]


@dataclass
class Hall:
    """A hub with its pages, and its desks beside them."""

    config: Config
    clock: FixedClock
    app: Flask
    client: FlaskClient
    village: VillageStore
    vault: Vault

    @property
    def courses(self) -> CourseDesk:
        return CourseDesk(self.village, self.vault, self.clock)

    @property
    def desk(self) -> SignupDesk:
        return SignupDesk.of(self.config, self.village, self.vault, self.clock)

    @property
    def register(self) -> Register:
        return Register(self.village, self.vault, self.clock)

    def published(self, **changes: object) -> Course:
        (made,) = self.courses.create([draft(**changes)])
        return self.courses.publish(made.course)

    def another(self) -> FlaskClient:
        """Another volunteer's browser."""
        return sign_in(self.app.test_client())

    def lock(self) -> None:
        self.config.personal.key_file.rename(self.config.hub.state / "away")

    def unlock(self) -> None:
        (self.config.hub.state / "away").rename(self.config.personal.key_file)

    def get(self, path: str, status: int = 200) -> str:
        response = self.client.get(path)
        assert response.status_code == status, response.text
        return response.text

    def post(self, path: str, status: int = 303, **form: object) -> TestResponse:
        response = self.client.post(path, data=form)
        assert response.status_code == status, response.text
        return response

    def followed(self, path: str, **form: object) -> str:
        """Send a form and return the page to which it leads."""
        return self.get(self.post(path, **form).location)


def fields(page: str) -> dict[str, str]:
    """Return what the hidden fields of a page hold, the last of each name."""
    found = {
        one["name"]: html.unescape(one["value"])
        for one in re.finditer(
            r'type="hidden" name="(?P<name>[^"]+)" value="(?P<value>[^"]*)"', page
        )
    }
    for one in re.finditer(r'<textarea name="(?P<name>[^"]+)" hidden>(?P<value>[^<]*)</', page):
        found[one["name"]] = html.unescape(one["value"])
    return found


def words(page: str) -> str:
    """Return what stands on a page, without marks and double spaces."""
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    file = tmp_path / "hub.toml"
    file.write_text(HUB, "utf-8")
    config = load(file)
    create(config)
    clock = FixedClock(NOW_MS, TimeQuality.SYNCHRONISED)
    app = create_app(config, clock)
    with VillageStore(config.hub.village_db) as village, Vault.of(config) as vault:
        village.put_season(AUTUMN)
        village.put_season(SPRING)
        village.put_room(Room("saal", "Saal", 40, "Ohne Stufen"))
        yield Hall(config, clock, app, sign_in(app.test_client()), village, vault)
