"""Operators' names in open data: what the builder keeps, the auditor passes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.publish import audit_parts
from edge.publish.names import season_name, sensor_name

FIRST, LAST = "2026-09-01", "2027-02-28"
PIECES = (
    "09/2026",
    "02/27",
    "2026-09",
    "2027-02-28",
    "01/09/2026",
    "-",
    " - ",
    "–",
    "/",
    " ",
    " + ",
)
NAMES = st.lists(
    st.sampled_from((*PIECES, "+49", "0", "6031", "12", "(", ")", "@", "Herbst", "x", "00123456")),
    max_size=7,
).map("".join)


@given(NAMES | st.text())
@example("09/26 02/27")
@example("0171 09/26 123")
def test_the_auditor_passes_what_the_builder_names(name: str) -> None:
    season = season_name(name, FIRST, LAST)
    assert season.strip()
    assert not audit_parts.reaches_beside_dates(season)
    assert not audit_parts.reaches_beside_dates(f"{season} + {season}")
    sensor = sensor_name(name, "innen")
    assert sensor.strip()
    assert not audit_parts.reaches(sensor)


@pytest.mark.parametrize(
    "name",
    [
        "09/2026-02/2027",
        "Herbst 09/2026 – 02/2027",
        "2026-09/2027-02",
        "01/09/2026-28/02/2027",
        "09/26 - 02/27",
        "2026/27",
        "Halbjahr 3",
    ],
)
def test_seasons_are_called_by_their_months(name: str) -> None:
    assert season_name(name, FIRST, LAST) == name


@pytest.mark.parametrize(
    "name",
    [
        "bei Erna, 06031 / 12 34 56",
        "+49 09/2026-02/2027",
        "09/2026-02/2027 06031 123456",
        "0171 09/26 123",
        "06031/12-12/34",
        "erna@example.org 09/2026",
        " ",
    ],
)
def test_what_may_be_a_number_is_said_otherwise(name: str) -> None:
    assert season_name(name, FIRST, LAST) == f"{FIRST} bis {LAST}"


@pytest.mark.parametrize("name", ["Erna, 06031 / 12 34 56", "a 09/2026-02/2027 06031 123456"])
def test_the_auditor_still_knows_a_number(name: str) -> None:
    assert audit_parts.reaches_beside_dates(name)


def test_a_sensor_called_by_its_number_is_called_by_its_place() -> None:
    assert sensor_name("Fühler 00123456", "außen") == "Fühler außen"
    assert sensor_name("Saal", "innen") == "Saal"
