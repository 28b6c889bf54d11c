"""`/wetter`: the forecast and what is usual, as the county sent them."""

from __future__ import annotations

from flask import Blueprint, render_template

from edge.clock import Clock
from edge.config import Config
from edge.web.access import Role, open_blueprint
from edge.web.weather import gather


def weather_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the page."""
    pages = Blueprint("weather", __name__)
    open_blueprint(pages, Role.VILLAGER)

    @pages.get("/wetter")
    def weather() -> str:
        return render_template("weather.html", weather=gather(config, clock))

    return pages
