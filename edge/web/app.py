"""The Flask application of the terminal.

Every page is complete as the server sends it; one small script only adds (:mod:`edge.web.reach`
says what must work without it). Nothing is from another host, no style stands in a page. Nothing
refreshes by itself, so that nobody loses the place they were reading; the page says as of when it
is and offers to load it anew. Pairing (:mod:`edge.web.pairing`) and a stick that is being written
are the exception: while the hub works for somebody who waits, the page loads itself anew; pages
made for waiting can be told to stop.
"""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter

from edge.clock import Clock, SystemClock
from edge.config import Config
from edge.web import words
from edge.web.access import add_access
from edge.web.accounts import account_pages
from edge.web.addresses import add_addresses
from edge.web.assets import add_assets
from edge.web.card_parts import on_card
from edge.web.care.pages import add_care_pages
from edge.web.courses import course_pages
from edge.web.design import design_pages
from edge.web.desk.pages import desk_blueprints
from edge.web.desk_menu import add_desk_menu
from edge.web.errors import add_errors
from edge.web.hall import hall_pages
from edge.web.headers import HEADERS, protect
from edge.web.heat_map_page import heat_map_pages
from edge.web.heat_quality_page import heat_quality_pages
from edge.web.home import OwnHome, home_pages
from edge.web.learn.pages import card_part, learn_pages
from edge.web.lending import lending_pages
from edge.web.material_desk import add_material_desk
from edge.web.own_account import own_account_pages
from edge.web.pairing import pairing_pages
from edge.web.papers.card import CardCertificates
from edge.web.papers.pages import paper_blueprints
from edge.web.reach import add_reach
from edge.web.scenario_page import scenario_pages
from edge.web.sign_in import sign_in_pages
from edge.web.slips import slip_pages
from edge.web.tongue import say
from edge.web.unlock import unlock_pages
from edge.web.village.pages import add_live, add_village_pages
from edge.web.village_numbers_page import village_numbers_pages
from edge.web.weather_page import weather_pages

__all__ = ["HEADERS", "create_app"]

# Ten thousand signs of any script, as a form writes them; who pastes more is told so by a page.
MAX_BODY_BYTES = 160 * 1024


class _Number(IntegerConverter):
    """A number in an address: no longer than one that a database takes."""

    regex = r"\d{1,18}"


def create_app(config: Config, clock: Clock | None = None) -> Flask:
    """Return the application for one hub."""
    clock = clock or SystemClock()
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.url_map.converters["int"] = _Number
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["number"] = words.number
    app.jinja_env.filters["date"] = lambda at: words.date(words.local(at))
    app.jinja_env.filters["day"] = words.date
    app.jinja_env.globals["_"] = say
    app.context_processor(lambda: {"village": config.hub.village})
    add_addresses(app)
    add_assets(app)
    protect(app)
    add_reach(app, config)
    add_live(app, config, clock)
    add_access(app, config, clock)
    add_errors(app)
    app.register_blueprint(hall_pages(config, clock))
    app.register_blueprint(course_pages(config, clock))
    app.register_blueprint(slip_pages(config, clock))
    app.register_blueprint(lending_pages(config, clock))
    app.register_blueprint(home_pages(config, clock))
    app.register_blueprint(pairing_pages(config, clock))
    app.register_blueprint(weather_pages(config, clock))
    app.register_blueprint(village_numbers_pages(config, clock))
    app.register_blueprint(heat_map_pages(config))
    app.register_blueprint(heat_quality_pages(config))
    app.register_blueprint(scenario_pages(config, clock))
    app.register_blueprint(design_pages())
    app.register_blueprint(sign_in_pages(app))
    app.register_blueprint(own_account_pages(app))
    app.register_blueprint(account_pages(app))
    app.register_blueprint(unlock_pages(config, clock))
    add_village_pages(app, config, clock)
    add_care_pages(app, config, clock)
    app.register_blueprint(learn_pages(config, clock))
    on_card(app, lambda card: card_part(config, clock, card))
    add_material_desk(app, config, clock)
    add_desk_menu(app)
    for pages in desk_blueprints(config, clock):
        app.register_blueprint(pages)
    for pages in paper_blueprints(config, clock):
        app.register_blueprint(pages)
    on_card(app, CardCertificates(config, clock))
    on_card(app, OwnHome(config))
    return app
