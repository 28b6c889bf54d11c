"""`/kataster/karte`: the village's heat on a map, for officials and who administrates the hub.

It is no publication: sums of five buildings and more that change from day to day would show single
buildings to who compares them. What is for everybody is released by `edge.publish`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, render_template

from edge.config import Config
from edge.publish.served import Served
from edge.store.village import VillageStore
from edge.web.access import Role, open_blueprint
from edge.web.addresses import heat_map_url
from edge.web.heat_map import heat_map
from edge.web.reach import only_german

if TYPE_CHECKING:
    from edge.store.village_heat_outlines import Placed


def heat_map_pages(config: Config) -> Blueprint:
    """Return the pages of blocks and of streets."""
    pages = Blueprint("heat_map", __name__, url_prefix="/kataster/karte")
    open_blueprint(pages, Role.OFFICIAL, Role.ADMINISTRATOR)
    pages.before_request(only_german)
    served = Served(config.hub.public)

    def page(kind: Placed) -> str:
        with VillageStore(config.hub.village_db) as village:
            drawn = heat_map(village, kind)
        public = heat_map_url(config) if served.is_served("waermekataster") else ""
        return render_template("heat_map.html", map=drawn, public=public)

    @pages.get("")
    def blocks() -> str:
        return page("block")

    @pages.get("/strassen")
    def streets() -> str:
        return page("section")

    return pages
