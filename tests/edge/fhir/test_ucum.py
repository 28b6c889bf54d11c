"""Units of UCUM: the standard's own examples, and what people write instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.fhir.ucum import is_unit
from hardware.quantity import CANONICAL_UNIT, Quantity

CARE = list(Quantity)[list(Quantity).index(Quantity.BLOOD_PRESSURE_SYSTOLIC) :]


@pytest.mark.parametrize(
    "code",
    [
        "mm[Hg]", "/min", "%", "Cel", "kg", "cm", "mmol/L", "mg/dL", "1", "10*3/uL", "{score}",
        "L/min/m2", "dyn.s/cm5", "m/s2", "mL/min/{1.73_m2}", "kg.m/s2",
        "m[H2O]", "[in_i'Hg]", "L/(min.m2)", "dyn.s.cm-5.m2", "10*-6", "[degF]", "ug/kg/h",
        "{Beats}/min", "mmol/mol{creat}", "a", "B[SPL]", "dB[SPL]", "[iU]/L", "m[IU]/L", "Ohm",
        "[ppm]", "/(10.min)", "g%", "[pH]", "mo_j", "uS/cm", "kJ", "Kibit",
    ],
)  # fmt: skip
def test_a_unit_is_one(code: str) -> None:
    assert is_unit(code)


@pytest.mark.parametrize(
    "code",
    [
        "", "mmHg", "mm(Hg)", "bpm", "C°", "°C", "beats/min", "kgs", "Celsius", "percent", "KG",
        "mm[hg]", "MMOL/L", "m//s", "m.", ".m", "m/", "0", "01", "(m", "m)", "m]", "[m", "{a", "a}",
        "{}", "{a}{b}", "10{x}", "m{x}s", "m s", "µg", "m2-", "k%", "(m)2", "[m[x]]", "m" * 81, "/",
        "{a{b}}", "()", "m(s)", "[x)y]", "-1", "+", "2-", "kmin", "u'",
    ],
)  # fmt: skip
def test_what_is_none_is_not(code: str) -> None:
    assert not is_unit(code)


def test_every_unit_of_care_is_ucums() -> None:
    wrong = {one.value for one in CARE if one in CANONICAL_UNIT
             if not is_unit(CANONICAL_UNIT[one].value)}  # fmt: skip
    assert wrong == set()


@given(st.text("mg[]{}()/.12-%Hgk*' ", max_size=12))
def test_any_text_is_answered(code: str) -> None:
    assert is_unit(code) in {True, False}
