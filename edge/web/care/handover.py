"""`/pflege/uebergabe/N`: a handover note (SBAR) that begins with facts, is written on and printed.

Nothing of it is kept: it is on the screen, then on paper.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, render_template

from edge.clock import Clock
from edge.config import Config
from edge.ward.handover import DAYS, Facts, Handover
from edge.ward.round import Reason
from edge.ward.vitals import Course
from edge.web import words
from edge.web.access import visit
from edge.web.care import alert_words
from edge.web.care import words as care_words
from edge.web.care.point import Opener, care_blueprint
from edge.web.staff import entered

MAX_PART = 3000
PARTS = (
    ("situation", "S – Situation", "Was ist jetzt?"),
    ("hintergrund", "B – Hintergrund", "Was muss man dazu wissen?"),
    ("einschaetzung", "A – Einschätzung", "Was sagen die Werte, und was halten Sie davon?"),
    ("empfehlung", "R – Empfehlung", "Was soll wer bis wann tun?"),
)


def handover_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pflege/uebergabe`."""
    pages = care_blueprint("care_handover", "/pflege/uebergabe")
    views = _Views(Opener(config, clock))
    pages.add_url_rule("/<int:person>", view_func=views.write, endpoint="write")
    pages.add_url_rule("/<int:person>", view_func=views.paper, methods=["POST"], endpoint="paper")
    return pages


class _Views:
    """The views."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener

    def write(self, person: int) -> str:
        with self._opener.opened() as point:
            facts = Handover(point.vault, point.clock).facts(point.reader(), person)
            now = words.local(point.now_ms)
        return self._form(person, facts.sheet.client.name, prefilled(facts, now), {})

    def paper(self, person: int) -> str | tuple[str, int]:
        form = entered()
        said = {key: form.text(key).replace("\r\n", "\n").strip() for key, _, _ in PARTS}
        with self._opener.opened() as point:
            client = point.client(person)
            now = words.local(point.now_ms)
        long = {
            key: f"Das ist zu lang: Hier passen {MAX_PART} Zeichen hinein."
            for key, text in said.items()
            if len(text) > MAX_PART
        }
        if long or form.has("weiter"):
            page = self._form(person, client.name, said, long)
            return page, HTTPStatus.UNPROCESSABLE_ENTITY if long else HTTPStatus.OK
        return render_template(
            "care/handover_paper.html",
            person=person,
            name=client.name,
            parts_of=[(key, title, said[key]) for key, title, _ in PARTS],
            when=care_words.moment(round(now.timestamp() * 1000)),
            by=visit().name,
        )

    @staticmethod
    def _form(person: int, name: str, said: dict[str, str], wrong: dict[str, str]) -> str:
        return render_template(
            "care/handover.html",
            person=person,
            name=name,
            parts_of=[(key, title, hint, said.get(key, "")) for key, title, hint in PARTS],
            wrong=wrong,
            most=MAX_PART,
        )


def prefilled(facts: Facts, now: datetime) -> dict[str, str]:
    """Return what each part begins with. What a person alone can say stays open."""
    return {
        "situation": _lines(_alerts(facts.open, now) or ["Keine offene Meldung."]),
        "hintergrund": _lines(_background(facts, now)),
        "einschaetzung": _lines([*_values(facts.sheet.courses, now), "", "Meine Einschätzung: "]),
        "empfehlung": "",
    }


def _alerts(reasons: Sequence[Reason], now: datetime) -> list[str]:
    found = []
    for one in reasons:
        said = " ".join(alert_words.sentences(one))
        text = f"{alert_words.title(one)}, {alert_words.since(one.since, now)}."
        found.append(f"{text} {said}".strip())
        if one.taken_by:
            found.append(f"Darum kümmert sich: {one.handed_to or one.taken_by}.")
    return found


def _background(facts: Facts, now: datetime) -> list[str]:
    found = []
    if facts.around:
        names = [f"{name} ({relation})" if relation else name for name, relation in facts.around]
        found.append(f"Im Kreis: {', '.join(names)}.")
    found.append(f"Geräte zu Hause: {facts.devices or 'keines'}.")
    for one, outcome in zip(facts.closed, facts.outcomes, strict=True):
        ended = f" Ausgang: {outcome}" if outcome else ""
        found.append(
            f"In den letzten {DAYS} Tagen: {alert_words.title(one)}, "
            f"{alert_words.since(one.since, now)}.{ended}"
        )
    return found


def _values(courses: Sequence[Course], now: datetime) -> list[str]:
    found = []
    for course in courses:
        newest, digits = course.newest, course.vital.digits
        if newest is None:
            continue
        unit, label = care_words.unit(course.vital.key), care_words.label(course.vital.key)
        when = words.ago(newest.at, now) if newest.certain else "Zeit unbekannt"
        spans = []
        for curve in course.curves():
            values = [one.value for one in curve.points]
            if values:
                low, high = words.number(min(values), digits), words.number(max(values), digits)
                spans.append(f"{low} bis {high}")
        found.append(
            f"{label}: {care_words.value(newest.values, digits)} {unit}, {when}. "
            f"In {DAYS} Tagen: {' / '.join(spans)} ({len(course.rows)} Messungen)."
        )
    return found or [f"In den letzten {DAYS} Tagen keine Werte."]


def _lines(lines: Sequence[str]) -> str:
    return "\n".join(lines)
