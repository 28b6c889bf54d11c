"""What a scenario assumes is told in sentences, each with its source; its numbers as objects."""

from __future__ import annotations

import json
from dataclasses import replace

from edge.heat.scenario.assumed import assumed, lacks_factors, missing
from edge.heat.scenario.plan import Plan, Supply
from edge.heat.scenario.told import as_object
from tests.edge.heat.test_scenario import PLAN, ahead, change, still, village


def said(plan: Plan) -> dict[str, str]:
    return {one.what: one.said for one in assumed(plan)}


def test_assumptions_are_sentences_each_with_a_source() -> None:
    found = said(PLAN)
    assert found["Bezugsjahr"] == "Das Kataster steht für 2025."
    assert found["Nutzungsgrad heute"] == "0,8 kWh Wärme je kWh der Kennwerte."
    assert found["Sanierung"] == (
        "1 % (2026), 2 % (2030) der Fläche im Jahr, wer je m² am meisten braucht, zuerst. Danach "
        "bleiben 50 % bis 60 % der Raumwärme, je nach Zustand oder Alter."
    )
    assert found["Heizung, wo keine bekannt ist"] == (
        "Gasheizung 50 %, Ölheizung 30 %, Holzheizung 10 %, Wärmepumpe 10 %."
    )
    assert found["Heizung: Wärmepumpe"] == "Träger Strom, 3 kWh Wärme je kWh."
    assert all(one.source and "{" not in one.said for one in assumed(PLAN))


def test_each_way_to_change_has_its_sentence() -> None:
    found = said(PLAN)
    assert found["Kessel nach 25 Jahren"] == (
        "Von Gasheizung, Ölheizung zu Wärmepumpe 70 %, Holzheizung 10 %: sobald die Anlage 25 "
        "Jahre alt ist; was heute schon älter ist, binnen 5 Jahren."
    )
    assert found["Dorfnetz"].endswith("zu Wärmenetz 100 %: 40 % davon, von 2028 bis 2040.")
    assert found["Strom direkt"].endswith("zu Wärmepumpe 100 %: jedes Jahr 5 % davon.")
    somewhere = change(
        rate={0: 0.1}, blocks=frozenset({"B2", "B1"}), types=frozenset({"MFH", "EFH"})
    )
    assert said(still(changes=(somewhere,)))["x"] == (
        "Von Gasheizung zu Wärmepumpe 100 %: jedes Jahr 10 % davon. Nur in: B1, B2. "
        "Nur Bauart: EFH, MFH."
    )


def test_refurbishment_may_be_alike_everywhere() -> None:
    alike = replace(
        PLAN.refurbishment, rate={2026: 0.015}, worst_first=False, left={"none": 0.5, "part": 0.5}
    )
    assert said(replace(PLAN, refurbishment=alike))["Sanierung"] == (
        "1,5 % der Fläche im Jahr, überall gleich viel. Danach bleiben 50 % der Raumwärme, je nach "
        "Zustand oder Alter."
    )


def test_winters_become_warmer_colder_or_stay() -> None:
    warmer = "Jahrzehnt für Jahrzehnt 100 Gradtage (K d) weniger."
    assert said(replace(PLAN, kd_per_decade=-100.0))["Klima"] == warmer
    assert said(replace(PLAN, kd_per_decade=50.0))["Klima"].endswith("50 Gradtage (K d) mehr.")
    assert said(replace(PLAN, kd_per_decade=0.0))["Klima"] == "Die Winter bleiben, wie sie sind."


def test_a_way_to_heat_of_ones_own_is_named_by_its_carrier_where_that_is_enough() -> None:
    pellets = replace(PLAN.supplies[0], name="pellets", carrier="liquid_gas")
    assert "Heizung: Flüssiggas" in said(with_supply(pellets))
    second = replace(PLAN.supplies[0], name="neue Kessel")
    assert "Heizung: Erdgas (neue Kessel)" in said(with_supply(second))


def with_supply(one: Supply) -> Plan:
    return replace(PLAN, supplies=(*PLAN.supplies, one))


def test_what_is_missing_is_named_by_part_and_in_german() -> None:
    keys = ("about.name", "[carrier.gas]", "carrier.oil.co2", "carrier.peat.co2", "other.key", "x")
    assert missing(keys) == [
        ("Über das Szenario [about]", "name"),
        ("Faktoren der Träger [carrier]", "Erdgas (alles), Heizöl (CO2), peat.co2"),
        ("other", "key"),
        ("x", "x"),
    ]
    assert lacks_factors(keys)
    assert not lacks_factors(("about.name", "x"))


def test_what_it_comes_to_is_told_whole_and_as_plain_objects() -> None:
    found = ahead(PLAN, village())
    told = json.loads(json.dumps(as_object(PLAN, found, made_up=False), allow_nan=False))
    assert (told["name"], told["made_up"], told["buildings"]) == (PLAN.name, True, 12)
    assert [one["year"] for one in told["years"]] == [2030, 2035, 2040, 2045]
    last, base = told["years"][-1], told["base"]
    assert last["amount"]["final"]["value"] == found.years[-1].amount.final.value
    assert last["unchanged"] == base["amount"]
    fall = 100 * (last["amount"]["co2"]["value"] / base["amount"]["co2"]["value"] - 1)
    assert abs(last["change_percent"]["co2"] - fall) <= 0.51
    assert {one["carrier"] for one in told["factors"]} == set(PLAN.factors)
    assert all(isinstance(part["name"], list) for part in last["carriers"] + last["classes"])
    assert [one["what"] for one in told["sources"]] == [what for what, _ in PLAN.sources()]


def test_a_scenario_or_a_typology_that_is_made_up_says_so() -> None:
    true, found = replace(PLAN, made_up=False), ahead(PLAN, village())
    assert as_object(true, found, made_up=True)["made_up"] is True
    assert as_object(true, found, made_up=False)["made_up"] is False
