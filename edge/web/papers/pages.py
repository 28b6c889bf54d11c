"""All blueprints of papers and certificates; they share one press."""

from __future__ import annotations

from flask import Blueprint

from edge.clock import Clock
from edge.config import Config
from edge.paper.press import Press
from edge.web.papers.certificates import certificate_pages
from edge.web.papers.check import check_pages
from edge.web.papers.printing import print_pages
from edge.web.papers.thanks import thanks_pages


def paper_blueprints(config: Config, clock: Clock) -> list[Blueprint]:
    """Return the pages below `/pult/druck`, `/pult/bescheinigungen` and `/pruefen`."""
    press = Press()
    return [
        print_pages(config, clock, press),
        thanks_pages(config, clock, press),
        certificate_pages(config, clock, press),
        check_pages(config, clock),
    ]
