"""A value as people of a language write it. Only pages show it so: CSV and JSON keep the value."""

from __future__ import annotations

import math
import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_datetime
from markupsafe import Markup, escape

from datasette_deutsch.catalogue import Catalogue

TIMES = 4096  # as written: a page's rows share most of them; a megabyte

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?")
_BINARY = re.compile(r"&lt;Binary:&nbsp;([\d,]+)&nbsp;bytes?&gt;")
_BYTES_TITLE = re.compile(r' title="[^"]*"')


def shown(catalogue: Catalogue, value: object) -> Markup | None:
    """Return a fraction, a day or a moment as HTML; None for what stays as it is.

    A whole number stays: it may be a year, a postcode or a house's number.
    """
    if isinstance(value, float) and math.isfinite(value):
        return Markup(escape(catalogue.number(value)))  # noqa: S704 - escaped
    if isinstance(value, str):
        if _DATE.fullmatch(value):
            return _day(catalogue.language, value)
        if _MOMENT.fullmatch(value):
            return _moment(catalogue.language, value)
    return None


def binary(catalogue: Catalogue, base_url: str, cell: Markup | str) -> Markup | str:
    """Return a cell with what Datasette says of binary data in the page's language.

    In what a question gives, Datasette's link lacks ``base_url``.
    """
    if not isinstance(cell, Markup) or "&lt;Binary:" not in cell:
        return cell

    def translated(match: re.Match[str]) -> str:
        count = int(match[1].replace(",", ""))
        return str(escape(catalogue.counted("Binary: {n} byte", "Binary: {n} bytes", count)))

    # The title repeats the size. The rest of the cell is Datasette's own, escaped HTML.
    html = _BINARY.sub(translated, _BYTES_TITLE.sub("", str(cell)))
    if f'href="{base_url}' not in html:
        html = html.replace('href="/', f'href="{base_url}')
    return Markup(html)  # noqa: S704


def size(catalogue: Catalogue, octets: int) -> str:
    """Return the size of a file in the largest unit of which there is one."""
    value, unit = float(octets), "Bytes"
    for larger in ("kB", "MB", "GB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{catalogue.number(round(value, 1))} {unit}"


@lru_cache(maxsize=TIMES)
def _day(language: str, value: str) -> Markup | None:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return None
    return _time(value, format_date(day, _day_form(language), locale=Locale.parse(language)))


@lru_cache(maxsize=TIMES)
def _moment(language: str, value: str) -> Markup | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    clock = "HH:mm:ss" if moment.second else "HH:mm"
    form = f"{_day_form(language)}, {clock}"
    text = format_datetime(moment.replace(tzinfo=None), form, locale=Locale.parse(language))
    offset = moment.utcoffset()
    if offset is not None:
        text += " UTC" + (f"{moment:%z}"[:3] if offset != timedelta() else "")
        if offset.seconds % 3600:
            text += f":{f'{moment:%z}'[3:5]}"
    return _time(value, text)


def _day_form(language: str) -> str:
    return "dd.MM.yyyy" if language == "de" else "yyyy-MM-dd"


def _time(value: str, text: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(value, text)
