"""`/zahlen`: the village in numbers, what is published and what never is, and whom to ask."""

from __future__ import annotations

from flask import Blueprint, render_template

from edge.clock import Clock
from edge.config import Config
from edge.publish.served import Served
from edge.web import words
from edge.web.access import Role, open_blueprint
from edge.web.addresses import data_url, heat_map_url
from edge.web.village_numbers import gather
from edge.web.village_rules import never, subjects
from hardware.reading import TimeQuality


def village_numbers_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the page."""
    pages = Blueprint("village_numbers", __name__)
    open_blueprint(pages, Role.VILLAGER)
    served = Served(config.hub.public)

    @pages.get("/zahlen")
    def numbers() -> str:
        stamp = clock.stamp()
        known = stamp.quality is not TimeQuality.UNKNOWN
        return render_template(
            "village_numbers.html",
            numbers=gather(served, words.local(stamp.wall_ms) if known else None),
            doubt="" if known else words.clock_quality(stamp.quality),
            subjects=subjects(served),
            never=never(),
            data_url=data_url(config),
            maps={"waermekataster": heat_map_url(config)},
            email=config.publish.email,
        )

    return pages
