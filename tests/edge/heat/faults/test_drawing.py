"""Faults as JSON, as words and as drawings."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from edge.heat.faults.drawing import HEIGHT, STYLE, WIDTH, svg
from edge.heat.faults.fault import (
    Amount,
    Axis,
    Evidence,
    Layer,
    Meaning,
    Verdict,
    as_object,
    from_object,
)
from edge.heat.faults.rules import find
from edge.heat.faults.words import TITLES, TODO, UNSEEN, de, size_of
from tests.made_faults import House, run

NS = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    sick = run(House(night_c=20.0, return_c=58.0), seed=3)
    heat = sick.heat + 9.0
    heat[720:960] = 0.0
    sick = replace(sick, heat=heat, cooling=np.where(sick.outdoor_c < 12, 3.0, sick.cooling))
    return find(replace(sick, return_c=np.where(sick.place == 40, np.nan, sick.return_c)))


def points(drawn: ET.Element) -> list[tuple[float, float]]:
    lines = [one.get("points") or "" for one in drawn.iter(f"{NS}polyline")]
    found = [tuple(map(float, at.split(","))) for line in lines for at in line.split()]
    found += [
        (float(one.get("cx") or 0), float(one.get("cy") or 0)) for one in drawn.iter(f"{NS}circle")
    ]
    return found  # type: ignore[return-value]


def test_a_verdict_goes_through_json(verdict: Verdict) -> None:
    assert len(verdict.faults) == 5
    assert from_object(json.loads(json.dumps(as_object(verdict), allow_nan=False))) == verdict
    empty = replace(verdict, faults=())
    assert from_object(as_object(empty)) == empty


def test_each_fault_is_drawn_within_its_frame(verdict: Verdict) -> None:
    for number, one in enumerate(verdict.faults):
        drawn = ET.fromstring(svg(one.evidence, number, STYLE))  # noqa: S314  # our own
        assert drawn.find(f"{NS}title").text == one.evidence.title
        found = points(drawn)
        assert len(found) > 10
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in found)
        assert len(drawn.findall(f"{NS}text")) >= 6


@pytest.mark.parametrize("days", [1, 5, 15, 50, 140, 700, 2000])
def test_a_time_axis_has_a_few_marks(days: int) -> None:
    at = tuple(738_000.0 + one for one in range(days + 1))
    layer = Layer("<Last> & mehr", "line", at, tuple(float(one % 7) for one in range(days + 1)))
    text = svg(Evidence("<x>", Axis.DAY, "kW", (layer,)))
    drawn = ET.fromstring(text)  # noqa: S314
    below = [one for one in drawn.iter(f"{NS}text") if one.get("y") == str(HEIGHT - 10)]
    assert 1 <= len(below) <= 10
    assert "&lt;Last&gt; &amp; mehr" in text


def test_gaps_points_alone_and_level_lines_are_drawn() -> None:
    y = (None, 2.0, None, 3.0, 3.0, None)
    layers = (
        Layer("a", "line", (0.0, 1.0, 2.0, 3.0, 4.0, 5.0), y),
        Layer("b", "line", (0.0, 5.0), (2.0, 2.0)),
        Layer("c", "line", (), ()),
        Layer("d", "line", (3.0,), (2.5,)),
        Layer("e", "dots", (3.0, 4.0), (2.5, None)),
    )
    drawn = ET.fromstring(svg(Evidence("x", Axis.DEGC, "°C", layers, ((-9.0, 99.0),))))  # noqa: S314
    assert len(drawn.findall(f"{NS}polyline")) == 4 + 4
    level = Evidence("x", Axis.HOUR, "°C", (Layer("a", "line", (1.0,), (20.5,)),))
    assert "20,5" in svg(level)
    assert svg(Evidence("x", Axis.DEGC, "kW", ())).endswith("</svg>")


def test_sizes_in_words(verdict: Verdict) -> None:
    one = verdict.faults[0]
    assert set(TITLES) == set(TODO) == set(UNSEEN)
    lost = Meaning.LOST
    alone = replace(one, meaning=lost, kwh=Amount(1234.4, 1234.4, 1234.4), m3=None, is_year=True)
    assert size_of(alone) == "1.234 kWh im Jahr"
    assert size_of(replace(alone, kwh=None)) == "Wärmemenge nicht zu beziffern"
    assert size_of(replace(alone, kwh=None, m3=12.0)) == "12 m³ Wasser zu viel im Jahr"
    both = replace(alone, kwh=Amount(5, 4, 6), m3=12.0, is_year=False)
    assert size_of(both) == (
        "5 kWh (4 bis 6) in der gemessenen Zeit, 12 m³ Wasser zu viel in der gemessenen Zeit"
    )
    assert de(1234567.891, 2) == "1.234.567,89"
