"""A course as a page shows it: a drawing, a sentence, what is missing, and every value as text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.care.rules.ruleset import RuleSet
from edge.ward.chart import Band, Drawing, Gap, Limit, Window, draw, runs, thinned
from edge.ward.client import Sheet
from edge.ward.usual import PRACTICE, RULES, usual_of
from edge.ward.vitals import Course, Reading
from edge.web import words
from edge.web.care import words as care_words
from edge.web.tongue import say, say_count

MAX_ROWS = 200  # what a table can hold that somebody reads; a shorter time shows all
MAX_GAPS = 4


@dataclass(frozen=True, slots=True)
class ChartView:
    """One picture. ``points`` is what the script draws large, as JSON."""

    key: str
    title: str
    unit: str
    newest: str
    newest_when: str
    newest_certain: bool
    drawing: Drawing | None
    scale: tuple[str, ...]
    axis: tuple[str, ...]
    legend: tuple[str, ...]
    band: str
    limits: tuple[str, ...]
    gaps: tuple[str, ...]
    summary: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: str
    doubtful: str
    points: str


def sheet_views(
    sheet: Sheet, window: Window, now_ms: int, rules: RuleSet, *, with_limits: bool = False
) -> list[ChartView]:
    """Return the pictures of a sheet, each before what is usual for the person.

    ``with_limits`` draws from where on somebody is called: for who cares.
    """
    found = []
    for course in sheet.courses:
        usual = usual_of(
            course.vital, window, now_ms, rules=rules, plan=sheet.plan, state=sheet.state
        )
        limits = usual.limits if with_limits else ()
        found.append(chart_view(course, window, now_ms, usual.bands, limits))
    return found


def chart_view(
    course: Course,
    window: Window,
    now_ms: int,
    bands: Sequence[Band] = (),
    limits: Sequence[Limit] = (),
) -> ChartView:
    """Return the picture of a course within a window."""
    vital, digits = course.vital, course.vital.digits
    now = words.local(now_ms)
    drawing = draw(
        course.curves(),
        window,
        bands=bands,
        limits=limits,
        least_span=vital.least_span,
        end_ms=now_ms,
    )
    newest = course.newest
    rows = course.rows[-MAX_ROWS:][::-1]
    doubtful = sum(not one.certain for one in course.rows)
    return ChartView(
        key=vital.key,
        title=care_words.label(vital.key),
        unit=care_words.unit(vital.key),
        newest=care_words.value(newest.values, digits) if newest else "",
        newest_when=_when(newest, now) if newest else "",
        newest_certain=newest.certain if newest else True,
        drawing=drawing,
        scale=tuple(_tick(one) for one in drawing.ticks) if drawing else (),
        axis=tuple(words.short_day(one) for one in drawing.days) if drawing else (),
        legend=care_words.curve_names(vital.key),
        band=_band(bands, digits),
        limits=_limits(limits, care_words.curve_names(vital.key), digits),
        gaps=tuple(_gap(one) for one in (drawing.gaps if drawing else ())[-MAX_GAPS:]),
        summary=_summary(course, digits),
        head=(say("Zeit"), *care_words.curve_names(vital.key)),
        rows=tuple(_row(one, digits) for one in rows),
        left_out=_left_out(len(course.rows)),
        doubtful=say_count(
            "Bei {count} Wert ist unbekannt, wann er gemessen wurde. Er steht als hohler Punkt da.",
            "Bei {count} Werten ist unbekannt, wann sie gemessen wurden. Sie stehen als hohle "
            "Punkte da.",
            doubtful,
        )
        if doubtful
        else "",
        points=_points(course, window, bands, limits),
    )


def _when(row: Reading, now: datetime) -> str:
    if row.certain:
        return words.ago(row.at, now)
    return say("Zeit unbekannt, angekommen: {when}", when=words.ago(row.received_at, now))


def _row(row: Reading, digits: int) -> tuple[str, ...]:
    when = (
        care_words.moment(row.at)
        if row.certain
        else say("Zeit unbekannt, angekommen: {when}", when=care_words.moment(row.received_at))
    )
    return (when, *(care_words.value((one,), digits) for one in row.values))


def _left_out(count: int) -> str:
    if count <= MAX_ROWS:
        return ""
    return say(
        "Hier stehen die neuesten {shown} von {count} Werten. Ein kürzerer Zeitraum zeigt alle.",
        shown=MAX_ROWS,
        count=words.number(count),
    )


def _summary(course: Course, digits: int) -> str:
    said = []
    names, curves = care_words.curve_names(course.vital.key), course.curves()
    for name, curve in zip(names, curves, strict=True):
        values = [one.value for one in curve.points]
        if values:
            low, high = words.number(min(values), digits), words.number(max(values), digits)
            span = say("{low} bis {high}", low=low, high=high)
            said.append(span if len(curves) == 1 else f"{name} {span}")
    count = say_count("{count} Wert", "{count} Werte", len(course.rows))
    return f"{'; '.join(said)}. {count}."


def _band(bands: Sequence[Band], digits: int) -> str:
    newest: dict[str, Band] = {one.key: one for one in sorted(bands, key=lambda one: one.until)}
    spans = [
        say(
            "{low} bis {high}",
            low=words.number(one.low, digits),
            high=words.number(one.high, digits),
        )
        for one in newest.values()
    ]
    return "; ".join(spans)


def _limits(limits: Sequence[Limit], names: Sequence[str], digits: int) -> tuple[str, ...]:
    found = []
    for place, name in enumerate(names, 1):
        for whose, text in ((PRACTICE, say("Grenze der Praxis")), (RULES, say("Grenze"))):
            mine = sorted(one.value for one in limits if (one.key, one.curve) == (whose, place))
            if mine:
                about = f"{text} ({name})" if len(names) > 1 else text
                found.append(f"{about}: {' / '.join(words.number(one, digits) for one in mine)}")
    return tuple(found)


def _gap(gap: Gap) -> str:
    first, last = words.local(gap.since), words.local(gap.until)
    return say(
        "{first} bis {last}",
        first=words.short_day(first.date()),
        last=words.short_day(last.date()),
    )


def _tick(value: float) -> str:
    digits = 0 if value == round(value) else 1
    return words.number(value, digits)


def _points(course: Course, window: Window, bands: Sequence[Band], limits: Sequence[Limit]) -> str:
    """Return the curves thinned as the drawing is, in seconds since 1970, for the large one."""
    curves = [
        {
            "name": name,
            "runs": [
                [[round(one.at / 1000), one.value] for one in thinned(run, window)]
                for run in runs(curve.points)
            ],
            "doubtful": [
                [round(one.at / 1000), one.value] for one in curve.points if not one.certain
            ][-MAX_ROWS:],
        }
        for name, curve in zip(
            care_words.curve_names(course.vital.key), course.curves(), strict=True
        )
    ]
    found = {
        "unit": care_words.unit(course.vital.key),
        "curves": curves,
        "bands": [[round(b.since / 1000), round(b.until / 1000), b.low, b.high] for b in bands],
        "limits": [one.value for one in limits],
    }
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))
