"""The words of the charts, `words/LANGUAGE.toml` keyed by English, and how values are written."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files

from babel.numbers import format_decimal

SOURCE = "en"


@cache
def texts(language: str) -> dict[str, str]:
    """Return the words of ``language`` by their English; none if nobody translated them."""
    if not language.isalpha():
        return {}
    file = files("datasette_charts_offline") / "words" / f"{language}.toml"
    return tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}


def text(language: str, key: str, **values: object) -> str:
    """Return ``key`` in ``language``, its gaps filled."""
    return texts(language).get(key, key).format_map(values)


def number(language: str, value: float) -> str:
    """Return a number to at most four significant places after its whole part."""
    known = language if language == "de" or texts(language) else SOURCE
    return format_decimal(value, format="#,##0.####", locale=known)


def place(language: str, kind: str, label: str) -> str:
    """Return where a value stands: a day or moment in the language's way, a number, or a name."""
    if kind == "number":
        return number(language, float(label))
    if kind != "time" or language != "de":
        return label
    if len(label) == len("2026-01-01"):
        return f"{date.fromisoformat(label):%d.%m.%Y}"
    moment = datetime.fromisoformat(label)
    return f"{moment:%d.%m.%Y, %H:%M}"


def moment(language: str, seconds: float, *, days: bool) -> str:
    """Return a mark of the axis of time, in UTC."""
    when = datetime.fromtimestamp(seconds, UTC)
    form = "%d.%m.%Y" if language == "de" else "%Y-%m-%d"
    return when.strftime(form if days else f"{form} %H:%M")
