from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from edge.cli import root
from edge.config import load
from edge.heat.address import AddressKey
from edge.heat.said import Method, Said
from edge.store.village import VillageStore
from edge.store.village_heat import NewBuilding
from edge.store.village_heat_runs import EstimateRow, TotalRow


def said(value: float | str) -> Said:
    return Said(value, "ALKIS", date(2026, 1, 1), Method.SURVEY)


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A village of 30 houses in three blocks along two streets, the last of one home."""
    path = tmp_path / "hub.toml"
    path.write_text('[hub]\nname = "H"\nvillage = "Holzheim"\n')
    config = load(path)
    config.hub.state.mkdir()
    with VillageStore(config.hub.village_db) as village:
        village.keep_buildings(
            [
                NewBuilding(
                    AddressKey("holzheim", "weg", str(n)),
                    f"=Weg {n}",
                    "Holzheim",
                    {
                        "units": said(1.0 if n == 29 else 6.0),
                        "carrier": said("gas"),
                        "area": said(480.5),
                    },
                    block=f"Block {n // 10}",
                    section=f"Weg ({n % 2})",
                )
                for n in range(30)
            ],
            1,
        )
        block = village.keep_place("block", "Block 0", {"hectares": said(2.0)}, 1)
        village.keep_run(
            1,
            "T",
            (0, 0),
            [EstimateRow(n, 40_000.5 + n, 1.0, 9e4, "typology") for n in range(1, 31)],
            [TotalRow(block, 10, 400_000.0, 3e5, 5e5)],
        )
    return path


def run(hub: Path, *arguments: str) -> Result:
    return CliRunner().invoke(root, ["--config", str(hub), *arguments])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_tables_for_planning_have_nothing_of_a_household(hub: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(hub, "heat", "export", "--out", str(out))
    assert done.exit_code == 0, done.output
    houses = rows(out / "gebaeude.csv")
    assert len(houses) == 30
    assert houses[0]["adresse"] == "'=Weg 0"  # no formula
    assert houses[0]["waerme_kwh"] == "40001,5"
    assert houses[0]["flaeche_m2"] == "480,5"
    assert (houses[0]["traeger"], houses[29]["traeger"]) == ("gas", "")
    (block,) = rows(out / "bloecke.csv")
    assert (block["block"], block["dichte_mwh_ha"]) == ("Block 0", "200")
    assert rows(out / "abschnitte.csv") == []


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("public", [False, True])
def test_every_column_is_in_both_dictionaries(
    hub: Path, tmp_path: Path, form: str, *, public: bool
) -> None:
    out = tmp_path / "out"
    assert run(hub, "publish", "heat").exit_code == 0
    flag = ["--public"] if public else []
    assert run(hub, "heat", "export", "--format", form, "--out", str(out), *flag).exit_code == 0
    package = json.loads((out / "datapackage.json").read_text())
    readable = (out / "DATENVERZEICHNIS.md").read_text()
    assert {one["name"] for one in package["resources"]} == (
        {"block", "traeger", "erzeuger", "abschnitt", "umriss", "about"}
        if public
        else {"gebaeude", "bloecke", "abschnitte"}
    )
    for one in package["resources"]:
        names = [field["name"] for field in one["schema"]["fields"]]
        if form == "csv":
            header = (out / one["path"]).read_text("utf-8-sig").splitlines()[0]
            assert header.split(";") == names
        else:
            assert pq.read_table(out / one["path"]).column_names == names
        for field in one["schema"]["fields"]:
            assert field["title"]
            assert field["description"]
            assert field["source"]
            assert f"| `{field['name']}` | {field['title']} |" in readable


def test_parquet_has_the_numbers(hub: Path, tmp_path: Path) -> None:
    assert run(hub, "heat", "export", "--format", "parquet", "--out", str(tmp_path)).exit_code == 0
    table = pq.read_table(tmp_path / "gebaeude.parquet")
    assert table.column("waerme_kwh")[0].as_py() == 40001.5
    assert table.schema.field("waerme_kwh").metadata[b"unit"] == b"kWh/a"
    assert pq.read_table(tmp_path / "abschnitte.parquet").num_rows == 0


def test_the_public_ones_are_those_of_the_release(hub: Path, tmp_path: Path) -> None:
    refused = run(hub, "heat", "export", "--public", "--out", str(tmp_path / "a"))
    assert refused.exit_code == 1
    assert "dorfhub publish heat" in refused.output
    assert run(hub, "publish", "heat").exit_code == 0
    assert run(hub, "heat", "export", "--public", "--out", str(tmp_path / "a")).exit_code == 0
    found = rows(tmp_path / "a" / "block.csv")
    assert sum(int(one["gebaeude"]) for one in found) == 30
    assert not (tmp_path / "a" / "gebaeude.csv").exists()


def test_nothing_is_exported_of_an_empty_cadastre(tmp_path: Path) -> None:
    path = tmp_path / "hub.toml"
    path.write_text('[hub]\nname = "H"\nvillage = "Holzheim"\n')
    load(path).hub.state.mkdir()
    refused = run(path, "heat", "export", "--out", str(tmp_path / "out"))
    assert refused.exit_code == 1
    assert "dorfhub heat import" in refused.output
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written(hub: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    refused = run(hub, "heat", "export", "--out", str(tmp_path / "file" / "below"))
    assert refused.exit_code == 1
    assert "Schreibrechte" in refused.output
