"""A ward with people in care, and whoever looks at it; for tests."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import TypeVar

from flask import Flask
from flask.testing import FlaskClient

from edge.access.role import Role
from edge.access.sessions import Bearer
from edge.care.audit import Look, looks
from edge.care.people import ContactRole
from edge.clock import FixedClock
from edge.config import Config
from edge.desk.register import card_hash
from edge.desk.vault import Vault
from edge.store.personal import PersonalStore
from edge.web.access import COOKIE, access_of, sessions_of
from edge.web.app import create_app
from hardware.reading import TimeQuality
from tests.furnish_ward import (
    be_nurse,
    furnish_ward,
)  # fmt: skip
from tests.hall import NOW_MS, furnished
from tests.signed_in import token_for

DAY_MS = 86_400_000
T = TypeVar("T")


@dataclass
class Ward:
    app: Flask
    config: Config
    nurse: FlaskClient

    def look(self, path: str, status: int = 200, client: FlaskClient | None = None) -> str:
        answer = (client or self.nurse).get(path)
        text = unescape(answer.get_data(as_text=True))
        assert answer.status_code == status, text
        return text

    def personal(self, do: Callable[[PersonalStore], T]) -> T:
        with Vault.of(self.config) as vault, vault.open() as personal:
            return do(personal)

    def other_nurse(
        self, name: str = "Pfleger Ben Sommer", *, people: tuple[int, ...] = (2,)
    ) -> FlaskClient:
        client, account = carer(self.app)

        def add(personal: PersonalStore) -> None:
            number = personal.add_contact(name, ContactRole.NURSE, NOW_MS, account=account)
            for person in people:
                personal.put_in_circle(person, number, NOW_MS)

        self.personal(add)
        return client

    def with_card(self, card: str) -> FlaskClient:
        client = self.app.test_client()
        client.set_cookie(COOKIE, sessions_of(self.app).begin(0.0, Bearer(card=card_hash(card))))
        return client

    def looks(self, person: int) -> list[str]:
        return [look.who for look in self.book(person)]

    def book(self, person: int) -> list[Look]:
        with Vault.of(self.config) as vault, vault.open() as personal:
            return [look for _, look in looks(personal.audit_lines(person))]


def carer(app: Flask) -> tuple[FlaskClient, int]:
    client = app.test_client()
    token = token_for(app, Role.CARER)
    client.set_cookie(COOKIE, token)
    bearer = sessions_of(app).bearer(token, 1.0, counts=False)
    assert bearer is not None
    assert bearer.account is not None
    return client, bearer.account


def furnished_ward(folder: Path) -> Ward:
    config = furnished(folder, (furnish_ward,))
    app = create_app(config, FixedClock(NOW_MS, TimeQuality.SYNCHRONISED))
    access_of(app).office.give_nameless({Role.ADMINISTRATOR})
    client, account = carer(app)
    be_nurse(config, account)
    return Ward(app, config, client)


def lock(ward: Ward) -> None:
    ward.config.personal.key_file.rename(ward.config.personal.key_file.with_suffix(".away"))


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())
