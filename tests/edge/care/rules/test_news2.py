"""NEWS2 at every integer and 0.1 of each parameter, against a table of its own.

The table here is written as ranges of the chart (Royal College of Physicians, 2017), not as steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from itertools import product

import pytest

from edge.care.rules.news2 import ACKNOWLEDGEMENT, PARAMETERS, Risk, Signs, score

WELL: Mapping[str, object] = {
    "respiration_rate": 16, "oxygen_saturation": 97, "on_oxygen": False, "systolic": 130,
    "pulse": 70, "consciousness": "A", "temperature": 37.0,
}  # fmt: skip

# parameter: (least, most, points) of each box of the chart
CHART = {
    "respiration_rate": [(0, 8, 3), (9, 11, 1), (12, 20, 0), (21, 24, 2), (25, 99, 3)],
    "systolic": [(0, 90, 3), (91, 100, 2), (101, 110, 1), (111, 219, 0), (220, 400, 3)],
    "pulse": [(0, 40, 3), (41, 50, 1), (51, 90, 0), (91, 110, 1), (111, 130, 2), (131, 300, 3)],
    "oxygen_saturation": [(0, 91, 3), (92, 93, 2), (94, 95, 1), (96, 100, 0)],
}
SCALE_2 = {
    False: [(0, 83, 3), (84, 85, 2), (86, 87, 1), (88, 92, 0), (93, 100, 0)],
    True: [
        (0, 83, 3), (84, 85, 2), (86, 87, 1), (88, 92, 0), (93, 94, 1), (95, 96, 2), (97, 100, 3),
    ],
}  # fmt: skip
TEMPERATURE = [(200, 350, 3), (351, 360, 1), (361, 380, 0), (381, 390, 1), (391, 450, 2)]


def points(boxes: list[tuple[int, int, int]], value: int) -> int:
    (found,) = [points for least, most, points in boxes if least <= value <= most]
    return found


def signs(**other: object) -> Signs:
    return Signs(**{**WELL, **other})  # type: ignore[arg-type]


@pytest.mark.parametrize("parameter", CHART)
def test_every_integer_of_a_parameter(parameter: str) -> None:
    boxes = CHART[parameter]
    for value in range(boxes[0][0], boxes[-1][1] + 1):
        found = score(signs(**{parameter: value}))
        assert found.points[parameter] == points(boxes, value), value
        assert found.total == points(boxes, value)


@pytest.mark.parametrize("parameter", CHART)
def test_every_tenth_between_integers_goes_to_the_nearer(parameter: str) -> None:
    boxes = CHART[parameter]
    for tenths in range(10 * boxes[0][0], 10 * boxes[-1][1] + 1):
        nearer = int(Fraction(tenths, 10) + Fraction(1, 2))
        found = score(signs(**{parameter: tenths / 10}))
        assert found.points[parameter] == points(boxes, nearer), tenths


def test_every_tenth_of_a_degree_and_what_is_between() -> None:
    for tenths in range(200, 451):
        assert score(signs(temperature=tenths / 10)).total == points(TEMPERATURE, tenths), tenths
    for hundredths in range(2000, 4500):
        nearer = int(Fraction(hundredths, 10) + Fraction(1, 2))
        found = score(signs(temperature=hundredths / 100))
        assert found.points["temperature"] == points(TEMPERATURE, nearer), hundredths


@pytest.mark.parametrize("on_oxygen", [False, True])
def test_every_saturation_on_scale_2(on_oxygen: bool) -> None:  # noqa: FBT001
    for value in range(101):
        found = score(signs(oxygen_saturation=value, on_oxygen=on_oxygen), scale=2)
        assert found.points["oxygen_saturation"] == points(SCALE_2[on_oxygen], value), value
        assert found.total == points(SCALE_2[on_oxygen], value) + 2 * on_oxygen
    for tenths in range(1001):
        nearer = int(Fraction(tenths, 10) + Fraction(1, 2))
        found = score(signs(oxygen_saturation=tenths / 10, on_oxygen=on_oxygen), scale=2)
        assert found.points["oxygen_saturation"] == points(SCALE_2[on_oxygen], nearer), tenths


def test_scale_1_does_not_ask_whether_oxygen_is_given() -> None:
    for value, on_oxygen in product(range(101), (False, True)):
        found = score(signs(oxygen_saturation=value, on_oxygen=on_oxygen))
        assert found.points["oxygen_saturation"] == points(CHART["oxygen_saturation"], value)


@pytest.mark.parametrize(("letter", "expected"), [("A", 0), ("C", 3), ("V", 3), ("P", 3), ("U", 3)])
def test_consciousness_by_letter(letter: str, expected: int) -> None:
    assert score(signs(consciousness=letter)).total == expected


def test_given_oxygen_is_two_points() -> None:
    assert score(signs(on_oxygen=True)).total == 2


@pytest.mark.parametrize(
    "absent",
    [
        "respiration_rate",
        "oxygen_saturation",
        "on_oxygen",
        "systolic",
        "pulse",
        "consciousness",
        "temperature",
    ],
)
def test_a_set_that_is_not_whole_has_no_total(absent: str) -> None:
    found = score(signs(**{absent: None}))
    name = "oxygen" if absent == "on_oxygen" else absent
    assert (found.is_partial, found.total, found.missing) == (True, None, (name,))
    assert name not in found.points
    assert set(found.points) | set(found.missing) == set(PARAMETERS)


def test_what_a_home_can_measure_is_named_partial_and_is_the_least_it_can_be() -> None:
    home = Signs(oxygen_saturation=91, systolic=100, pulse=111, temperature=38.1)
    found = score(home)
    assert found.missing == ("respiration_rate", "oxygen", "consciousness")
    assert (found.total, found.at_least, found.risk) == (None, 8, Risk.HIGH)
    assert found.single == ("oxygen_saturation",)


def test_on_scale_2_a_high_saturation_is_absent_where_nobody_knows_of_oxygen() -> None:
    assert score(signs(oxygen_saturation=92, on_oxygen=None), 2).missing == ("oxygen",)
    found = score(signs(oxygen_saturation=93, on_oxygen=None), 2)
    assert found.missing == ("oxygen_saturation", "oxygen")
    assert score(signs(oxygen_saturation=None), 2).missing == ("oxygen_saturation",)


@pytest.mark.parametrize(
    ("other", "total", "risk"),
    [
        ({}, 0, Risk.LOW),
        ({"respiration_rate": 21, "pulse": 111}, 4, Risk.LOW),
        ({"respiration_rate": 25}, 3, Risk.LOW_MEDIUM),
        ({"respiration_rate": 25, "pulse": 91}, 4, Risk.LOW_MEDIUM),
        ({"respiration_rate": 21, "pulse": 111, "temperature": 38.1}, 5, Risk.MEDIUM),
        ({"respiration_rate": 25, "pulse": 111, "temperature": 38.1}, 6, Risk.MEDIUM),
        ({"respiration_rate": 25, "pulse": 111, "temperature": 39.1}, 7, Risk.HIGH),
        ({"respiration_rate": 25, "oxygen_saturation": 91, "on_oxygen": True, "systolic": 90,
          "pulse": 131, "consciousness": "U", "temperature": 35.0}, 20, Risk.HIGH),
    ],
)  # fmt: skip
def test_thresholds_of_the_sum_and_of_a_single_three(
    other: dict[str, object], total: int, risk: Risk
) -> None:
    found = score(signs(**other))
    assert (found.total, found.risk) == (total, risk)


def test_what_is_no_scale_or_letter_is_refused() -> None:
    with pytest.raises(ValueError, match="scale 3"):
        score(Signs(), 3)
    with pytest.raises(ValueError, match="ACVPU"):
        score(Signs(consciousness="X"))


def test_the_college_is_acknowledged_in_program_and_docs() -> None:
    from pathlib import Path  # noqa: PLC0415

    assert "Royal College of Physicians" in ACKNOWLEDGEMENT
    docs = Path(__file__).parents[4] / "docs" / "care-rules.md"
    assert ACKNOWLEDGEMENT in " ".join(docs.read_text("utf-8").split())
