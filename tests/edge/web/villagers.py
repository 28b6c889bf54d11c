"""A villager at the terminal, as a browser without a script, and the hub behind it; for tests."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from edge.clock import FixedClock
from edge.config import Config, load
from edge.desk import CourseDesk, SignupDesk, Vault
from edge.desk.courses import shifted
from edge.store.personal_signups import Enrolment
from edge.store.village import VillageStore
from edge.web.app import create_app
from tests.furnish_courses import furnish_courses
from tests.hall import HUB, NOW_MS

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
NUMBER = re.compile(r'<strong dir="ltr">([^<]+)</strong>')
HEADLINE = re.compile(r'class="kern-title">([^<]+)<')


@dataclass
class Villager:
    """Somebody with a browser."""

    client: FlaskClient

    def get(self, path: str, status: int = 200) -> str:
        return said(self.client.get(path), status)

    def form(self, course: int) -> dict[str, str]:
        """Open the form; return its hidden fields with the party that is chosen."""
        page = self.get(f"/kurse/{course}/anmelden")
        return {"party": "1"} | dict(HIDDEN.findall(page))

    def send(self, course: int, form: dict[str, str], **fields: str) -> TestResponse:
        return self.client.post(f"/kurse/{course}/anmelden", data=form | fields)

    def sign_up(self, course: int, name: str, **fields: str) -> str:
        """Sign up; return the slip's page."""
        answer = self.send(course, self.form(course), name=name, **fields)
        assert answer.status_code == 303, said(answer, answer.status_code)
        return self.get(answer.headers["Location"])

    def type_number(self, number: str, page: str = "/zettel") -> TestResponse:
        return self.client.post(page, data={"nummer": number})


def said(answer: TestResponse, status: int = 200) -> str:
    text = unescape(answer.get_data(as_text=True))
    assert answer.status_code == status, text
    return text


def number_on(page: str) -> str:
    found = NUMBER.search(page)
    assert found is not None, page
    return found[1]


def headline(page: str) -> str:
    found = HEADLINE.search(page)
    assert found is not None, page
    return found[1]


@dataclass
class House:
    """The hub behind the pages."""

    config: Config
    clock: FixedClock
    app: Flask

    @property
    def villager(self) -> Villager:
        return Villager(self.app.test_client())

    def line(self, course: int) -> list[Enrolment]:
        with VillageStore(self.config.hub.village_db) as village, Vault.of(self.config) as vault:
            return SignupDesk.of(self.config, village, vault, self.clock).line(course)

    def names(self, course: int) -> list[str]:
        return [one.name for one in self.line(course)]

    def move(self, course: int, days: int) -> None:
        with VillageStore(self.config.hub.village_db) as village, Vault.of(self.config) as vault:
            desk = CourseDesk(village, vault, self.clock)
            desk.move(course, lambda old: shifted(old, days=days))

    def change(self, course: int, **changes: object) -> None:
        with VillageStore(self.config.hub.village_db) as village, Vault.of(self.config) as vault:
            desk = CourseDesk(village, vault, self.clock)
            desk.edit(replace(village.course(course), **changes))  # type: ignore[arg-type]

    def lock(self) -> None:
        self.config.personal.key_file.rename(self.config.hub.run / "away")

    def unlock(self) -> None:
        (self.config.hub.run / "away").rename(self.config.personal.key_file)


def small_house(folder: Path) -> House:
    """Return a hub that has courses, sign-ups and a card, and nothing else."""
    file = folder / "hub.toml"
    file.write_text(HUB, "utf-8")
    config, clock = load(file), FixedClock(NOW_MS)
    config.hub.run.mkdir(parents=True)
    furnish_courses(config, NOW_MS)
    return House(config, clock, create_app(config, clock))
