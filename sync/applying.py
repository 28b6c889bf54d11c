"""From a county's segment to rows of village.db: one kind of event after the other.

What is not known, or not as it should be, is kept as it came and shown; it is never dropped, and
it never keeps what comes after it from being taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from edge.store import village_county as village
from edge.store.connection import Driver
from edge.store.village_county import CountyCourse, CountyNotice, Forecast, Normal, Software
from edge.store.village_warnings import ToldWarning, put_warning
from sync import cases, cbor, columns, county_words, erasing, events
from sync.certificate import store as certificates
from sync.columns import Source
from sync.errors import FormatError
from sync.events import Event
from sync.segment import Segment, StreamClass


@dataclass(frozen=True, slots=True)
class Writer:
    """Whose stream it is: name and what people call it; ``now_ms`` is the hub's own time."""

    county: bytes
    name: str
    now_ms: int


def apply(driver: Driver, writer: Writer, segment: Segment) -> bool:
    """Do what a verified segment says; False if this program reads none of it.

    Events that this program does not know, or that are not as they should be, go to
    ``county_event`` with the reason.
    """
    header = segment.header
    if segment.erased:
        return True
    try:
        if header.stream is StreamClass.EVENT and header.schema == county_words.SCHEMA:
            for position, event in enumerate(events.decode(segment.body)):
                _event(driver, writer, segment, position, event)
            return True
        reader = _COLUMNS.get(header.schema)
        if header.stream is StreamClass.VILLAGE and reader is not None:
            reader(driver, columns.decode(segment.body))
            return True
    except FormatError:
        return False
    return False


def begins_to(segment: Segment) -> bytes | None:
    """Return whom a stream is to, as its first segment says: a hub's name, or empty for all.

    None if it does not say so: then it is nobody's.
    """
    header = segment.header
    if header.stream is not StreamClass.EVENT or header.schema != county_words.SCHEMA:
        return None
    try:
        first = events.decode(segment.body)[0]
        if first.kind != county_words.BEGIN:
            return None
        county_words.check(first.kind, first.data)
    except (FormatError, IndexError):
        return None
    return cast("bytes", first.data["to"])


def read_kept(driver: Driver, writer: Writer) -> int:
    """Do what kept events of this county say and this program has learnt; return how many."""
    rows = driver.execute(
        "SELECT number, at, quality, kind, data FROM county_event"
        " WHERE county = ? AND state = 'kept' ORDER BY number",
        (writer.county,),
    ).fetchall()
    done = 0
    for number, at, quality, kind, raw in rows:
        handler = _HANDLERS.get(kind)
        data = cbor.loads(raw, limit=len(raw))
        if handler is None or not isinstance(data, dict):
            continue
        event = Event(at, quality, kind, data)
        try:
            county_words.check(kind, event.data)
        except FormatError:
            continue
        handler(driver, writer, event)
        driver.execute("UPDATE county_event SET state = 'read' WHERE number = ?", (number,))
        done += 1
    return done


def _event(driver: Driver, writer: Writer, segment: Segment, position: int, event: Event) -> None:
    handler = _HANDLERS.get(event.kind)
    why = "unknown"
    if handler is not None:
        try:
            county_words.check(event.kind, event.data)
        except FormatError as error:
            why = error.message
        else:
            handler(driver, writer, event)
            return
    driver.execute(
        "INSERT INTO county_event (county, epoch, seq, position, at, quality, kind, data, why,"
        " received_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'kept')",
        (
            writer.county,
            segment.header.epoch,
            segment.header.seq,
            position,
            event.at_ms,
            event.quality,
            event.kind,
            cbor.dumps(dict(event.data)),
            why,
            writer.now_ms,
        ),
    )


def _begin(_driver: Driver, _writer: Writer, _event: Event) -> None:
    """Do nothing: it was looked at before anything was taken."""


def _notice(driver: Driver, writer: Writer, event: Event) -> None:
    data: Mapping[str, Any] = event.data
    village.put_notice(
        driver,
        CountyNotice(
            writer.county,
            data["id"],
            writer.name,
            data["title"],
            data["text"],
            data["from"],
            data["until"],
        ),
    )


def _notice_end(driver: Driver, writer: Writer, event: Event) -> None:
    data: Mapping[str, Any] = event.data
    village.end_notice(driver, writer.county, data["id"], event.at_ms)


def _course(driver: Driver, writer: Writer, event: Event) -> None:
    data: Mapping[str, Any] = event.data
    sessions = [(begin, end) for begin, end in data["sessions"]]
    village.put_course(
        driver,
        CountyCourse(
            county=writer.county,
            course_id=data["id"],
            first_at=min((begin for begin, _ in sessions), default=None),
            sessions=sessions,
            **{name: data[name] for name in _COURSE},
        ),
    )


def _course_end(driver: Driver, writer: Writer, event: Event) -> None:
    data: Mapping[str, Any] = event.data
    village.end_course(driver, writer.county, data["id"])


def _setting(driver: Driver, writer: Writer, event: Event) -> None:
    data: Mapping[str, Any] = event.data
    village.put_setting(driver, writer.county, data["name"], data["value"], event.at_ms)


def _software(driver: Driver, writer: Writer, event: Event) -> None:
    data: Mapping[str, Any] = event.data
    village.put_software(
        driver,
        Software(
            writer.county,
            data["version"],
            data["text"],
            data["url"],
            data["size"],
            data["sha256"],
            event.at_ms,
        ),
    )


def _revoked(driver: Driver, writer: Writer, event: Event) -> None:
    data: Mapping[str, Any] = event.data
    village.put_revoked(
        driver, writer.county, data["key"], what=data["what"], why=data["why"], at=event.at_ms
    )


def _reply(driver: Driver, writer: Writer, event: Event) -> None:
    data: Mapping[str, Any] = event.data
    village.put_reply(driver, writer.county, writer.name, data["sealed"], writer.now_ms)


def _case_answer(driver: Driver, writer: Writer, event: Event) -> None:
    data: Mapping[str, Any] = event.data
    cases.put_answer(driver, data["sealed"], writer.now_ms)


def _erased(driver: Driver, writer: Writer, event: Event) -> None:
    erasing.note_receipt(driver, event, writer.now_ms)


def _heat_warning(driver: Driver, writer: Writer, event: Event) -> None:
    data: Mapping[str, Any] = event.data
    put_warning(
        driver,
        ToldWarning(
            writer.county,
            data["region"],
            writer.name,
            data["level"],
            data["from"],
            data["until"],
            data["issued"],
        ),
    )


def _certificate(driver: Driver, writer: Writer, event: Event) -> None:
    data: Mapping[str, Any] = event.data
    certificates.answer(driver, writer.county, data["request"], data["chain"], "", writer.now_ms)


def _no_certificate(driver: Driver, writer: Writer, event: Event) -> None:
    data: Mapping[str, Any] = event.data
    certificates.answer(driver, writer.county, data["request"], None, data["why"], writer.now_ms)


def _weather(driver: Driver, sources: list[Source]) -> None:
    names = county_words.WEATHER_COLUMNS[1:]
    rows = []
    for source in sources:
        made = source.columns.get("made_at")
        if made is None or set(source.columns) - set(county_words.WEATHER_COLUMNS):
            raise FormatError("weather/1: made_at lacks, or a column is unknown")
        for index, at in enumerate(source.times_ms):
            made_at = made[index]
            if made_at is None or made_at != int(made_at):
                raise FormatError("weather/1: made_at is no time")
            values = [_value(source, name, index) for name in names]
            rows.append(Forecast(at, source.device, int(made_at), *values))
    village.put_forecasts(driver, rows)


def _normals(driver: Driver, sources: list[Source]) -> None:
    rows = []
    for source in sources:
        if set(source.columns) - set(county_words.NORMAL_COLUMNS):
            raise FormatError("weather-normal/1: a column is unknown")
        for index, at in enumerate(source.times_ms):
            day, rest = divmod(at - county_words.NORMAL_YEAR_MS, county_words.DAY_MS)
            if rest or not 0 <= day < 366:
                raise FormatError("weather-normal/1: a time is no day of its year")
            values = [_value(source, name, index) for name in county_words.NORMAL_COLUMNS]
            rows.append(Normal(source.device, day + 1, *values))
    village.put_normals(driver, rows)


def _value(source: Source, name: str, index: int) -> float | None:
    column = source.columns.get(name)
    return None if column is None else column[index]


_COURSE = (
    *("title", "text", "place", "seats", "cost_cents", "language", "level", "area"),
    *("access", "statistics", "contact"),
)
_HANDLERS: Mapping[str, Callable[[Driver, Writer, Event], None]] = {
    county_words.BEGIN: _begin,
    county_words.NOTICE: _notice,
    county_words.NOTICE_END: _notice_end,
    county_words.COURSE: _course,
    county_words.COURSE_END: _course_end,
    county_words.SETTING: _setting,
    county_words.SOFTWARE: _software,
    county_words.REVOKED: _revoked,
    county_words.REPLY: _reply,
    county_words.CASE_ANSWER: _case_answer,
    county_words.ERASED: _erased,
    county_words.HEAT_WARNING: _heat_warning,
    county_words.CERTIFICATE: _certificate,
    county_words.NO_CERTIFICATE: _no_certificate,
}
_COLUMNS: Mapping[str, Callable[[Driver, list[Source]], None]] = {
    county_words.WEATHER_SCHEMA: _weather,
    county_words.NORMAL_SCHEMA: _normals,
}
