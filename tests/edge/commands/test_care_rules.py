"""Commands about rules, plans and pauses, and what a rule set would have done."""

from __future__ import annotations

import json
import time
from pathlib import Path

from edge.care.kinds import OXYGEN
from edge.care.rules.replay import write
from edge.config import Config
from edge.store.personal import PersonalStore
from edge.store.personal_rows import Number, Observation
from edge.store.village import VillageStore
from edge.store.village_warnings import ToldWarning, put_warning
from hardware.reading import TimeQuality
from tests.edge.care.rules.days import HOUR, MINUTE, START, measured
from tests.edge.commands.terminal import typed_to

run = typed_to("care")

DAY_MS = 86_400_000


def erna(config: Config) -> None:
    run(config, "person", "add", "Erna Weber")
    run(config, "consent", "give", "1", "--kind", OXYGEN)


def test_the_rules_in_force_are_shown_with_their_numbers(config: Config) -> None:
    told = run(config, "rules", "show")
    assert told.exit_code == 0, told.output
    assert "Regelsatz: Vorgabe" in told.output
    assert "[missed] Messung fehlt: gilt" in told.output
    assert "oxygen_saturation: low_urgent = 85" in told.output
    assert "Royal College of Physicians" in told.output
    static = run(config, "rules", "show", "--rules", "static").output
    assert "[sos] Ruf um Hilfe: gilt nicht" in static
    as_json = json.loads(run(config, "rules", "show", "--json").output)
    assert as_json["limit"]["of"]["oxygen_saturation"]["low_urgent"] == 85
    none = run(config, "rules", "show", "--rules", "nichts.toml")
    assert (none.exit_code, none.output) == (1, "Error: Die Datei nichts.toml gibt es nicht.\n")


def test_a_rule_set_is_checked(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "regeln.toml"
    file.write_text('name = "eigene"\n[limit.of.pulse_rate]\nhigh = 100\n')
    good = run(config, "rules", "check", str(file))
    assert (good.exit_code, good.output) == (0, "In Ordnung: eigene\n")
    file.write_text('name = "eigene"\n[limit.of.pulse]\nhigh = 100\n')
    bad = run(config, "rules", "check", str(file))
    assert (bad.exit_code, bad.output) == (1, "Error: Eine Größe pulse gibt es nicht.\n")


def test_an_urgent_end_that_is_lost_is_said(config: Config) -> None:
    erna(config)

    def said(limit: str) -> str:
        done = run(config, "plan", "set", "1", "--by", "Praxis", "--limit", limit)
        assert done.exit_code == 0, done.output
        return done.stderr

    assert said("oxygen_saturation:low=88,low_urgent=84") == ""
    assert said("oxygen_saturation:low=88") == (
        "Achtung, oxygen_saturation: Allgemein wird bis 85 jemand binnen einer Stunde gerufen, "
        "hier nicht mehr. Soll das bleiben, auch low_urgent=85 angeben.\n"
    )
    pressure = said("blood_pressure_systolic:low=100,low_urgent=90")
    assert "ab 200 jemand binnen einer Stunde gerufen" in pressure
    assert len(pressure.splitlines()) == 1


def test_a_plan_is_set_and_shown_with_who_set_it(config: Config) -> None:
    erna(config)
    assert "nichts Eigenes" in run(config, "plan", "show", "1").output
    done = run(
        config, "plan", "set", "Erna Weber", "--by", "Praxis Dr. Beispiel",
        "--limit", "oxygen_saturation:low=88,low_urgent=84",
        "--measure", "blood_pressure=7:00-10:00", "--measure", "weight=7:00-10:00@mo,do",
        "--off", "silent",
    )  # fmt: skip
    assert (done.exit_code, done.output) == (
        0, "Festgelegt für Erna Weber. Zeigen: dorfhub care plan show 1\n",
    )  # fmt: skip
    told = run(config, "plan", "show", "1").output
    assert "Grenze Sauerstoffsättigung: heute bis 88 %, dringend bis 84 %" in told
    assert "zu messen: Gewichtswerte, 7:00 bis 10:00 (mo, do)" in told
    assert "zu messen: Blutdruckwerte, 7:00 bis 10:00\n" in told
    assert "gilt nicht: Sensor meldet sich nicht" in told
    assert ": Praxis Dr. Beispiel" in told
    run(config, "plan", "set", "1", "--by", "Pflege", "--no-limit", "oxygen_saturation",
        "--no-measure", "--on", "silent")  # fmt: skip
    as_json = json.loads(run(config, "plan", "show", "1", "--json").output)
    assert (as_json["plan"]["limits"], as_json["plan"]["schedule"]) == ({}, [])
    assert as_json["plan"]["off"] == []
    assert [one["by"] for one in as_json["changes"]] == ["Pflege", "Praxis Dr. Beispiel"]


def test_how_long_nothing_may_come_is_said_for_one_person(config: Config) -> None:
    erna(config)
    done = run(config, "plan", "set", "1", "--by", "Tochter", "--no-data", "home_activity=72",
               "--no-data", "button=0", "--no-data", "measured=30,5")  # fmt: skip
    assert done.exit_code == 0, done.output
    told = run(config, "plan", "show", "1").output
    assert "ohne Daten: Meldungen von Türen, Bewegung und Belegung, 72 Stunden\n" in told
    assert "ohne Daten: Tastendrücke am Rufknopf, nicht erwartet\n" in told
    assert "ohne Daten: das tägliche Messen, 30.5 Stunden\n" in told
    run(config, "plan", "set", "1", "--by", "Tochter", "--no-data", "home_activity",
        "--no-data", "button=", "--no-data", "measured")  # fmt: skip
    assert "nichts Eigenes" in run(config, "plan", "show", "1").output
    never = run(config, "plan", "set", "1", "--by", "T", "--measure", "button=7:00-8:00")
    assert (never.exit_code, "Das misst niemand" in never.output) == (1, True)
    for wrong, said in (("x=3", "Möglich sind"), ("button=x", "so zum Beispiel"),
                        ("button=-1", "Möglich sind 0")):  # fmt: skip
        refused = run(config, "plan", "set", "1", "--by", "T", "--no-data", wrong)
        assert refused.exit_code == 1
        assert said in refused.output
    assert "[no_data] Es kommen keine Daten mehr: gilt" in run(config, "rules", "show").output


def test_news2_takes_an_age_and_scale_2_a_doctor(config: Config) -> None:
    erna(config)
    no_age = run(config, "plan", "set", "1", "--by", "Praxis", "--news2")
    assert (no_age.exit_code, "--age" in no_age.output) == (1, True)
    child = run(config, "plan", "set", "1", "--by", "Praxis", "--news2", "--age", "15")
    assert "nicht unter 16 Jahren" in child.output
    expecting = run(config, "plan", "set", "1", "--by", "P", "--news2", "--age", "30", "--pregnant")
    assert "Schwangerschaft" in expecting.output
    done = run(config, "plan", "set", "1", "--by", "Praxis", "--news2", "--age", "81",
               "--scale2-by", "Dr. Beispiel", "--on-oxygen")  # fmt: skip
    assert "Royal College of Physicians" in done.output
    told = run(config, "plan", "show", "1").output
    assert "NEWS2 mit Skala 2, angeordnet von Dr. Beispiel, bekommt Sauerstoff." in told
    run(config, "plan", "set", "1", "--by", "Praxis", "--no-news2")
    assert "NEWS2" not in run(config, "plan", "show", "1").output


def test_what_is_no_plan_is_refused_in_words(config: Config) -> None:
    erna(config)
    for option, words in (
        ("--limit=oxygen_saturation", "so zum Beispiel"),
        ("--limit=oxygen_saturation:low=x", "„x“ ist keine Zahl"),
        ("--limit=oxygen:low=5", "Eine Größe oxygen gibt es nicht"),
        ("--limit=pulse_rate:low=90,high=50", "der Reihe nach"),
        ("--measure=weight", "so zum Beispiel"),
        ("--measure=weight=7:00-10:00@mo,xx", "so zum Beispiel"),
        ("--measure=weight=7:00-25:00", "keine Uhrzeit"),
        ("--measure=weights=7:00-8:00", "Möglich sind"),
        ("--measure=weight=8:00-8:00", "nach dem Anfang"),
    ):
        told = run(config, "plan", "set", "1", "--by", "Praxis", option)
        assert (told.exit_code, words in told.output) == (1, True), told.output
    assert run(config, "plan", "set", "1", "--by", " ").exit_code == 1
    assert run(config, "plan", "set", "Otto", "--by", "Praxis").exit_code == 1


def test_pauses_are_set_shown_and_ended(config: Config) -> None:
    erna(config)
    told = run(config, "pause", "1", "--from", "2031-12-24", "--until", "02.01.2032 18:00")
    assert told.output == ("Erna Weber: Pause (Urlaub) von 24.12.2031 00:00 bis 02.01.2032 18:00\n")
    told = run(config, "pause", "1", "--why", "hospital", "--by", "Tochter")
    assert "Pause (Krankenhaus) von " in told.output
    assert "bis auf Weiteres" in run(config, "plan", "show", "1").output
    assert run(config, "pause", "1", "--end").output == "Erna Weber: Pause beendet.\n"
    (pause,) = json.loads(run(config, "plan", "show", "1", "--json").output)["plan"]["pauses"]
    assert pause["until"] <= time.time() * 1000
    for wrong in (("--from", "bald"), ("--from", "2031-12-24", "--until", "2031-12-01")):
        assert run(config, "pause", "1", *wrong).exit_code == 1


def test_a_warning_of_heat_is_entered(config: Config) -> None:
    erna(config)
    assert run(config, "weather").output == "Es gilt:         keine Hitzewarnung\n"
    told = run(config, "weather", "2", "--hours", "5", "--by", "DWD-App").output
    assert told.startswith(
        "Hitzewarnung Stufe 2 für 5 Stunden.\n"
        "Es gilt:         Stufe 2 (extreme Wärmebelastung)\n"
        "Eingetragen:     Stufe 2 (extreme Wärmebelastung), bis "
    )
    assert told.endswith(" (DWD-App)\n")
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as store:
        now = round(time.time() * 1000)
        assert store.plan(1, now).weather == 2
        assert store.plan(1, now + DAY_MS).weather == 0
    assert run(config, "weather", "0").output == (
        "Hitzewarnung Stufe 0.\nEs gilt:         keine Hitzewarnung\n"
    )


def test_what_the_county_sent_holds_beside_it_and_is_named(config: Config) -> None:
    now = round(time.time() * 1000)
    with VillageStore(config.hub.village_db) as village:
        for region, begins in (("Kreis Gießen", now - 5), ("Vogelsberg", now + 9 * HOUR)):
            one = ToldWarning(bytes(32), region, "Kreis", 1, begins, begins + 10 * HOUR, now)
            with village.connection.transaction() as driver:
                put_warning(driver, one)
    assert run(config, "weather", "0").output.startswith("Hitzewarnung Stufe 0.\n")
    holds, first, second = run(config, "weather").output.splitlines()
    assert holds == "Es gilt:         Stufe 1 (starke Wärmebelastung)"
    assert first.startswith("Vom Landkreis:   Stufe 1 (starke Wärmebelastung), Kreis Gießen, bis ")
    assert "Vogelsberg, von " in second
    assert "(Kreis, ausgegeben " in second


def test_a_recording_is_replayed(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "werte.jsonl"
    values = [
        measured("oxygen_saturation", 80, START),
        measured("oxygen_saturation", 79, START + 20 * MINUTE),
        measured("oxygen_saturation", 97, START + HOUR, person=2),
    ]
    file.write_text("\n".join(map(write, values)))
    told = run(config, "replay", str(file))
    assert told.output == (
        "21.09.2026 16:20  Nr. 1  nachfragen (binnen einer Stunde): Sauerstoffsättigung 80 %, "
        "unter der Grenze (85 %)\n"
        "21.09.2026 16:40  Nr. 1  jemanden rufen (binnen einer Stunde): Sauerstoffsättigung 79 %, "
        "unter der Grenze (85 %); vorher 80 %\n"
        "Regelsatz „Vorgabe“, 3 Werte von 2 Personen: 1-mal nachgefragt, 1-mal jemanden gerufen.\n"
    )
    as_json = json.loads(run(config, "replay", str(file), "--rules", "static", "--json").output)
    assert (as_json["rules"], as_json["asked"], as_json["raised"]) == ("Feste Grenzen", 0, 1)
    assert as_json["findings"][0]["facts"]["limit"] == 92
    file.write_text("x")
    assert "Zeile 1" in run(config, "replay", str(file)).output
    assert run(config, "replay").exit_code == 2


def test_what_is_kept_of_a_person_is_replayed_by_their_plan(config: Config) -> None:
    erna(config)
    now = round(time.time() * 1000)
    with PersonalStore.open(config.hub.personal_db, config.personal.key_file) as store:
        for minute in (0, 10):
            row = Observation(
                now - DAY_MS + minute * MINUTE, "ble:A", OXYGEN, 1, TimeQuality.DEVICE,
                now - DAY_MS + minute * MINUTE, minute + 1, "2A5E",
                values=(Number("oxygen_saturation", 88 + minute / 10),),
            )  # fmt: skip
            store.add_measured([], [row])
    assert "0-mal jemanden gerufen" in run(config, "replay", "--person", "1").output
    run(config, "plan", "set", "1", "--by", "Praxis", "--limit", "oxygen_saturation:low=90")
    told = run(config, "replay", "--person", "Erna Weber").output
    assert "unter der Grenze der Praxis (90 %)" in told
    assert "1-mal jemanden gerufen" in told
    recorded = run(config, "replay", "--person", "1", "--record").output.splitlines()
    assert [json.loads(line)["value"] for line in recorded] == [88.0, 89.0]
