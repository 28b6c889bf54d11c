"""A heat cadastre with outlines: every class, a block of few buildings, one that is nowhere."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path

from edge.config import Config
from edge.heat.address import Streets
from edge.heat.said import Method, Said
from edge.store.village import VillageStore
from edge.store.village_heat import NewBuilding
from edge.store.village_heat_runs import EstimateRow, TotalRow

HEAT_MAP_PAGES = {
    "waermekarte": "/kataster/karte",
    "waermekarte-strassen": "/kataster/karte/strassen",
    "waermekataster": "/kataster/qualitaet",
    "waermeszenario": "/kataster/szenario",
}
DAY = date(2026, 3, 1)
DENSITIES = (60.0, 150.0, 320.0, 610.0, 930.0, 210.0)  # MWh/(ha a)
WEST, SOUTH, TURN = 8.6, 50.6, math.radians(14)


def _point(x: float, y: float) -> list[float]:
    east = x * math.cos(TURN) - y * math.sin(TURN)
    north = x * math.sin(TURN) + y * math.cos(TURN)
    return [round(WEST + east / 70_600, 7), round(SOUTH + north / 111_320, 7)]


def _ring(*points: tuple[float, float]) -> str:
    ring = [_point(x, y) for x, y in (*points, points[0])]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


def _line(*points: tuple[float, float]) -> str:
    return json.dumps({"type": "LineString", "coordinates": [_point(x, y) for x, y in points]})


def furnish_heat_map(config: Config, now_ms: int) -> None:
    """Give the village blocks, streets, buildings, an estimate and a scenario to be filled in."""
    folder = config.source.parent / "szenarien"
    folder.mkdir(exist_ok=True)
    example = Path(__file__).parents[1] / "docs" / "heat-scenario.example.toml"
    (folder / "sanierung.toml").write_text(example.read_text("utf-8"), "utf-8")
    with VillageStore(config.hub.village_db) as village:
        draw(village, now_ms)


def draw(village: VillageStore, now_ms: int) -> None:
    """Draw six blocks and three streets, one block of four buildings, one of no outline."""

    def said(value: float) -> Said:
        return Said(value, "Vermessungsamt", DAY, Method.SURVEY)

    totals, outlines = [], {}
    for n, density in enumerate(DENSITIES):
        x, y = n % 3 * 140.0, n // 3 * 110.0
        block = village.keep_place("block", f"Block {n + 1}", {"hectares": said(1.2)}, now_ms)
        outlines[block] = _ring((x, y), (x + 130, y), (x + 130 - n * 3, y + 100), (x, y + 95))
        kwh = density * 1.2 * 1000
        totals.append(TotalRow(block, 6 + n, kwh, kwh * 0.8, kwh * 1.25))
    small = village.keep_place("block", "Am Waldrand", {"hectares": said(0.8)}, now_ms)
    outlines[small] = _ring((430, 20), (520, 10), (540, 120), (440, 130))
    unsized = village.keep_place("block", "Ohne Umriss und Fläche", {}, now_ms)
    totals.append(TotalRow(unsized, 7, 140_000, 110_000, 175_000))
    for n, (name, kwh_m) in enumerate((("Hauptstraße", 3400.0), ("Lindenweg", 1200.0),
                                       ("Am Bach", 300.0), ("Hohlweg", 0.0))):  # fmt: skip
        facts = {"length": said(420.0)}
        section = village.keep_place("section", name, facts, now_ms)
        y = -5 + n * 108.0 if n < 3 else 250.0
        outlines[section] = _line((-10, y), (200, y + 4), (410 + 40 * (n == 3), y))
        if kwh_m:
            totals.append(TotalRow(section, 9, kwh_m * 420, kwh_m * 350, kwh_m * 500))
    village.keep_outlines(places=outlines)
    key = Streets().key("Holzheim", "Hauptstraße", "1")
    (kept,) = village.keep_buildings(
        [NewBuilding(key, "Hauptstraße 1", "Holzheim", {}, block="Block 1")], now_ms
    )
    rows = [EstimateRow(kept.building, 21_000.0, 15_000.0, 29_000.0, "typology")]
    village.keep_run(now_ms, "Beispielwerte", (3, 1), rows, totals)
