"""The mapping of a file of shapes, and lines that an identification alone names."""

from __future__ import annotations

from datetime import date

import pytest

from edge.heat.errors import CadastreError
from edge.heat.intake.lines import Reader
from edge.heat.intake.mapping import Columns, guess, loads

DAY = date(2026, 3, 1)
LEAD = 'source = "Amt"\nday = "2026-03-01"\n'


@pytest.mark.parametrize(
    ("shapes", "header", "kind", "line"),
    [
        ("lines", ["Straßenname", "x"], "sections", '"Straßenname" = "section"'),
        ("lines", ["Abschnitt", "Straße"], "sections", '"Abschnitt" = "section"'),
        ("lines", ["x"], "sections", "[columns]"),
        ("areas", ["id"], "blocks", '"id" = "block"'),
        ("areas", ["Baublock", "id"], "blocks", '"Baublock" = "block"'),
        ("areas", ["Straße", "Nr", "Baublock"], "buildings", '"Nr" = "number"'),
        ("houses", ["gml_id"], "buildings", '"gml_id" = "ref"'),
    ],
)
def test_a_mapping_is_guessed_from_what_is_drawn(
    shapes: str, header: list[str], kind: str, line: str
) -> None:
    text = guess(header, [["a"] * len(header)], DAY, shapes)
    assert f'kind = "{kind}"' in text
    assert line in text


def test_shapes_need_no_size_and_tables_do() -> None:
    text = f'kind = "blocks"\n{LEAD}crs = "25832"\naxes = "yx"\nlayer = "b"\n[columns]\nB = "block"'
    found = loads(text, shapes=True)
    assert (found.shapes, found.crs, found.axes, found.layer) == (True, "25832", "yx", "b")
    assert found.needed == (("block",),)
    with pytest.raises(CadastreError) as told:
        loads(text)
    assert "Fläche in ha" in told.value.hint
    for wrong in ('crs = "31467"', 'axes = "zx"', 'kind = "meters"'):
        with pytest.raises(CadastreError):
            loads(f'{LEAD}{wrong}\n[columns]\nB = "block"', shapes=True)


def test_an_identification_alone_names_a_building() -> None:
    names = {"oi": "ref", "bj": "year_built"}
    columns = Columns("buildings", names, "Amt", DAY, shapes=True)
    reader = Reader(["oi", "bj"], columns, {})
    line, found = reader.by_ref(1, ["DEHE1", 1962.0])
    assert found == []
    assert line is not None
    assert (line.ref, line.address, line.facts["year_built"].number) == ("DEHE1", "", 1962)
    assert reader.by_ref(2, ["", ""]) == (None, [])
    line, found = reader.by_ref(3, ["", 1950.0])
    assert line is None
    assert [(one.code, one.whole) for one in found] == [("absent", True)]
    assert "Kennung oder Straße oder Adresse fehlt" in found[0].why
    line, found = reader.by_ref(4, ["DEHE1", 1963.0])
    assert [one.code for one in found] == ["contradiction"]
