"""All blueprints of the volunteers' desk."""

from __future__ import annotations

from flask import Blueprint

from edge.clock import Clock
from edge.config import Config
from edge.web.desk.assets import asset_pages
from edge.web.desk.cards import card_pages
from edge.web.desk.checkin import checkin_pages
from edge.web.desk.courses import course_pages
from edge.web.desk.editor import editor_pages
from edge.web.desk.faults import fault_pages
from edge.web.desk.lending import lending_desk_pages
from edge.web.desk.lists import list_pages
from edge.web.desk.load import load_pages
from edge.web.desk.places import place_pages
from edge.web.desk.report import report_pages
from edge.web.desk.rota import rota_pages
from edge.web.desk.rota_people import people_pages
from edge.web.desk.sessions import session_pages
from edge.web.desk.today import desk_pages

_PAGES = (
    *(desk_pages, course_pages, editor_pages, session_pages, list_pages),
    *(checkin_pages, card_pages, place_pages, report_pages, load_pages),
    *(lending_desk_pages, asset_pages, rota_pages, people_pages, fault_pages),
)


def desk_blueprints(config: Config, clock: Clock) -> list[Blueprint]:
    """Return the pages below `/pult` that are the desk's own."""
    return [make(config, clock) for make in _PAGES]
