"""What stands in cells and columns of other people's tables."""

from __future__ import annotations

import math
from datetime import date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.heat.errors import CadastreError
from edge.heat.intake import cells, fields
from edge.heat.intake.cells import Cell, CellError
from edge.heat.intake.lines import Reader
from edge.heat.intake.mapping import guess, loads

TODAY = date(2026, 11, 26)
MAPPING = """
kind = "buildings"
source = "Gemeinde"
day = "2026-03-01"
municipality = "Hünfeld"
[columns]
"Straße" = "street"
"Nr" = "number"
"""


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("Straße", "street"), ("Hausnr.", "number"), ("Straße / Hausnummer", "address"),
        ("Wohnfläche [m²]", "area"), ("Wohnfläche in m2", "area"), ("Baujahr", "year_built"),
        ("Leistung (kW)", "generator_kw"), ("Gasverbrauch 2023", "year:2023"),
        ("Verbrauch_2024_kWh", "year:2024"),
        ("kWh 1995", "year:1995"), ("Energieträger", "carrier"),
        ("Verbrauch", None), ("Baujahr 2023", None), ("Bemerkung", None), ("", None),
    ],
)  # fmt: skip
def test_columns_are_guessed_by_their_names(column: str, field: str | None) -> None:
    assert fields.guess(column) == field


def test_a_field_by_name() -> None:
    assert fields.of("year:2024") is fields.KWH
    assert fields.of("year:24") is None
    assert fields.of("area") is fields.FIELDS["area"]
    for name, one in fields.FIELDS.items():
        assert fields.guess(one.called.split()[0]) == name


AREA = fields.FIELDS["area"]


@pytest.mark.parametrize(
    ("cell", "decimal", "number"),
    [
        ("120,5", ",", 120.5), ("1.480,00 m²", ",", 1480.0), ("23.400", ",", 23_400.0),
        ("1 480", ",", 1480.0), ("120.5", ".", 120.5), ("1,480.5", ".", 1480.5), (99.5, ",", 99.5),
        ("  ", ",", None), ("k.A.", ",", None), (None, ",", None),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(cell: Cell, decimal: str, number: float | None) -> None:
    assert cells.number(cell, AREA, decimal) == number


@pytest.mark.parametrize(
    ("cell", "decimal", "code"),
    [
        ("120.5", ",", "number"), ("1,5", ".", "number"), ("viel", ",", "number"),
        ("-5", ",", "range"), ("9", ",", "range"), (math.nan, ",", "range"),
        ("1e3", ",", "number"), ("9" * 16, ",", "number"),
    ],
)  # fmt: skip
def test_what_is_no_number(cell: Cell, decimal: str, code: str) -> None:
    with pytest.raises(CellError) as refused:
        cells.number(cell, AREA, decimal)
    assert refused.value.code == code
    assert refused.value.todo


def test_whole_numbers_days_and_texts() -> None:
    with pytest.raises(CellError, match="ganze Zahl"):
        cells.number("1965,5", fields.FIELDS["year_built"], ",")
    assert cells.day("1.3.2026") == cells.day("2026-03-01") == cells.day("01.03.26")
    assert cells.day(date(2026, 3, 1)) == cells.day(datetime(2026, 3, 1, 5)) == date(2026, 3, 1)  # noqa: DTZ001
    assert cells.day(None) is None
    with pytest.raises(CellError, match="kein Tag"):
        cells.day("gestern")
    assert cells.text(datetime(2026, 3, 1, 5)) == "2026-03-01"  # noqa: DTZ001
    assert [cells.text(one) for one in (12.0, 12.5, " a  b ", None)] == ["12", "12.5", "a b", ""]


@pytest.mark.parametrize(
    ("cell", "field", "column", "number"),
    [
        ("17,5 MWh", "year:2024", "kWh", 17_500.0), ("17.500 kWh/a", "year:2024", "MWh", 17_500.0),
        ("17,5", "year:2024", "MWh", 17_500.0), (17.5, "year:2024", "MWh", 17_500.0),
        ("", "year:2024", "MWh", None), ("1,5GWh", "year:2024", "", 1_500_000.0),
        ("0,5 MW", "generator_kw", "", 500.0), ("0,24 km", "length", "", 240.0),
        ("120 m2", "area", "", 120.0), ("1,5 ha", "hectares", "", 1.5), ("50 %", "share", "", 0.5),
    ],
)  # fmt: skip
def test_a_cell_s_own_unit_counts_before_the_column_s(
    cell: Cell, field: str, column: str, number: float | None
) -> None:
    kind = fields.of(field)
    assert kind is not None
    assert cells.number(cell, kind, ",", column) == number


@pytest.mark.parametrize(
    ("cell", "field", "code"),
    [
        ("17 kW", "year:2024", "unit"), ("12 ha", "area", "unit"), ("1965 m", "year_built", "unit"),
        ("800 %", "units", "unit"), ("1.750 m³", "year:2024", "number"),
        ("1.750 l", "year:2024", "number"), ("17 cm", "length", "number"),
    ],
)  # fmt: skip
def test_a_unit_of_something_else_is_refused(cell: str, field: str, code: str) -> None:
    kind = fields.of(field)
    assert kind is not None
    with pytest.raises(CellError) as refused:
        cells.number(cell, kind, ",")
    assert refused.value.code == code


def test_words_are_codes_and_own_words_count_first() -> None:
    kind = fields.FIELDS["type"]
    assert cells.code("Doppelhaushälfte", kind, {}) == "RH"
    assert cells.code("1010", kind, {"1010": "MFH"}) == "MFH"
    assert cells.code("-", kind, {}) is None
    for said, own in (("Schloss", {}), ("1010", {"1010": "XFH"})):
        with pytest.raises(CellError, match="nicht bekannt"):
            cells.code(said, kind, own)


@given(st.text(max_size=40) | st.floats() | st.none(), st.sampled_from([",", "."]))
def test_any_cell_gives_a_value_or_its_own_error(cell: Cell, decimal: str) -> None:
    for kind in (AREA, fields.KWH, fields.FIELDS["year_built"]):
        try:
            found = cells.number(cell, kind, decimal)
        except CellError:
            continue
        assert found is None or (kind.low or 0) <= found <= (kind.high or 0)
    for read in (cells.day, lambda one: cells.code(one, fields.FIELDS["type"], {})):
        try:
            read(cell)
        except CellError:
            continue


def test_a_guess_is_a_mapping_once_the_source_is_said() -> None:
    header = ["Gruppe", "Adresse", "Verbrauch 2024 (MWh)", "Adresse", "", "Notiz", "BGF"]
    text = guess(header, [["A", "Weg 1", "1.5", "", "x", "7", "1.1.2026"]], TODAY)
    assert '# "Notiz" = ""  # nicht erkannt' in text
    with pytest.raises(CadastreError) as refused:
        loads(text)
    assert "source" in refused.value.hint
    found = loads(text.replace('source = ""', 'source = "Versorger"'))
    assert (found.kind, found.unit, found.decimal, found.area) == ("groups", "MWh", ".", "gross")
    assert found.columns == {
        "Gruppe": "group", "Adresse": "address", "Verbrauch 2024 (MWh)": "year:2024", "BGF": "area",
    }  # fmt: skip
    assert 'kind = "buildings"' in guess(["Notiz", "x"], [], TODAY)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("kind =", "kind", "TOML"),
        ('kind = "buildings"', 'kind = "zoo"', "kind"),
        ('kind = "buildings"', "kind = 1", "kind"),
        ('kind = "buildings"', 'kind = "blocks"', "Baublock"),
        ('"Nr" = "number"', '"Nr" = "nummer"', "Ein Feld"),
        ('"Nr" = "number"', '"Nr" = "street"', "Zwei Spalten"),
        ('"Nr" = "number"', "", "Hausnummer"),
        ('"Nr" = "number"', '"Nr" = 1', "columns"),
        ("[columns]", "header = 0\n[columns]", "header"),
        ("[columns]", 'header = "1"\n[columns]', "header"),
        ("[columns]", 'method = "geraten"\n[columns]', "method"),
        ("[columns]", 'farbe = "rot"\n[columns]', "farbe"),
        ("[columns]", "words = 1\n[columns]", "words"),
        ("[columns]", 'columns = "x"\n[colums]', "colums"),
        ("2026-03-01", "1.3.2026", "day"),
        ('"Nr" = "number"', '"Nr" = "number"\n[streets]\n"12" = "Weg"', "Straße"),
    ],
)
def test_a_mapping_that_is_wrong_says_where(old: str, new: str, says: str) -> None:
    assert old in MAPPING
    with pytest.raises(CadastreError) as refused:
        loads(MAPPING.replace(old, new, 1))
    assert says in refused.value.hint


def reader(extra: str, header: list[str]) -> Reader:
    return Reader(header, loads(MAPPING + extra), {})


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(CadastreError) as refused:
        reader('"Kessel" = "heating"', ["Straße", "Nr"])
    assert "Kessel" in refused.value.hint


def test_an_identification_tells_two_buildings_of_one_address_apart() -> None:
    found = reader('"Id" = "ref"\n"Zusatz" = "suffix"', ["Straße", "Nr", "Id", "Zusatz"])
    first, _ = found.read(2, ["Weg", 1.0, "DEHE1", "a"])
    second, nothing = found.read(3, ["Weg", 1.0, "DEHE2", "a"])
    assert first is not None
    assert second is not None
    assert (first.key.number, nothing) == ("1a", [])
    assert first.key == second.key
    again, said = found.read(4, ["Weg", 1.0, "DEHE1", "a"])
    assert (again, said[0].code, said[0].whole) == (None, "again", True)
    assert found.read(5, ["", None, " "]) == (None, [])
    short, said = found.read(6, ["Weg"])
    assert (short, said[0].code) == (None, "address")


def test_what_is_a_households_is_not_shown_in_findings() -> None:
    found = reader(
        '"V" = "year:2024"\n"F" = "area"\n"T" = "carrier"', ["Straße", "Nr", "V", "F", "T"]
    )
    line, said = found.read(2, ["Weg", "1", "viel", "viel", "Atom"])
    assert line is not None
    assert [(one.column, one.value) for one in said] == [("V", ""), ("F", "viel"), ("T", "")]
    line, said = found.read(3, ["Weg", "2", "15", "130", "Gas"])
    assert line is not None
    assert (line.years, said[0].code, said[0].value) == ({}, "implausible", "")
    line, said = found.read(4, ["Weg", "3", "15.000", "", ""])
    assert line is not None
    assert (line.years, said) == ({2024: 15_000.0}, [])


OWN_FIELDS = ("heating", "carrier", "generator_year", "generator_kw", "year:2024")


@given(st.sampled_from(OWN_FIELDS), st.text("qxyz0789,. -", min_size=4, max_size=30))
@example("year:2024", "ca. 17500")
@example("heating", "Pelletofen Windhager")
@example("generator_year", "1987 Viessmann")
@example("generator_kw", "17 kWh")
@example("year:2024", "17500 kW")
def test_no_finding_has_anything_of_a_households_cell(field: str, cell: str) -> None:
    """Whatever stands in the cell, what is said of it is one of few fixed sentences."""
    found = reader(f'"V" = "{field}"', ["Straße", "Nr", "V"])
    fixed = [found.read(2, ["Weg", "1", one])[1] for one in ("#", "-5", "1960,5", "1,5 ha")]
    for one in found.read(2, ["Weg", "1", cell])[1]:
        assert [one] in fixed


def test_what_was_read_of_others_is_still_quoted() -> None:
    found = reader('"T" = "type"', ["Straße", "Nr", "T"])
    _, (one,) = found.read(2, ["Weg", "1", "Schloss"])
    assert (one.value, "„Schloss“" in one.why) == ("Schloss", True)


def test_tables_that_are_not_of_buildings() -> None:
    text = MAPPING.replace('"buildings"', '"blocks"').replace('"street"', '"block"')
    found = Reader(["Straße", "Nr"], loads(text.replace('"number"', '"hectares"')), {})
    assert found.plain(2, ["17", "1,5"]) == ({"block": "17", "hectares": 1.5}, [])
    values, said = found.plain(3, ["17", ""])
    assert (values, said[0].code, said[0].column) == ({}, "absent", "Nr")
    assert found.plain(4, ["", ""]) == ({}, [])


def test_an_address_in_one_column_with_its_own_day_and_megawatt_hours() -> None:
    text = MAPPING.replace('"Straße" = "street"\n"Nr" = "number"', '"Adresse" = "address"')
    text = text.replace("kind =", 'unit = "MWh"\nkind =')
    columns = loads(text + '"Stand" = "day"\n"V" = "year:2024"\n"F" = "area"\n"Q" = "source"')
    found = Reader(["Adresse", "Stand", "V", "F", "Q"], columns, {"weg": "allee"})
    line, said = found.read(2, ["Weg 1a", "1.6.2025", "15,5", 120.0, "Brief"])
    assert line is not None
    assert (said, line.years, line.day) == ([], {2024: 15_500.0}, date(2025, 6, 1))
    assert (str(line.key), line.address) == ("huenfeld/allee/1a", "Weg 1a")
    assert (line.facts["area"].source, line.facts["area_kind"].value) == ("Brief", "living")
    nowhere, said = found.read(3, ["Weg", "", "", "", ""])
    assert (nowhere, said[0].column) == (None, "Adresse")
