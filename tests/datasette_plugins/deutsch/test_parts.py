"""Values, addresses and languages, without a page."""

from __future__ import annotations

import pytest
from datasette.filters import Filters
from datasette_deutsch import cells, links, words
from datasette_deutsch.catalogue import load
from datasette_deutsch.language import Settings, SettingsError, choose, read_settings
from markupsafe import Markup

GERMAN = load("de")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234.5, "1.234,5"),
        (-0.25, "-0,25"),
        (0.0, "0"),
        (1e-7, "0"),
        ("2026-11-21", "21.11.2026"),
        ("2026-11-21T14:05:00Z", "21.11.2026, 14:05 UTC"),
        ("2026-11-21 14:05", "21.11.2026, 14:05"),
        ("2026-11-21T14:05:09+01:00", "21.11.2026, 14:05:09 UTC+01"),
        ("2026-11-21T14:05:09-03:30", "21.11.2026, 14:05:09 UTC-03:30"),
    ],
)
def test_a_value_is_written_in_german(value: object, text: str) -> None:
    shown = cells.shown(GERMAN, value)
    assert shown is not None
    assert shown.striptags() == text
    if isinstance(value, str):
        assert f'datetime="{value}"' in shown


@pytest.mark.parametrize(
    "value",
    [
        2026, 35423, True, None, b"x", "Halle", "2026-13-01", "2026-02-30T10:00", "2026",
        float("nan"), float("inf"), "12.5", "2026-01-01<b>",
    ],
)  # fmt: skip
def test_a_value_that_may_mean_something_else_stays(value: object) -> None:
    assert cells.shown(GERMAN, value) is None


def test_other_languages_write_their_own_way() -> None:
    shown = cells.shown(load("en"), 1234.5)
    assert shown == "1,234.5"
    assert str(cells.shown(load("en"), "2026-11-21")).endswith(">2026-11-21</time>")
    assert cells.size(GERMAN, 77_824) == "77,8 kB"
    assert cells.size(GERMAN, 12) == "12 Bytes"
    assert cells.size(GERMAN, 5_000_000_000_000) == "5.000 GB"


def test_binary_cells_keep_their_link() -> None:
    cell = Markup('<a href="/x?a=1&amp;b=2" title="5 KB">&lt;Binary:&nbsp;5,120&nbsp;bytes&gt;</a>')
    assert cells.binary(GERMAN, "/", cell) == '<a href="/x?a=1&amp;b=2">Datei: 5.120 Bytes</a>'
    assert str(cells.binary(GERMAN, "/daten/", cell)).startswith('<a href="/daten/x?')
    right = Markup(str(cell).replace('"/x', '"/daten/x'))  # noqa: S704 - a constant
    assert str(cells.binary(GERMAN, "/daten/", right)).startswith('<a href="/daten/x?')
    for other in ("<Binary: x>", Markup("<b>x</b>")):
        assert cells.binary(GERMAN, "/", other) is other


def test_an_address_of_the_same_page_has_no_host_and_no_path() -> None:
    assert links.same_page("http://10.0.0.1:8001/a/b?c=1&d=%3C#e") == "?c=1&d=%3C#e"
    assert links.same_page("/a/b") == "?"
    query = "_sort=a&x=1&x=&_next=50"
    assert links.query_with(query) == "?_sort=a&x=1&x="
    assert links.query_with(query, put={"_sort_desc": "ä&b"}, drop=["_sort"]) == (
        "?x=1&x=&_sort_desc=%C3%A4%26b"
    )
    assert links.query_with("", add=[("_facet", "a"), ("_facet", "b")]) == "?_facet=a&_facet=b"


def test_what_a_table_is_narrowed_to_is_said() -> None:
    filters = Filters([("tag", "x"), ("a__isblank", "1"), ("b__unheard", "2")])
    assert words.narrowed(GERMAN, filters, "Halle") == [
        "enthält „Halle“",
        "tag ist gleich „x“",
        "a ist leer",
        "b unheard „2“",
    ]
    assert words.narrowed(GERMAN, Filters([]), None) == []
    assert words.comparison(load("en"), "contains", "contains") == "contains"


def test_what_went_wrong_has_a_heading() -> None:
    assert words.failure(GERMAN, 404, None) == "Nicht gefunden"
    assert words.failure(GERMAN, 418, None) == "Fehler 418"
    assert words.failure(GERMAN, None, "Forbidden") == "Nicht erlaubt"
    assert words.failure(GERMAN, 400, "Something new") == "So geht das nicht"
    assert words.failure(GERMAN, None, None) == "Fehler "
    assert words.failure(GERMAN, None, "Something new") == "Something new"


@pytest.mark.parametrize(
    ("asked", "accepts", "language"),
    [
        (None, None, "de"),
        ("en", "de", "en"),
        ("xx", "en", "en"),
        (None, "en-GB,de;q=0.5", "en"),
        (None, "en;q=0.2, de-DE;q=0.9", "de"),
        (None, "fr, en;q=0.1", "en"),
        (None, "en;q=0", "de"),
        (None, "en;q=oft, *", "de"),
        (None, ",".join(["fr"] * 1000) + ",en", "de"),
    ],
)
def test_the_language_is_chosen(asked: str | None, accepts: str | None, language: str) -> None:
    assert choose(Settings(negotiate=True), asked, accepts) == language


def test_the_browser_is_not_asked_unless_told() -> None:
    assert choose(Settings(), None, "en") == "de"
    assert choose(Settings("en"), None, "de") == "en"


@pytest.mark.parametrize(
    "found",
    [
        {"language": "xx"},
        {"language": 1},
        {"negotiate": "yes"},
        {"sprache": "de"},
        {"column_titles": 1},
    ],
)
def test_settings_nobody_could_mean_are_refused(found: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        read_settings(found)
