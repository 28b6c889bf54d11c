"""`/oeffnung`: whether hall, library and office are open, this week and on special days."""

from __future__ import annotations

from flask import Blueprint, render_template

from edge.clock import Clock
from edge.config import Config
from edge.learning.moment import local_day
from edge.store.errors import StoreError
from edge.store.shared import looking
from edge.web.access import Role, open_blueprint
from edge.web.this_minute import ThisMinute
from edge.web.tongue import say
from edge.web.village import shown
from edge.web.village.trouble import store_failed
from edge.web.village.words import WEEKDAYS, hours


def hour_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the page `/oeffnung`."""
    pages = Blueprint("hours", __name__, url_prefix="/oeffnung")
    minute = ThisMinute(config, clock)

    @pages.get("", endpoint="hours")
    def show() -> str:
        return render_template("village/hours.html", rows=minute.get("hours", told))

    def told() -> list[dict[str, object]]:
        now = clock.stamp().wall_ms
        today = local_day(now)
        with looking(config.hub.village_db) as village:
            places = village.places()
        return [
            {
                "place": place,
                "now": shown.opening(place, now),
                "week": [
                    (say(WEEKDAYS[day.day.weekday()]), told, day.why, day.day == today)
                    for day, told in shown.week(place, now)
                ],
                "special": [(one, hours(one.spans)) for one in place.special if one.last >= today],
            }
            for place in places
        ]

    open_blueprint(pages, Role.VILLAGER)
    pages.register_error_handler(StoreError, store_failed)
    return pages
