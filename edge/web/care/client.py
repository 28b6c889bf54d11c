"""`/pflege/person/N`: somebody's values over time, as far as they let this carer see them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request

from edge.clock import Clock
from edge.config import Config
from edge.ward.chart import Window
from edge.ward.plans import MAY_CHANGE
from edge.web import words
from edge.web.care import plan_words
from edge.web.care import words as care_words
from edge.web.care.charts import sheet_views
from edge.web.care.point import Opener, care_blueprint, rules_of

SPANS = ((7, "7 Tage"), (14, "14 Tage"), (30, "30 Tage"), (90, "90 Tage"), (360, "ein Jahr"))
USUAL_DAYS = 30
WHY = "Verlauf der Werte angesehen"


def client_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the pages below `/pflege/person`."""
    pages = care_blueprint("care_client", "/pflege/person")
    views = _Views(Opener(config, clock))
    pages.add_url_rule("/<int:person>", view_func=views.client, endpoint="client")
    return pages


class _Views:
    """The views."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener

    def client(self, person: int) -> str:
        days = chosen_days()
        with self._opener.opened() as point:
            reader = point.reader()
            window = Window.until(point.now_ms, days, zone())
            sheet = point.clients.sheet(reader, person, window.since_ms, window.until_ms, why=WHY)
            rules = rules_of(point.config)
            charts = sheet_views(sheet, window, point.now_ms, rules, with_limits=True)
            now = words.local(point.now_ms)
        return render_template(
            "care/client.html",
            client=sheet.client,
            may_change=reader.role in MAY_CHANGE,
            charts=charts,
            pauses=[
                (one.since, plan_words.pause(sheet.plan, one))
                for one in sheet.plan.pauses
                if one.holds_at(point.now_ms)
            ],
            kinds=[care_words.kind(one) for one in sheet.client.kinds],
            spans=SPANS,
            days=days,
            time=words.clock_time(now),
        )


def chosen_days() -> int:
    """Return how many days the visitor wants to see."""
    text = request.args.get("tage", "")
    return int(text) if text in {str(days) for days, _ in SPANS} else USUAL_DAYS


def zone() -> ZoneInfo:
    """Return the village's time zone."""
    return words.ZONE
