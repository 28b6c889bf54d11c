"""Tables as municipalities have them, read into a real village.db: nothing is silently dropped."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from edge.cadastre.files import open_table, samples
from edge.cadastre.intake import Account, Intake
from edge.cadastre.quarantine import beside
from edge.care.consent import HEAT_BILLS, HEAT_CADASTRE
from edge.heat.errors import CadastreError
from edge.heat.intake.mapping import Columns, guess, loads
from edge.store.personal import PersonalStore
from edge.store.village import VillageStore
from edge.store.village_heat_years import NORMAL

TODAY = date(2026, 11, 26)
HEADER = "Straße;Haus-Nr.;Gebäudetyp;Baujahr;Wohnfläche [m²];WE;Energieträger;Verbrauch 2023 [kWh]"
LINES = f"""{HEADER}
Hauptstr.;1;Einfamilienhaus;1962;120,5;1;Erdgas;23.400
Hauptstraße;2 a;MFH;1975;1.480,00;12;Fernwärme;195.000
Hauptstr.;1;Einfamilienhaus;1962;120,5;1;Erdgas;23.400
Hauptstr.;2a;MFH;1975;1.400,00;12;Fernwärme;195.000
;7;EFH;1950;100;1;;
Bachweg;ohne;EFH;1950;100;1;;
Bachweg;3;Schloss;19o5;-5;1;;
Bachweg;4;EFH;1980;;1;;
Bachweg;5;MFH;1980;900;8;Gas;95

"""


@pytest.fixture
def village(tmp_path: Path) -> Iterator[VillageStore]:
    with VillageStore(tmp_path / "village.db") as store:
        yield store


@pytest.fixture
def personal(tmp_path: Path) -> Iterator[PersonalStore]:
    (tmp_path / "key").write_text("5a" * 32)
    with PersonalStore.open(tmp_path / "personal.db", tmp_path / "key") as store:
        yield store


def mapping_of(path: Path, **more: str) -> Columns:
    """Guess, do what a person does (say the source), and read it back."""
    with open_table(path) as table:
        text = guess(table.header, samples(table), TODAY)
    text = text.replace('source = ""', 'source = "Gemeinde"')
    text = text.replace('municipality = ""', 'municipality = "Hünfeld"')
    for old, new in more.items():
        text = text.replace(old, new)
    return loads(text)


def read(
    village: VillageStore, path: Path, columns: Columns, personal: PersonalStore | None = None
) -> Account:
    return Intake(village, personal, columns, 5).read(path, beside(path))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_every_line_is_taken_or_refused_with_a_reason(
    village: VillageStore, tmp_path: Path, encoding: str
) -> None:
    path = tmp_path / "gebaeude.csv"
    path.write_bytes(LINES.encode(encoding))
    columns = mapping_of(path)
    assert columns.decimal == ","
    done = read(village, path, columns)
    assert (done.lines, done.taken, done.refused) == (9, 5, 4)
    codes = {(one.line, one.column): one.code for one in done.found}
    assert codes == {
        (2, "Verbrauch"): "household",
        (4, "Straße"): "again",
        (5, "Straße"): "contradiction",
        (6, "Straße"): "address",
        (7, "Straße"): "address",
        (8, "Gebäudetyp"): "word",
        (8, "Baujahr"): "number",
        (8, "Wohnfläche [m²]"): "range",
        (10, "Verbrauch 2023 [kWh]"): "implausible",
    }
    assert all(one.why and one.todo for one in done.found)
    own = [one for one in done.found if one.code in {"household", "implausible"}]
    assert [one.value for one in own] == ["", ""]
    kept = village.heat_findings(done.number)
    assert [(one.line, one.code) for one in kept] == [(one.line, one.code) for one in done.found]
    (account,) = village.heat_imports()
    assert (account.lines, account.taken, account.refused) == (9, 5, 4)
    houses = {one.address: one for one in village.cadastre()}
    flats = houses["Hauptstraße 2 a"]
    assert (flats.amount("area"), flats.word("carrier"), flats.age) == (1480.0, "district", "F")
    assert village.lawful_years() == {flats.number: {2023: 195_000.0}}
    assert houses["Hauptstr. 1"].word("carrier") is None
    assert houses["Bachweg 4"].amount("area") is None


def test_what_was_not_taken_is_corrected_and_read_again(
    village: VillageStore, tmp_path: Path
) -> None:
    path = tmp_path / "gebaeude.csv"
    path.write_text(LINES)
    columns = mapping_of(path)
    done = read(village, path, columns)
    aside = done.rejected
    assert aside == tmp_path / "gebaeude.abgelehnt.csv"
    assert aside.stat().st_mode & 0o077 == 0
    text = aside.read_text(encoding="utf-8-sig")
    rows = list(csv.reader(text.splitlines(), delimiter=";"))
    assert [row[8] for row in rows[1:]] == ["2", "4", "5", "6", "7", "8", "10"]
    assert "Bitte nur die richtige Zeile" in rows[3][10]
    aside.write_text(text.replace("Bachweg;ohne", "Bachweg;6").replace("19o5", "1905"))
    again = read(village, aside, columns)
    numbers = {one.address: one.amount("year_built") for one in village.cadastre()}
    assert numbers["Bachweg 6"] == 1950.0
    assert numbers["Bachweg 3"] == 1905.0
    assert again.taken == 5
    assert read(village, aside, columns).values == 0


def test_looking_first_writes_nothing(village: VillageStore, tmp_path: Path) -> None:
    path = tmp_path / "gebaeude.csv"
    path.write_text(LINES)
    done = Intake(village, None, mapping_of(path), 5).check(path)
    assert (done.lines, done.refused, village.cadastre(), village.heat_imports()) == (9, 4, [], [])
    assert sorted(one.name for one in tmp_path.iterdir() if "abgelehnt" in one.name) == []


GROUPS = "Gruppe;Straße;Nr;Gasverbrauch 2024\n" + "".join(
    f"{name};Bachweg;{n};100.000\n"
    for name, numbers in (("Nord", range(10, 15)), ("Klein", range(3, 6)), ("Zwei", range(14, 20)))
    for n in numbers
)
METERS = "Zähler;Straße;Nr\nhalle;Bachweg;10\nhalle;Bachweg;99\nwmbus:KAM-1-1B-04;Bachweg;11\n"


def test_looking_first_says_all_that_the_real_run_says(
    village: VillageStore, personal: PersonalStore, tmp_path: Path
) -> None:
    village.admit_meter("wmbus:KAM-1-1B-04", 1)
    more = "".join(f"Bachweg;{n};EFH;1980;100;1;Gas;20.000\n" for n in range(10, 20))
    fewer = LINES.replace("1.480,00;12", "1.480,00;1")  # the flats are a household's after all
    codes: set[str] = set()
    for name, text in (
        ("haeuser", LINES.rstrip() + "\n" + more), ("haeuser2", fewer), ("gruppen", GROUPS),
        ("zaehler", METERS), ("gradtage", "Jahr;GTZ\nneulich;3.000\n"),
    ):  # fmt: skip
        path = tmp_path / f"{name}.csv"
        path.write_text(text)
        columns = mapping_of(path)
        before = list(village.connection.rows("SELECT count(*), max(fact) FROM heat_fact"))
        said = Intake(village, personal, columns, 5).check(path)
        assert village.connection.rows("SELECT count(*), max(fact) FROM heat_fact") == before
        real = read(village, path, columns, personal)
        assert replace(said, number=real.number, rejected=real.rejected) == real
        codes |= {one.code for one in said.found}
    assert {"household", "lost", "unknown", "group", "meter", "year"} <= codes


def test_a_household_that_agrees_is_kept_with_its_person(
    village: VillageStore, personal: PersonalStore, tmp_path: Path
) -> None:
    path = tmp_path / "gebaeude.csv"
    path.write_text(LINES)
    columns = mapping_of(path)
    read(village, path, columns)
    erna = personal.add_person("Erna", 1)
    personal.give_consent(
        erna, purpose=HEAT_CADASTRE, data_kind=HEAT_BILLS, sentence="Ja.", given_how="", at=1
    )
    (home,) = [one.number for one in village.cadastre() if one.address == "Hauptstr. 1"]
    personal.add_home(home, erna, 1)
    done = read(village, path, columns, personal)
    assert done.households == 1
    assert "household" not in {one.code for one in done.found}
    assert {one.name: one.said.value for one in personal.home_facts()} == {
        "carrier": "gas",
        "year:2023": 23_400.0,
    }
    assert len(village.lawful_years()) == 1
    assert b"23400" not in (tmp_path / "village.db").read_bytes()


def test_excel_with_numbers_dates_and_an_old_street(village: VillageStore, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "Häuser"
    page.append(["Liste der Häuser"])
    page.append(["Adresse", "Typ", "Baujahr", "BGF", "Verbrauch 2024 MWh", "Stand"])
    page.append(["Alte Gasse 3", "GMH", 1972, 2100.5, 310.25, datetime(2025, 5, 1)])  # noqa: DTZ001
    page.append(["Alte Gasse 5", True, 1972, None, "k.A.", "1.6.2025"])
    path = tmp_path / "haeuser.xlsx"
    book.save(path)
    with open_table(path, header=2) as table:
        text = guess(table.header, samples(table), TODAY)
    assert 'unit = "MWh"' in text
    assert 'area = "gross"' in text
    text = text.replace('source = ""', 'source = "Verwalter"').replace(
        "[streets]", '[streets]\n"Alte Gasse" = "Neue Gasse"\n#'
    )
    columns = loads(f'header = 2\nsheet = "Häuser"\n{text}')
    done = read(village, path, columns)
    assert (done.taken, [one.code for one in done.found]) == (2, ["word"])
    big, _ = village.cadastre()
    assert village.lawful_years() == {big.number: {2024: 310_250.0}}
    assert big.facts["area"].day == date(2025, 5, 1)
    assert big.word("area_kind") == "gross"
    newer = tmp_path / "neu.csv"
    newer.write_text("Straße;Nr\nNeue Gasse;3\n")
    read(village, newer, mapping_of(newer))
    assert len(village.cadastre()) == 3  # another municipality: none was said before
    assert done.rejected is not None
    assert ";1972;;" in done.rejected.read_text(encoding="utf-8-sig")


def test_a_line_that_may_mean_several_buildings_is_refused(
    village: VillageStore, tmp_path: Path
) -> None:
    path = tmp_path / "alkis.csv"
    path.write_text("Straße;Nr;Kennung;Typ\nWeg;1;A;EFH\nWeg;1;B;EFH\n")
    read(village, path, mapping_of(path))
    path.write_text("Straße;Nr;Verbrauch 2024\nWeg;1;20.000\n")
    done = read(village, path, mapping_of(path))
    assert [(one.code, one.whole) for one in done.found] == [("several", True)]
    assert (done.taken, done.refused, len(village.cadastre())) == (0, 1, 2)


def houses(village: VillageStore, tmp_path: Path, count: int) -> None:
    path = tmp_path / "alle.csv"
    rows = "".join(f"Weg;{n};EFH;1960;120\n" for n in range(1, count + 1))
    path.write_text("Straße;Nr;Typ;Baujahr;Wohnfläche\n" + rows)
    assert read(village, path, mapping_of(path)).refused == 0


def test_groups_of_five_and_not_of_four(village: VillageStore, tmp_path: Path) -> None:
    houses(village, tmp_path, 16)
    path = tmp_path / "gas.csv"
    rows = [f"Nord;Weg;{n};110.000" for n in range(1, 6)]
    rows += [f"Klein;Weg;{n};90.000" for n in range(6, 10)]
    rows += [f"Uneins;Weg;{n};{n}.000" for n in range(10, 16)]
    rows += ["Nord;Weg;99;1", ";Weg;16;1"]
    path.write_text("Gruppe;Straße;Nr;Gasverbrauch 2024\n" + "\n".join(rows))
    columns = mapping_of(path)
    assert columns.kind == "groups"
    done = read(village, path, columns)
    (group,) = village.heat_groups()
    assert (group.name, len(group.buildings), group.years) == ("Nord", 5, {2024: 110_000.0})
    assert [(one.line, one.code) for one in done.found] == [
        (17, "unknown"), (18, "unknown"), (7, "group"), (11, "group"),
    ]  # fmt: skip
    assert "mindestens 5" in done.found[2].todo
    assert done.rejected is not None
    assert len(done.rejected.read_text().splitlines()) == 1 + 2 + 4 + 6


def test_meters_sections_blocks_and_degree_days(village: VillageStore, tmp_path: Path) -> None:
    houses(village, tmp_path, 2)
    village.admit_meter("wmbus:KAM-76348799-1B-04", 1)
    tables = {
        "zaehler": "Zähler;Straße;Nr;Anteil;Ab;Bis\nhalle;Weg;1;0,5;1.1.2026;\n"
        "halle;Weg;2;;;1.1.2025\nwmbus:KAM-76348799-1B-04;Weg;1;;;\nx;Weg;9;;;\n",
        "abschnitte": "Straßenabschnitt;Länge [m]\nWeg (1);240,5\nWeg (2);null\n",
        "bloecke": "Baublock;Fläche ha\n17;1,25\n",
        "gradtage": "Jahr;GTZ\n2024;3.012,5\nnormal;3.500\nneulich;3000\n",
    }
    found: dict[str, list[str]] = {}
    for name, text in tables.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(text)
        done = read(village, path, mapping_of(path))
        found[name] = [one.code for one in done.found]
        if name == "zaehler":
            assert read(village, path, mapping_of(path)).values == 0
    assert found == {
        "zaehler": ["meter", "meter", "unknown", "meter"],
        "abschnitte": ["absent"],
        "bloecke": [],
        "gradtage": ["year"],
    }
    (assigned,) = village.meter_assignments()
    assert (assigned.meter, assigned.share, assigned.valid_from) == ("halle", 0.5, date(2026, 1, 1))
    assert village.heat_places("section")[0].facts["length"].value == 240.5
    assert village.heat_places("block")[0].facts["hectares"].value == 1.25
    assert village.degree_days() == {2024: 3012.5, NORMAL: 3500.0}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xd0\xcf\x11\xe0rest", "alte Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04rubbish", "keine Excel-Tabelle"),
        (b"a;b\0c\n", "keine Textdatei"),
        (b"nur eine Spalte\n1\n", "keine Überschriften"),
        (b"", "keine Überschriften"),
    ],
)
def test_what_is_no_table(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(CadastreError) as refused, open_table(path) as table:
        list(table.rows)
    assert says in refused.value.hint


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(CadastreError), open_table(tmp_path / "absent.csv"):
        pass
    book = openpyxl.Workbook()
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(CadastreError) as refused, open_table(tmp_path / "x.xlsx", sheet="Y"):
        pass
    assert "Sheet" in refused.value.hint


def test_a_table_that_breaks_off_keeps_what_came_before(
    village: VillageStore, tmp_path: Path
) -> None:
    path = tmp_path / "lang.csv"
    rows = "".join(f"Weg;{n}\n" for n in range(1, 600))
    path.write_text("Straße;Nr\n" + rows + f'Weg;"{"x" * 200_000}"\n')
    with pytest.raises(CadastreError) as refused:
        read(village, path, mapping_of(path))
    assert "Zeile 601" in refused.value.hint
    assert len(village.cadastre()) == 500
    assert village.heat_imports()[0].lines == 500
