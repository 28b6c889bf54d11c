"""What a county's streams say: the schemas and kinds of event, for writer and reader alike.

Class `event`, schema `county/1`: one event of :data:`KINDS` after the other. Class `village`,
schemas `weather/1` and `weather-normal/1`: columns, one source a station. A stream begins with
``stream.begin``, which says whom it is to: every hub, or one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sync.errors import FormatError

SCHEMA = "county/1"
WEATHER_SCHEMA = "weather/1"
NORMAL_SCHEMA = "weather-normal/1"
WEATHER_COLUMNS = (
    "made_at",
    "temperature_degc",
    "temperature_error_k",
    "wind_speed_m_s",
    "relative_humidity_percent",
    "cloud_cover_percent",
    "global_radiation_w_m2",
    "precipitation_mm",
)
NORMAL_COLUMNS = (
    "temperature_degc",
    "temperature_low_degc",
    "temperature_high_degc",
    "global_radiation_w_m2",
)
# The times of normals are midnights, UTC, of this leap year: one for each day of the year.
NORMAL_YEAR_MS = 946_684_800_000  # 2000-01-01
DAY_MS = 86_400_000
MAX_ID = 64
MAX_TITLE = 80  # one line at the terminal's size
MAX_TEXT = 1000  # a notice, not a newspaper
MAX_SESSIONS = 200  # one a week is four years
MAX_REPLY = 16 << 10  # sealed; a letter, not a file
MAX_CASE_ANSWER = 64 << 10  # sealed; two pages of a practice
MAX_SETTING = 4096
MAX_CHAIN = 32 << 10  # of certificates, PEM

BEGIN = "stream.begin"
NOTICE, NOTICE_END = "notice.put", "notice.end"
COURSE, COURSE_END = "course.put", "course.end"
SETTING = "setting.put"
SOFTWARE = "software.announce"
REVOKED = "key.revoke"
REPLY = "care.reply"
CASE_ANSWER = "case.answer"
ERASED = "erase.receipt"
HEAT_WARNING = "weather.heat_warning"
CERTIFICATE, NO_CERTIFICATE = "tls.certificate", "tls.refused"

_Check = Callable[[object], bool]


@dataclass(frozen=True, slots=True)
class Kind:
    """The fields of an event's data, each with what it must be; no others are written.

    A reader ignores fields that it does not know: a later minor version adds them.
    """

    fields: Mapping[str, _Check] = field(default_factory=dict)


def check(kind: str, data: Mapping[str, object]) -> None:
    """Return if ``data`` is what an event of the known ``kind`` holds.

    :raises FormatError: naming the field that is not.
    """
    for name, true in KINDS[kind].fields.items():
        if name not in data or not true(data[name]):
            raise FormatError(f"{kind}: {name} is missing or wrong")


def _text(limit: int, *, lines: bool = False, least: int = 0) -> _Check:
    def true(value: object) -> bool:
        if type(value) is not str or not least <= len(value) <= limit:
            return False
        return all(c.isprintable() or (lines and c == "\n") for c in value)

    return true


def _number(low: int = 0, high: int = 1 << 53) -> _Check:
    return lambda value: type(value) is int and low <= value <= high


def _time(value: object) -> bool:
    return type(value) is int and -(1 << 53) <= value <= 1 << 53


def _maybe_time(value: object) -> bool:
    return value is None or _time(value)


def _data(low: int, high: int) -> _Check:
    return lambda value: type(value) is bytes and low <= len(value) <= high


def _sessions(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MAX_SESSIONS
        and all(
            isinstance(one, list) and len(one) == 2 and all(map(_time, one)) and one[0] <= one[1]
            for one in value
        )
    )


def _plain(value: object) -> bool:
    return value is None or type(value) in (bool, int) or _text(MAX_SETTING, lines=True)(value)


def _setting(value: object) -> bool:
    if isinstance(value, list):
        return len(value) <= 100 and all(map(_plain, value))
    return _plain(value)


def _remains(value: object) -> bool:
    return (
        isinstance(value, list) and len(value) <= 50 and all(_text(200, least=1)(v) for v in value)
    )


_ID = _text(MAX_ID, least=1)
KINDS: Mapping[str, Kind] = {
    BEGIN: Kind({"to": lambda value: type(value) is bytes and len(value) in (0, 32)}),
    NOTICE: Kind(
        {
            "id": _ID,
            "title": _text(MAX_TITLE, least=1),
            "text": _text(MAX_TEXT, lines=True),
            "from": _time,
            "until": _maybe_time,
        }
    ),
    NOTICE_END: Kind({"id": _ID}),
    COURSE: Kind(
        {
            "id": _ID,
            "title": _text(200, least=1),
            "text": _text(4000, lines=True),
            "place": _text(200),
            "sessions": _sessions,
            "seats": _number(0, 100_000),
            "cost_cents": _number(0, 100_000_000),
            "language": _text(20),
            "level": _text(100),
            "area": _text(100),
            "access": _text(500),
            "statistics": _text(40),
            "contact": _text(200),
        }
    ),
    COURSE_END: Kind({"id": _ID}),
    SETTING: Kind({"name": _text(MAX_ID, least=1), "value": _setting}),
    SOFTWARE: Kind(
        {
            "version": _text(40, least=1),
            "text": _text(MAX_TEXT, lines=True),
            "url": _text(500),
            "size": _number(),
            "sha256": _data(32, 32),
        }
    ),
    REVOKED: Kind({"key": _data(32, 32), "what": _text(20, least=1), "why": _text(200)}),
    REPLY: Kind({"sealed": _data(1, MAX_REPLY)}),
    CASE_ANSWER: Kind({"sealed": _data(1, MAX_CASE_ANSWER)}),
    ERASED: Kind(
        {
            "order": _data(16, 16),
            "segments": _number(),
            "rows": _number(),
            "files": _number(),
            "remains": _remains,
        }
    ),
    HEAT_WARNING: Kind(
        {
            "region": _ID,
            "level": _number(0, 2),
            "from": _time,
            "until": _time,
            "issued": _time,
        }
    ),
    CERTIFICATE: Kind({"request": _data(16, 16), "chain": _data(1, MAX_CHAIN)}),
    NO_CERTIFICATE: Kind({"request": _data(16, 16), "why": _text(200)}),
}
