"""`/kataster/qualitaet`: how complete the heat cadastre is, for officials and administrators."""

from __future__ import annotations

from flask import Blueprint, render_template

from edge.config import Config
from edge.store.village import VillageStore
from edge.web.access import Role, open_blueprint
from edge.web.heat_quality import HEADS, METHODS, WIDE, quality_picture
from edge.web.reach import only_german


def heat_quality_pages(config: Config) -> Blueprint:
    """Return the page."""
    pages = Blueprint("heat_quality", __name__, url_prefix="/kataster/qualitaet")
    open_blueprint(pages, Role.OFFICIAL, Role.ADMINISTRATOR)
    pages.before_request(only_german)

    @pages.get("")
    def shown() -> str:
        with VillageStore(config.hub.village_db) as village:
            picture = quality_picture(village)
        return render_template(
            "heat_quality.html",
            picture=picture,
            heads=HEADS,
            methods=[one.name.lower() for one in METHODS],
            wide=WIDE,
        )

    return pages
