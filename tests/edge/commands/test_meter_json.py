"""The text of an answer is what `json` makes of the answer."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.commands.meter_decode import answer_line, answer_text
from edge.commands.meter_json import message, message_text
from hardware.fields import Field, Fields
from hardware.mbus.header import Header
from hardware.mbus.telegram import Telegram
from hardware.profiles import Flag, Interpreted
from hardware.reading import Mark, Quantity, Record, Register, Unit
from hardware.wmbus.formats import FormatStore
from tests import street

_NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
_HEADERS = st.builds(
    Header,
    st.none() | st.text(max_size=3),
    st.none() | st.text(max_size=8),
    st.none() | st.integers(0, 255),
    st.none() | st.integers(0, 255),
)


def meaning(
    header: Header,
    records: Sequence[Record],
    status: str | None = "OK",
    flags: tuple[Flag, ...] = (),
) -> Interpreted:
    return Interpreted(Telegram(header, records), "a profile %s", status, flags, records)


@given(_HEADERS, st.text(), st.text(), _NUMBERS, st.none() | st.text())
def test_text_is_the_objects(
    header: Header, name: str, text: str, number: float, status: str | None
) -> None:
    fields = Fields(
        (
            Field(Quantity.ENERGY, Unit.KWH, Register(1, 2, 3), name),
            Field(Quantity.OTHER, Unit.TEXT, Register(), f"{name} 100 %s %", Mark.IMPLAUSIBLE),
        ),
        (1,),
    )
    one = meaning(header, fields.present((number, text)), status)
    other = meaning(header, tuple(one.records), status, (Flag(name, text, "%d"),))
    for found in ([one], [other], [one, other], [other, one], [meaning(header, ()), one]):
        assert message_text(found) == json.dumps(message(found), ensure_ascii=False)


@pytest.mark.parametrize("shape", street.WIRED + street.WIRELESS, ids=lambda shape: shape.name)
def test_lines_are_answered_alike_by_any_way(shape: street.Shape) -> None:
    formats = FormatStore()
    for turn in range(3):  # walked, planned, planned again
        line = street.line(shape, turn, turn)
        text, is_whole = answer_text(line, formats)
        assert is_whole
        assert text == json.dumps(answer_line(line, formats), ensure_ascii=False)


def test_an_error_is_an_object_too() -> None:
    text, is_whole = answer_text("00")
    assert not is_whole
    assert json.loads(text) == answer_line("00")


@pytest.mark.parametrize("line", ["0x", " 0X 0x", "0x,0x"])
def test_lines_of_nothing_but_signs_are_errors(line: str) -> None:
    assert answer_line(line)["error"] == "FrameError"


@pytest.mark.parametrize("is_marked", [False, True])
def test_what_no_code_proves_is_marked_as_a_whole(*, is_marked: bool) -> None:
    telegram = Telegram(Header("KAM", "12345678", 27, 4), (), is_unauthenticated=is_marked)
    found = message([Interpreted(telegram, None, None, (), ())])
    assert found.get("mark") == ("unauthenticated" if is_marked else None)
    text = message_text([Interpreted(telegram, None, None, (), ())])
    assert text == json.dumps(found, ensure_ascii=False)
