"""Invariants: what each operator and function says, and what is not known here."""

import contextlib
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.fhir.fhirpath import Item, Unreadable, holds
from edge.fhir.fhirpath_text import parse

ONE: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o",
    "status": "final",
    "valueQuantity": {"value": Decimal("36.60"), "code": "Cel"},
    "_effectiveDateTime": {"extension": [{"url": "urn:q", "valueCode": "unknown"}]},
    "code": {"coding": [{"system": "a", "code": "1"}, {"system": "b", "code": "2"}]},
    "component": [{"valueInteger": 3}, {"valueString": "x"}],
    "note": [{"text": "a"}, {"text": "a"}],
    "range": {"low": {"value": 1, "code": "m"}, "high": {"value": 2, "code": "m"}},
    "other": {"low": {"value": 1, "code": "m"}, "high": {"value": 2, "code": "g"}},
    "early": "2026-01-01T10:00:00+01:00",
    "late": "2026-01-01T09:30:00Z",
    "day": "2026-01-01",
    "month": "2026-01",
    "yes": True,
    "number": 5,
    "odd": [True, False],
}


def says(expression: str) -> bool:
    return holds(expression, Item(ONE, "Observation"), ONE, ONE)


TRUE = [
    "status = 'final'", "status != 'x'", "Observation.status.exists()", "value.exists()",
    "value.value = 36.6", "valueQuantity.code = 'Cel'", "component.value.count() = 2",
    "effective.exists() and effective.hasValue().not()", "effective.extension.exists()",
    "effective.extension('urn:q').value = 'unknown'", "code.coding[1].code = '2'",
    "code.coding[7].exists().not()", "code.coding.where(system = 'a').code = '1'",
    "code.coding.all(code.exists())", "code.coding.select(code).isDistinct()",
    "note.text.isDistinct().not()", "note.text.distinct().count() = 1", "x.empty()",
    "x.exists() implies false", "true or x", "false and x implies true", "(true xor false)",
    "range.low <= range.high", "range.low < range.high", "range.high > range.low",
    "range.high >= range.low", "other.low <= other.high", "late > early", "day >= day",
    "month < day", "1 + 2 * 3 = 7", "7 div 2 = 3", "7 mod 2 = 1", "1 / 0 = 1 or true",
    "-number = -5", "+number = 5", "'a' + 'b' = 'ab'", "'a' & x & 'b' = 'ab'", "3 - 1 = 2",
    "'x' in ('x' | 'y')", "('x' | 'y') contains 'x'", "x in ('a' | 'b') or true",
    "status in ('final' | 'amended')", "status.length() = 5", "status.startsWith('fi')",
    "status.endsWith('al')", "status.contains('ina')", "status.matches('^f.*l$')",
    "status.substring(2) = 'nal'", "status.substring(1, 2) = 'in'", "status.substring(9).empty()",
    "status.upper() = 'FINAL'", "status.upper().lower() = status", "status.indexOf('n') = 2",
    "status.replaceMatches('a', 'o') = 'finol'", "'12'.toInteger() = 12", "'a'.toInteger().empty()",
    "number.toString() = '5'", "yes.toString() = 'true'", "iif(yes, 1, 2) = 1",
    "iif(x.exists(), 1, 2) = 2", "iif(x.exists(), 1).empty()", "odd.allTrue().not()",
    "odd.anyTrue()", "odd.anyFalse()", "odd.allFalse().not()", "note.first().text = 'a'",
    "note.last().exists()", "note.tail().count() = 1", "trace('x').exists()",
    "children().count() > 5", "descendants().where($this = 'Cel').exists()",
    "code.coding.code.intersect('1' | '3').count() = 1", "code.coding.code.exclude('1') = '2'",
    "code.coding.code.union('1').count() = 2", "code.coding.code.combine('1').count() = 3",
    "'1'.subsetOf(code.coding.code)", "value is Quantity", "(value as Quantity).value.exists()",
    "value.ofType(Quantity).exists()", "value.ofType(string).empty()", "$this is Observation",
    "%resource.status = 'final'", "%rootResource.id = 'o'", "%context.id = 'o'",
    "%ucum = 'http://unitsofmeasure.org'", "number is integer", "status is FHIR.string",
    "{}.empty()",
    "`status`.exists()", "'it\\'s' = 'it\\u0027s'", "x", "x = 1", "note = note", "1.5 > 1", "x > 1",
    "yes", "status", "status < 5", "note.exists(text = 'a')",
]  # fmt: skip


@pytest.mark.parametrize("expression", TRUE)
def test_it_holds(expression: str) -> None:
    assert says(expression)


FALSE = [
    "status = 'x'", "status.empty()", "x.exists()", "note.text.isDistinct()", "late < early",
    "range.high <= range.low", "note.all(text = 'b')", "true xor true", "true and false",
    "yes implies false", "value is string", "status in ('a' | 'b')", "status.matches('^x')",
    "note = code", "false or false", "hasValue()",
]  # fmt: skip


@pytest.mark.parametrize("expression", FALSE)
def test_it_does_not(expression: str) -> None:
    assert not says(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "subject.resolve()", "status.conformsTo('x')", "note and true", "note.text.length()",
        "status.matches('(')", "code.length()", "status * 2", "%unknown", "note.repeat(text)",
        "day is date",
    ],
)  # fmt: skip
def test_what_is_not_known_is_said(expression: str) -> None:
    with pytest.raises(Unreadable):
        says(expression)


def test_what_is_too_much_is_not_looked_at() -> None:
    big = {"resourceType": "Bundle", "entry": [{"a": [1] * 500} for _ in range(500)]}
    with pytest.raises(Unreadable):
        holds("descendants().exists()", Item(big), big, big)
    with pytest.raises(Unreadable):
        holds("entry.select(a.select($this)).exists()", Item(big), big, big)
    with pytest.raises(Unreadable):
        holds("x.matches('a')", Item({"x": "a" * 20_000}), {}, {})


@pytest.mark.parametrize(
    "text", ["", "a b", "a.", "(a", "a[1", "1 +", "a(", "'a", "a..b", "a is", "a is 1", "{a}", "§"]
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        parse(text)


@given(st.text("abx.()[]'=<>|&+-*/ 1%$`{}", max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unreadable):
        parse(text)
