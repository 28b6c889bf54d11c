"""What comes in as text: JSON, primitive values, narratives."""

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.fhir import narrative, primitive
from edge.fhir.issue import FhirError
from edge.fhir.json_text import MOST_BYTES, read, write

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.decimals(-(10**9), 10**9, places=3)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=5))
def test_what_is_written_reads_the_same(value: dict[str, object]) -> None:
    assert read(write(value)) == value
    assert write(read(write(value))) == write(value)


def test_a_number_keeps_its_digits_and_a_float_is_none() -> None:
    assert write(read('{"value": 36.60}')) == '{"value":36.60}'
    assert write({"a": Decimal("1E+2"), "b": [], "c": {}}) == '{"a":100,"b":[],"c":{}}'
    with pytest.raises(TypeError, match="float"):
        write({"a": 36.6})


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", '"a"', "{", '{"a":1,"a":1}', '{"a":NaN}', '{"a":-Infinity}', '{"a":1e999}',
        '{"a":' + "9" * 50 + "}", '{"a":0.' + "1" * 50 + "}", b"\xff{}", '{"a":1}x',
        '{"a":' * 70 + "1" + "}" * 70, '{"a":' + "[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_object_of_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(FhirError) as caught:
        read(text)
    assert caught.value.hint


def test_what_is_too_large_is_not_even_read() -> None:
    with pytest.raises(FhirError, match="32 MB"):
        read("x" * (MOST_BYTES + 1))


@given(st.binary(max_size=60))
def test_whatever_bytes_come_only_our_own_error_is_raised(content: bytes) -> None:
    with contextlib.suppress(FhirError):
        read(content)


@pytest.mark.parametrize(
    ("type_code", "good", "bad"),
    [
        ("boolean", [True], ["true", 1, None]),
        ("decimal", [1, Decimal("0.1"), -5], ["1", True, None]),
        ("integer", [0, -(2**31)], [2**31, Decimal("1.0"), "1", False]),
        ("positiveInt", [1], [0, -1]),
        ("unsignedInt", [0], [-1]),
        ("string", ["a", "a\nb\t"], ["", " ", 1, "\x00", "a\x07"]),
        ("code", ["a", "a b"], [" a", "a  b", "a "]),
        ("id", ["a-b.1"], ["a_b", "ä", "a" * 65]),
        ("uri", ["urn:x", "http://a.b/c?d"], ["a b"]),
        ("oid", ["urn:oid:1.2.3"], ["1.2.3", "urn:oid:3.1", "urn:oid:1.02"]),
        ("uuid", ["urn:uuid:0f9e3c1a-0000-4000-8000-00000000abcd"], ["urn:uuid:x"]),
        ("date", ["2026", "2026-02", "2024-02-29"], ["2026-02-29", "2026-13", "26-01-01",
                                                     "2026-01-01T00:00:00Z"]),
        ("dateTime", ["2026", "2026-01-01T00:00:00Z", "2026-01-01T23:59:60.5+14:00"],
         ["2026-01-01T00:00:00", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00+15:00",
          "0000-01-01"]),
        ("instant", ["2026-01-01T00:00:00.123Z"], ["2026-01-01", "2026-04-31T00:00:00Z"]),
        ("time", ["12:00:00"], ["12:00", "25:00:00"]),
        ("base64Binary", ["aGFsbG8=", "YQ=="], ["***", "a"]),
        ("xhtml", ["<div>x</div>"], ["x"]),
    ],
)  # fmt: skip
def test_primitive_values(type_code: str, good: list[object], bad: list[object]) -> None:
    assert {one: primitive.wrong(one, type_code) for one in good} == dict.fromkeys(good)
    assert all(primitive.wrong(one, type_code) for one in bad)


XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"<div {XHTML}><p>Wert <b>gut</b><br/>und<br>so</p></div>", None),
        (f'<div {XHTML}><img src="#a" alt="Kurve"/></div>', None),
        (f"<div {XHTML}></div>", "sagt nichts"),
        ("<div>x</div>", "genau ein"),
        (f"<p {XHTML}>x</p>", "genau ein"),
        (f"<div {XHTML}>x</div><div {XHTML}>y</div>", "genau ein"),
        (f"<div {XHTML}>x", "nicht abgeschlossen"),
        (f"<div {XHTML}><p>x</div></p>", "falscher Stelle"),
        (f"<div {XHTML}>x</div>y", "außerhalb"),
        (f"<div {XHTML}><script>x</script></div>", "<script>"),
        (f'<div {XHTML}><p onclick="x">x</p></div>', "onclick"),
        (f'<div {XHTML}><a href=" javascript:x">x</a></div>', "href"),
        (f"<div {XHTML}><!DOCTYPE x>x</div>", "Deklaration"),
        (f"<div {XHTML}><?php x ?>x</div>", "Anweisung"),
        ("", "nicht abgeschlossen"),
    ],
)
def test_narratives(text: str, says: str | None) -> None:
    found = narrative.wrong(text)
    assert (found is None) if says is None else (found is not None and says in found)
