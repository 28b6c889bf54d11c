"""The heat cadastre at the terminal, from a municipality's tables to the sums of its blocks."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge.cadastre.household import Agreed, Answers, keep
from edge.cli import root
from edge.config import load
from edge.store.personal import PersonalStore
from edge.store.personal_homes import NEW

FURNISHINGS = Path(__file__).parents[2] / "furnishings" / "heat"


class Hub:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        assert self("init", str(folder), "--name", "Hub", "--village", "Dorf").exit_code == 0

    def __call__(self, *words: str) -> Result:
        command = ["--config", str(self.folder / "hub.toml"), *words]
        return CliRunner().invoke(root, command)

    def heat(self, *words: str) -> Result:
        return self("heat", *words)

    def json(self, *words: str) -> Any:
        done = self.heat(*words, "--json")
        return json.loads(done.stdout)

    def table(self, path: Path) -> Result:
        """Do what a person does: guess, say the source, check, read."""
        assert self.heat("import", str(path), "--guess").exit_code == 0
        mapping = path.with_suffix(".toml")
        mapping.write_text(mapping.read_text().replace('source = ""', 'source = "Gemeinde"'))
        return self.heat("import", str(path))


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path)


def test_from_tables_to_sums(
    hub: Hub, tmp_path: Path, write_village: Callable[..., Any], typology_text: str
) -> None:
    made = write_village(tmp_path, 60, 5)
    assert "Noch keine Schätzung" in hub.heat("block").output
    assert "fehlt" in hub.heat("estimate").output
    (tmp_path / "typology.toml").write_text(typology_text)
    assert "Noch kein Gebäude" in hub.heat("estimate").output
    assert "Kein Gebäude" in hub.heat("buildings").output
    for path in (made.buildings, made.degree_days, made.consumption, made.blocks, made.sections):
        done = hub.table(path)
        assert done.exit_code == 0, done.output
    found = hub.json("buildings", "--street", "lindenweg")
    assert {one["address"].split()[0] for one in found} == {"Lindenweg"}
    assert found[0]["facts"]["type"]["method"] == "survey"
    said = hub.heat("estimate")
    assert "erfunden" in said.output
    assert "60 Gebäude" in said.output
    done = hub.json("estimate")
    assert done["low"] < done["kwh"] < done["high"]
    assert done["made_up"]
    (block,) = hub.json("block", "B1")
    assert (block["buildings"], block["unit"]) == (25, "MWh/(ha a)")
    assert "kWh/(m a)" in hub.heat("block", "--section").output
    assert hub.heat("block", "B99").exit_code == 1
    one = hub.json("building", str(found[0]["number"]))
    assert one["estimate"]["kwh"] > 0
    shown = hub.heat("building", str(found[0]["number"])).output
    assert "erhoben, Gemeinde" in shown
    assert "mit 80 % zwischen" in shown
    assert hub.heat("building", "999").exit_code == 1
    assert hub.json("quality")["complete"]["type"] == 1
    assert "Gebäudetyp" in hub.heat("quality").output
    assert "Kirchgasse 1" in hub.heat("buildings", "--block", "B1").output


def test_what_is_wrong_is_said_and_left_to_correct(hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "haus.csv"
    rows = "".join(f"Weg;{n};EFH;Öl;x\n" for n in range(1, 30))
    path.write_text("Straße;Nr;Typ;Energieträger;Baujahr\n" + rows)
    assert "--guess" in hub.heat("import", str(path)).output
    done = hub.table(path)
    assert done.exit_code == 3
    assert "29 Zeilen: 29 übernommen, 0 abgelehnt; 58 einzelne Werte" in done.output
    assert "… und 38 weitere" in done.output
    assert "heat home add" in done.output
    assert (tmp_path / "haus.abgelehnt.csv").exists()
    assert "gibt es schon" in hub.heat("import", str(path), "--guess").output
    checked = hub.json("import", str(path), "--check")
    assert (checked["lines"], checked["number"], checked["rejected"]) == (29, 0, None)
    assert hub.heat("import", str(tmp_path / "absent.csv"), "--guess").exit_code == 1


def test_a_household_agrees_speaks_and_withdraws(hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "haus.csv"
    path.write_text("Straße;Nr;Typ;Verbrauch 2024\nWeg;1;EFH;23.456\n")
    assert hub.table(path).exit_code == 3
    assert hub("care", "person", "add", "Erna Weber").exit_code == 0
    assert hub.heat("home", "add", "7", "Erna Weber").exit_code == 1
    assert hub.heat("home", "add", "1", "Karl").exit_code == 1
    agreed = hub.heat("home", "add", "1", "Erna Weber")
    assert "Weg 1" in agreed.output
    assert "Verbrauch der Heizung" in hub("care", "person", "list").output
    assert hub.heat("import", str(path)).exit_code == 0
    (village,) = tmp_path.rglob("village.db")
    for file in village.parent.glob("village.db*"):
        assert b"23456" not in file.read_bytes()
    hub("care", "consent", "withdraw", "Erna Weber")
    assert hub.heat("import", str(path)).exit_code == 3


def test_a_street_is_renamed(hub: Hub, tmp_path: Path) -> None:
    path = tmp_path / "haus.csv"
    path.write_text("Straße;Nr\nAlte Gasse;1\n")
    hub.table(path)
    args = ("--source", "Gemeinderat")
    assert hub.heat("rename", "Alte Gasse", "Neue Gasse", *args).exit_code == 0
    assert hub.heat("rename", "Neue Gasse", "Alte Gasse", *args).exit_code == 1
    assert hub.heat("rename", "Neue Gasse", "neue gasse", *args).exit_code == 1
    hub.heat("import", str(path))
    assert len(hub.json("buildings")) == 1
    asked = hub.heat("rename", "Keine Gasse", "Eine Gasse", *args)
    assert "--municipality" in asked.output
    where = ("--municipality", "Hünfeld")
    assert hub.heat("rename", "Keine Gasse", "Eine Gasse", *args, *where).exit_code == 0


def test_without_a_hub(tmp_path: Path) -> None:
    done = CliRunner().invoke(root, ["--config", str(tmp_path / "hub.toml"), "heat", "quality"])
    assert done.exit_code == 78


def test_a_scenario_from_its_file_to_its_sums(
    hub: Hub, tmp_path: Path, write_village: Callable[..., Any], typology_text: str
) -> None:
    made = write_village(tmp_path, 30, 5)
    file = tmp_path / "plan.toml"
    assert "nicht zu lesen" in hub.heat("scenario", str(file)).output
    file.write_text((FURNISHINGS / "scenario.toml").read_text(encoding="utf-8"))
    assert "Typologie" in hub.heat("scenario", str(file)).output
    (tmp_path / "typology.toml").write_text(typology_text)
    assert "Noch kein Gebäude" in hub.heat("scenario", str(file)).output
    for path in (made.buildings, made.degree_days, made.consumption):
        assert hub.table(path).exit_code == 0
    said = hub.heat("scenario", str(file))
    assert said.exit_code == 0, said.output
    for words in (
        "sind erfunden",
        "Ohne jede Änderung bliebe es jedes Jahr wie 2025",
        "CO2 310 g/kWh. Quelle: GEG, Anlage 4 Nr. 1",
        "Dorfnetz: erfunden",
    ):
        assert words in said.output
    found = hub.json("scenario", str(file), "--svg", str(tmp_path / "plan.svg"))
    assert "Endenergie, MWh im Jahr" in (tmp_path / "plan.svg").read_text(encoding="utf-8")
    assert (
        "nicht zu schreiben"
        in hub.heat("scenario", str(file), "--svg", str(tmp_path / "no" / "x")).output
    )
    assert [one["year"] for one in found["years"]] == [2030, 2035, 2040, 2045]
    last = found["years"][-1]
    assert last["unchanged"] == found["base"]["amount"]
    assert last["change_percent"]["co2"] < last["change_percent"]["final"] < 0
    final = last["amount"]["final"]
    assert final["low"] < final["value"] < final["high"]
    for rows in (last["carriers"], last["classes"]):
        assert sum(row["final"]["value"] for row in rows) == pytest.approx(final["value"])
        assert min(row["buildings"] for row in rows) >= 5
    assert {one["carrier"] for one in found["factors"]} >= {"gas", "district"}
    file.write_text(file.read_text(encoding="utf-8").replace("primary = 0.5", 'primary = "?"'))
    refused = hub.heat("scenario", str(file))
    assert refused.exit_code == 1
    assert "noch auszufüllen, mit Quelle: carrier.district.primary" in refused.output


def test_the_coming_season_of_the_village_and_of_a_meter(
    hub: Hub, tmp_path: Path, write_village: Callable[..., Any], typology_text: str
) -> None:
    made = write_village(tmp_path, 30, 5)
    (tmp_path / "typology.toml").write_text(typology_text)
    assert hub.table(made.buildings).exit_code == 0
    assert "normale Gradtagszahl" in hub.heat("season", "--on", "2026-09-01").output
    assert hub.table(made.degree_days).exit_code == 0
    said = hub.heat("season", "--on", "2026-09-01")
    assert said.exit_code == 0, said.output
    assert "Heizzeit 01.10.2026 bis 30.04.2027, ganzes Dorf" in said.output
    assert "nach dem Wetter von 2024" in said.output
    assert "--kd" in hub.heat("season", "--on", "2026-12-01").output
    later = hub.heat("season", "--on", "2026-12-01", "--kd", "600")
    assert "davon bis zum 01.12.2026" in later.output
    found = hub.json("season", "--on", "2026-12-01", "--kd", "600")
    assert found["low"] < found["kwh"] < found["high"]
    assert found["winter"] == {"first": "2026-10-01", "end": "2027-05-01"}
    rows = ["time_utc;heat;temp_c"]
    for at in range(900):
        day = date(2023, 9, 1) + timedelta(days=at)
        cold = 10 - 9 * math.cos(2 * math.pi * (day.timetuple().tm_yday - 15) / 365) + at % 3
        rows.append(f"{day}T00:00;{20 + 4 * max(0.0, 15 - cold):.2f};{cold:.2f}")
    file = tmp_path / "heizwerk.csv"
    file.write_text("\n".join(rows))
    meter = hub.heat("season", str(file))
    assert meter.exit_code == 0, meter.output
    assert "an 139 Tagen gemessen" in meter.output
    assert "einfach: die letzte Heizzeit noch einmal" in meter.output
    assert hub.heat("season", str(file), "--kd", "600").exit_code == 2
    early = hub.json("season", str(file), "--on", "2025-08-01")
    assert early["winters"] == [2023, 2024]
    assert early["naive"] == pytest.approx(early["total"], rel=0.03)
    file.write_text("time_utc;heat;temp_c\n")
    assert hub.heat("season", str(file)).exit_code == 1


def test_hours_are_told_as_energy_and_few_buildings_have_no_season(
    hub: Hub, tmp_path: Path, write_village: Callable[..., Any], typology_text: str
) -> None:
    rows = ["time_utc,heat,temp_c"]
    for at in range(24 * 500):
        hour = datetime(2023, 9, 1) + timedelta(hours=at)  # noqa: DTZ001  # a table has none
        cold = 10 - 9 * math.cos(2 * math.pi * (hour.timetuple().tm_yday - 15) / 365) + at % 5
        rows.append(f"{hour:%Y-%m-%d %H:%M},{20 + 4 * max(0.0, 15 - cold):.2f},{cold:.2f}")
    file = tmp_path / "stunden.csv"
    file.write_text("\n".join(rows))
    said = hub.heat("season", str(file), "--on", "2024-09-01")
    assert "in kW sind es kWh" in said.output
    found = hub.json("season", str(file), "--on", "2024-09-01")
    assert f"{found['total']:,.0f}".replace(",", ".") in said.output
    made = write_village(tmp_path, 4, 5)
    (tmp_path / "typology.toml").write_text(typology_text)
    assert hub.table(made.buildings).exit_code == 0
    assert "erst ab 5 Gebäuden" in hub.heat("season", "--on", "2026-09-01").output


def test_a_new_address_is_placed(
    hub: Hub, tmp_path: Path, write_village: Callable[..., Any]
) -> None:
    made = write_village(tmp_path, 20, 5)
    assert hub.table(made.buildings).exit_code == 0
    config = load(hub.folder / "hub.toml")
    assert "Keine Adresse wartet" in hub.heat("home", "new").output
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        erna = personal.add_person("Erna Weber", 1)
        answers = Answers({"carrier": "oil"}, {"area": 120.0}, [], date(2026, 5, 3))
        keep(personal, erna, Agreed(NEW, "Am Neubau 1", "Ja."), answers, 1)
    assert "Erna Weber: Am Neubau 1" in hub.heat("home", "new").output
    assert hub.heat("home", "place", "Erna Weber", "999").exit_code == 1
    placed = hub.heat("home", "place", "Erna Weber", "7")
    assert placed.exit_code == 0, placed.output
    assert hub.heat("home", "place", "Erna Weber", "7").exit_code == 1
    assert "Keine Adresse wartet" in hub.heat("home", "new").output
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as personal:
        assert personal.homes() == {7: [erna]}
        assert set(personal.home_facts_of(erna, 7)) == {"carrier", "area", "area_kind"}
