"""All pages of care, put together."""

from __future__ import annotations

from flask import Flask

from edge.clock import Clock
from edge.config import Config
from edge.web.card_parts import on_card
from edge.web.care.alerts import alert_pages
from edge.web.care.case_pages import case_pages
from edge.web.care.client import client_pages
from edge.web.care.devices import device_pages
from edge.web.care.handover import handover_pages
from edge.web.care.news import AlertNews
from edge.web.care.overview import overview_pages
from edge.web.care.own import OwnValues, own_pages
from edge.web.care.people import people_pages
from edge.web.care.people_consents import consent_pages
from edge.web.care.people_contacts import contact_pages
from edge.web.care.people_own import OwnBook, own_book_pages
from edge.web.care.plan import plan_pages
from edge.web.care.relatives import RelativesValues, relative_card_pages, relative_pages
from edge.web.care.video_pages import add_video
from edge.web.care_menu import add_care_menu
from edge.web.village.pages import live_of


def add_care_pages(app: Flask, config: Config, clock: Clock) -> None:
    """Add the pages, after those of the village, whose streams they share."""
    _, streams = live_of(app)
    news = AlertNews(config, clock)
    add_care_menu(app)
    for pages in (
        overview_pages(config, clock, streams, news),
        alert_pages(config, clock, streams, news),
        client_pages(config, clock),
        plan_pages(config, clock),
        device_pages(config, clock),
        handover_pages(config, clock),
        relative_card_pages(config, clock),
        relative_pages(config, clock),
        own_pages(config, clock),
        people_pages(config, clock),
        consent_pages(config, clock),
        contact_pages(config, clock),
        own_book_pages(config, clock),
        case_pages(config, clock),
    ):
        app.register_blueprint(pages)
    on_card(app, OwnBook(config, clock))
    on_card(app, OwnValues(config))
    on_card(app, RelativesValues(config, clock))
    add_video(app, config, clock)
