"""The catalogues hold what the templates say, nothing more, and what Datasette still says."""

from __future__ import annotations

import string
from pathlib import Path

import datasette
import datasette_deutsch
import pytest
from datasette.filters import Filters
from datasette_deutsch import asked
from datasette_deutsch.catalogue import Catalogue, CatalogueError, languages, load, parse
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from tests.datasette_plugins.deutsch.upstream import OURS, installed, noted

# What comes from Datasette's code as a variable.
BY_VARIABLE = {
    "Create table", "Create a new table in this database.", "Alter table",
    "Change columns and primary key for this table.", "Execute write SQL",
    "Run writable SQL with table permission checks.", "Edit this query", "Delete this query",
    "Change the title, description, SQL or visibility.", "Permanently remove this saved query.",
    "Edit row", "Open a dialog to edit this row.", "Delete row",
    "Open a confirmation dialog to delete this row.",
    "Homepage actions", "Database actions", "Table actions", "View actions", "Row actions",
    "Query actions", "column", "date", "array", "Forbidden", "Invalid SQL", "SQL Interrupted",
}  # fmt: skip
IN_CODE = {"contains “{text}”", "Error {status}"}
SQLITE = {"no such table: {}", "no such column: {}"}


def keys() -> tuple[set[str], set[str]]:
    """The texts and the plurals (by the form for many) that the templates ask for."""
    env = Environment(autoescape=True)
    said: set[str] = set()
    counted: set[str] = {"Binary: {n} bytes"}
    for file in OURS.glob("*.html"):
        tree = env.parse(file.read_text("utf-8"))
        for _, function, message in extract_from_ast(tree, ("_", "n_")):
            texts = [message] if isinstance(message, str) else list(message or ())
            if function == "n_":
                counted.add(str(texts[1]))
            elif texts and texts[0] is not None:  # or it is a variable
                said.add(str(texts[0]))
    return said, counted


LANGUAGES = [name for name in languages() if name != "en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_every_text_and_no_other(language: str) -> None:
    catalogue = load(language)
    said, counted = keys()
    assert len(said) > 80
    missing = (said | BY_VARIABLE | IN_CODE) - catalogue.texts.keys()
    assert missing == set()
    assert counted - catalogue.plurals.keys() == set()
    known = {f"filter:{key}" for key, _, _ in Filters([]).lookups()}
    assert known - catalogue.texts.keys() == set()
    errors = {f"error:{status}" for status in (400, 403, 404, 405, 500)}
    unused = catalogue.texts.keys() - said - BY_VARIABLE - IN_CODE - known - errors
    assert unused == set()
    assert catalogue.plurals.keys() - counted == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_gaps_and_forms_are_those_of_the_english_text(language: str) -> None:
    catalogue = load(language)

    def gaps(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    for key, text in catalogue.texts.items():
        assert gaps(key) == gaps(text), key
    forms = set(catalogue.locale.plural_form.tags) | {"other"}
    for key, said in catalogue.plurals.items():
        assert said.keys() == forms, key
        assert gaps(said["other"]) == gaps(key)
    for key, text in catalogue.messages.items():
        assert len(gaps(text)) <= len(gaps(key)), key


def test_datasette_still_says_what_is_translated() -> None:
    package = Path(datasette.__file__).parent
    code = " ".join(
        " ".join(file.read_text("utf-8").replace('"', "").split()) for file in package.rglob("*.py")
    )
    for message in load("de").messages.keys() - SQLITE - {asked.UNREADABLE}:
        first = message.split("{}")[0]
        assert first in code, message
    for title in BY_VARIABLE:
        assert title in code or title.endswith(" actions"), title


def test_the_templates_are_made_from_those_that_are_installed() -> None:
    """If this fails, Datasette changed: see upstream.py."""
    assert installed() == noted()
    assert {"table.html", "base.html", "error.html"} <= noted()["overridden"].keys()


def test_words_fall_back_to_english_and_plurals_follow_the_language() -> None:
    empty = Catalogue("de")
    assert empty.text("Apply filters") == "Apply filters"
    assert empty.counted("{n} row", "{n} rows", 1234) == "1.234 rows"
    german = load("de")
    assert german.counted("{n} row", "{n} rows", 1) == "1 Zeile"
    assert german.counted("{n} row", "{n} rows", 0) == "0 Zeilen"
    assert load("en").counted("{n} row", "{n} rows", 1) == "1 row"
    polish = parse(
        "pl", '[plurals."{n} rows"]\none="{n} wiersz"\nfew="{n} wiersze"\nother="{n} wierszy"'
    )
    assert [polish.counted("", "{n} rows", n) for n in (1, 3, 5)] == [
        "1 wiersz", "3 wiersze", "5 wierszy",
    ]  # fmt: skip


def test_messages_of_the_code_are_known_with_what_they_name() -> None:
    german = load("de")
    assert german.message("Table not found") == "Diese Tabelle gibt es nicht."
    assert german.message("Cannot sort table by {x}") is not None
    assert str(german.message("no such table: a{b}")).endswith("a{b}")
    assert german.message("\n  Table   not\n found ") == "Diese Tabelle gibt es nicht."
    assert german.message("Something nobody has translated") is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[texts", "Expected"),
        ("[words]\na = 'b'", "no such part"),
        ("[texts]\na = 1", "strings"),
        ("[plurals.'{n} rows']\none = 'x'", "other"),
        ("[plurals]\n'{n} rows' = 'x'", "other"),
    ],
)
def test_a_broken_catalogue_is_refused(text: str, why: str) -> None:
    with pytest.raises(CatalogueError, match=why):
        parse("de", text)


@pytest.mark.parametrize("language", ["xx", "../de", "deutsch", "", "fr"])
def test_a_language_without_catalogue_is_refused(language: str) -> None:
    with pytest.raises(CatalogueError):
        load(language)


def test_the_catalogues_lie_in_the_package() -> None:
    folder = Path(datasette_deutsch.__file__).parent
    assert {"de", "en"} <= set(languages())
    assert (folder / "catalogues" / "de.toml").exists()
