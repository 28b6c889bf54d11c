"""A village's board in a Flask client: empty, with a clock that can be advanced."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from edge.access.role import Role
from edge.clock import FixedClock
from edge.config import Config, load
from edge.desk.helpdesk import HelpDesk
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore
from edge.web.app import create_app
from edge.web.village.pages import live_of
from tests.hall import HUB, NOW_MS
from tests.signed_in import sign_in

Enter = Callable[..., FlaskClient]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "hub.toml"
    file.write_text(HUB, "utf-8")
    config = load(file)
    config.hub.run.mkdir(parents=True)
    VillageStore(config.hub.village_db).close()
    config.personal.key_file.parent.mkdir(parents=True, exist_ok=True)
    config.personal.key_file.write_text("5a" * 32)
    PersonalStore.open(config.hub.personal_db, config.personal.key_file).close()
    return config


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW_MS)


@pytest.fixture
def app(config: Config, clock: FixedClock) -> Flask:
    return create_app(config, clock)


@pytest.fixture
def desk(app: Flask) -> HelpDesk:
    return live_of(app)[0]


@pytest.fixture
def villager(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def volunteer(app: Flask) -> FlaskClient:
    return sign_in(app.test_client(), Role.VOLUNTEER)


def text_of(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.get_data(as_text=True)[-2000:]
    return " ".join(answer.get_data(as_text=True).split())


def post(client: FlaskClient, path: str, status: int = 303, **form: object) -> str:
    answer = client.post(path, data=form)
    assert answer.status_code == status, answer.get_data(as_text=True)[-2000:]
    return " ".join(answer.get_data(as_text=True).split())
