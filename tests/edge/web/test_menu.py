"""The tiles of the start page: every one leads somewhere, in the visitor's language."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.web.desk_menu import DESK_MENU, desk_menu
from edge.web.menu import MENU, QUIET, Entry, tiles
from edge.web.tongue import TONGUES, speaking
from tests.hall import hall_app

ICONS = Path(__file__).resolve().parents[3] / "edge/web/templates/icons.html"


def test_every_tile_leads_to_a_page_and_has_its_drawing(tmp_path: Path) -> None:
    app = hall_app(tmp_path)
    drawn = ICONS.read_text("utf-8")
    with app.test_request_context():
        addresses = [app.url_for(one.endpoint) for one in (*MENU, *QUIET)]
    client = app.test_client()
    # one's own house leads to where a card is shown
    said = [client.get(one, follow_redirects=True).status_code for one in addresses]
    assert said == [200] * len(addresses)
    assert all(one.icon and f"macro {one.icon}()" in drawn for one in MENU)
    start = client.get("/").get_data(as_text=True)
    assert all(f'href="{one}#inhalt"' in start for one in addresses)
    assert f'href="{addresses[0]}#inhalt"' in start.partition('class="tile"')[2][:60]


@pytest.mark.parametrize("menu", [MENU, QUIET])
@pytest.mark.parametrize("key", sorted(set(TONGUES) - {"de", "leicht"}))
def test_tiles_are_said_in_the_visitors_language(key: str, menu: tuple[Entry, ...]) -> None:
    with speaking(TONGUES[key]):
        assert all(said.text != one.label for said, one in zip(tiles(menu), menu, strict=True))


def test_a_link_needs_no_drawing() -> None:
    assert tiles([Entry("hall.board", "Aushang")])[0].icon == ""


@pytest.mark.parametrize(
    ("path", "group", "line"),
    [
        ("/pult", "Heute", "Übersicht"),
        ("/pult/kurse/neu", "Kurse", "Alle Kurse"),
        ("/pult/ausleihe/dinge", "Haus", "Ausleihe"),
        ("/pult/bescheinigungen", "Papiere", "Bescheinigungen"),
    ],
)
def test_the_desk_s_menu_says_where_one_is(
    tmp_path: Path, path: str, group: str, line: str
) -> None:
    app = hall_app(tmp_path)
    every = [endpoint for _, lines in DESK_MENU for endpoint, _ in lines]
    assert len(set(every)) == len(every)
    with app.test_request_context(path):
        found = desk_menu()
    assert [len(one.lines) for one in found] == [len(lines) for _, lines in DESK_MENU]
    here = [one.label for one in found if one.is_here]
    lines = [each.label for one in found for each in one.lines if each.is_here]
    assert (here, lines) == ([group], [line])
    with app.test_request_context("/kurse"):
        assert not any(one.is_here for one in desk_menu())
