"""All pages of the village's board, put together."""

from __future__ import annotations

from flask import Flask

from edge.clock import Clock
from edge.config import Config
from edge.desk.helpdesk import HelpDesk
from edge.web.village.help import forget_with_the_visit, help_pages
from edge.web.village.help_desk import help_desk_pages, note_presence
from edge.web.village.hours import hour_pages
from edge.web.village.hours_desk import hour_desk_pages
from edge.web.village.live import MOST, Streams
from edge.web.village.market import market_pages
from edge.web.village.market_desk import market_desk_pages
from edge.web.village.notices import feed_pages, notice_pages
from edge.web.village.notices_desk import notice_desk_pages
from edge.web.village.slips import slip_pages

_KEY = "dorfhub-live"


def add_live(app: Flask, config: Config, clock: Clock) -> None:
    """Add who calls and who follows. Before `add_access`: at *Fertig* the visit ends last."""
    streams = Streams(min(MOST, config.web.threads // 2))
    desk = HelpDesk(clock)
    app.extensions[_KEY] = (desk, streams)
    forget_with_the_visit(app, desk)


def add_village_pages(app: Flask, config: Config, clock: Clock) -> None:
    """Add the pages, after `add_access`."""
    desk, streams = live_of(app)
    note_presence(app, desk)
    for pages in (
        help_pages(config, desk, streams),
        help_desk_pages(desk, streams),
        notice_pages(config, clock),
        feed_pages(config, clock),
        slip_pages(config, clock),
        notice_desk_pages(config, clock),
        hour_pages(config, clock),
        hour_desk_pages(config, clock),
        market_pages(config, clock),
        market_desk_pages(config, clock),
    ):
        app.register_blueprint(pages)


def live_of(app: Flask) -> tuple[HelpDesk, Streams]:
    """Return who calls, and who follows."""
    found: tuple[HelpDesk, Streams] = app.extensions[_KEY]
    return found


def stop_live(app: Flask) -> None:
    """End every stream, so that the server's threads can stop."""
    desk, streams = live_of(app)
    streams.stop()
    desk.stop()
