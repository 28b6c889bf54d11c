"""Somebody's own house with bills of three years, in a street of houses: for browser tests."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from edge.cadastre.household import Agreed, Answers, keep
from edge.cadastre.own_house import FILE
from edge.config import Config
from edge.desk.register import card_hash
from edge.desk.vault import Vault
from edge.heat.address import Streets
from edge.heat.bill import Bill
from edge.heat.said import Method, Said
from edge.store.village import VillageStore
from edge.store.village_heat import NewBuilding
from edge.store.village_heat_years import NORMAL
from edge.web.home_visit import DRAFT

CARD = "DHK1-" + "2E" * 16  # whose house is entered
FRESH_CARD = "DHK1-" + "3E" * 16  # whose is not
STREET = "Lindenstraße"
HOUSES = 8
DAY = date(2026, 3, 1)
DRAFTED = (
    "street=Lindenstraße", "number=3", "building=3", "address=Lindenstraße 3", "type=EFH",
    "year_built=1965", "area=120", "units=1", "heating=boiler", "carrier=oil", "hot_water=yes",
    "bill:1=oil_l|2400.0|2024-01-01|2024-12-31",
)  # fmt: skip
HOME_PAGES = {
    "haus": "/karte/haus",
    "haus-vergleich": "/karte/haus/1/vergleich",
    "haus-adresse": "/karte/haus/adresse",
    "haus-gebaeude": "/karte/haus/gebaeude",
    "haus-heizung": "/karte/haus/heizung",
    "haus-rechnungen": "/karte/haus/rechnungen",
    "haus-pruefen": "/karte/haus/pruefen",
    "haus-loeschen": "/karte/haus/loeschen",
    "haus-summe": "/karte/haus/summe",
}
HOME_CARDS = dict.fromkeys(HOME_PAGES.values(), card_hash(CARD))
VALUES = Path(__file__).parent / "furnishings/heat/typology.toml"  # made up
DEGREE_DAYS = {2023: 3100.0, 2024: 3000.0, 2025: 3300.0, NORMAL: 3400.0}
HOME_KEPT: dict[str, dict[str, tuple[str, ...]]] = {
    path: {DRAFT: DRAFTED} for path in HOME_PAGES.values() if path.count("/") == 3
}


def furnish_home(config: Config, now_ms: int) -> None:
    """Let a street stand in the cadastre, and somebody with a card have entered their house."""
    shutil.copy(VALUES, config.source.parent / FILE)
    with VillageStore(config.hub.village_db) as village:
        for year, kd in DEGREE_DAYS.items():
            village.keep_degree_days(year, kd, "Wetterstation", now_ms)
        village.keep_buildings(map(_house, range(1, HOUSES + 1)), now_ms)
    with Vault.of(config) as vault, vault.open() as personal:
        owner, fresh = (personal.add_person(name, now_ms) for name in ("Inge Roth", "Oleh Bondar"))
        personal.give_person_card(owner, card_hash(CARD), now_ms)
        personal.give_person_card(fresh, card_hash(FRESH_CARD), now_ms)
        bills = [
            Bill("oil_l", 2400.0 + 100 * n, date(year, 1, 1), date(year, 12, 31))
            for n, year in enumerate((2023, 2024, 2025))
        ]
        words = {"type": "EFH", "heating": "boiler", "carrier": "oil", "hot_water": "yes"}
        answers = Answers(words, {"year_built": 1965.0, "area": 120.0, "units": 1.0}, bills, DAY)
        agreed = Agreed(1, f"{STREET} 1", "Ja, das will ich.")
        keep(personal, owner, agreed, answers, now_ms)


def _house(number: int) -> NewBuilding:
    facts: dict[str, str | float] = {
        "type": "EFH", "year_built": 1960.0 + number, "area": 110.0 + 5 * number,
        "area_kind": "living", "units": 1.0,
    }  # fmt: skip
    return NewBuilding(
        Streets().key("Holzheim", STREET, str(number)),
        f"{STREET} {number}",
        "Holzheim",
        {name: Said(value, "ALKIS-Auszug", DAY, Method.SURVEY) for name, value in facts.items()},
        block="Block Mitte",
    )
