"""`/pult/waerme`: what was found stands by size, with its drawing; without it is said how."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from edge.access.role import Role
from edge.store.village import VillageStore
from tests.hall import hall_app
from tests.signed_in import sign_in


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return hall_app(tmp_path)


def test_faults_stand_by_size_with_their_drawings(app: Flask) -> None:
    page = sign_in(app.test_client(), Role.OFFICIAL).get("/pult/waerme").text
    titles = (
        "Hohe Grundlast an warmen Tagen",
        "Zähler stand still",
        "Keine Absenkung in der Nacht",
        "Rücklauf zu warm",
    )
    places = [page.index(f"{title}: Wärmezähler Halle") for title in titles]
    assert places == sorted(places)
    assert page.count('<svg xmlns="http://www.w3.org/2000/svg" class="evidence"') == 4
    assert "Erst 30 Stunden sind gemessen." in page
    assert "Nachgesehen am" in page
    assert "das geschieht jeden Morgen von selbst" in page
    ended = page[page.index("Nicht mehr gefunden") :]
    assert "vertauscht: Wärmezähler Halle. Gefunden am" in ended
    assert "Zähler stand still: Wärmezähler Halle. Gefunden" not in ended
    with VillageStore(app.extensions["hall"].hub.village_db) as village:
        village.keep_verdicts([])
    page = sign_in(app.test_client()).get("/pult/waerme").text
    assert "dorfhub heat faults" in page


def test_a_meter_that_could_not_be_looked_at_shows_what_was_found_before(app: Flask) -> None:
    with VillageStore(app.extensions["hall"].hub.village_db) as village:
        first = village.heat_verdicts()[0]
        later = replace(
            first, at=first.at + 86_400_000, why="Beim letzten Nachsehen scheiterte es."
        )
        village.keep_verdicts([later])
    page = sign_in(app.test_client()).get("/pult/waerme").text
    assert "<strong>Beim letzten Nachsehen scheiterte es.</strong>" in page
    assert "Zähler stand still: Wärmezähler Halle" in page


def test_the_page_needs_no_numpy() -> None:
    code = (
        "import sys; from edge.web.app import create_app;"
        " assert 'numpy' not in sys.modules, 'numpy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
