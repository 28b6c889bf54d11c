"""Rule sets: what is shipped is sound, and whatever is wrong is named with its place."""

from __future__ import annotations

import re
from dataclasses import fields
from operator import attrgetter
from pathlib import Path

import pytest

from edge.care.rules import ruleset
from edge.care.rules.errors import RuleError
from edge.care.rules.plan import Limit, Plan
from edge.care.rules.ruleset import (
    MOST_BYTES,
    RULES,
    SHIPPED,
    RuleSet,
    default,
    holds,
    load,
    readable,
)


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_is_sound(name: str) -> None:
    assert load(name).name


def test_the_default_has_every_rule_and_the_others_only_theirs() -> None:
    nobody = Plan(1)
    assert [name for name in RULES if holds(default(), nobody, name)] == list(RULES)
    assert [name for name in RULES if holds(load("static"), nobody, name)] == ["limit"]
    assert [name for name in RULES if holds(load("news2"), nobody, name)] == ["news2"]
    assert not holds(default(), Plan(1, off=frozenset(("limit",))), "limit")


def test_who_goes_on_all_the_same_takes_the_shipped_rules_for_what_cannot_be_read(
    tmp_path: Path,
) -> None:
    own, broken = tmp_path / "own.toml", tmp_path / "broken.toml"
    own.write_text('name = "Dorf"\n')
    broken.write_text("name = ")
    assert readable(own).name == "Dorf"
    for one in (None, broken, tmp_path / "none.toml"):
        assert readable(one) == default()


def test_a_rule_may_be_put_off_in_the_file() -> None:
    assert not holds(load('name = "x"\n[sos]\nactive = false'), Plan(1), "sos")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("name = ", "kein TOML"),
        ("", "name fehlt"),
        ("name = 5", "name: Hier gehört ein Wort hin."),
        ('name = "x"\nlimits = 1', "limits gibt es nicht"),
        ('name = "x"\nlimit = 1', "limit: Hier gehört eine Tabelle hin."),
        ('name = "x"\n[limit.of.pulse]\nlow = 1', "Eine Größe pulse gibt es nicht."),
        ('name = "x"\n[limit.of.pulse_rate]\nlow = ""', "of.pulse_rate.low: Hier gehört eine Zahl"),
        ('name = "x"\n[limit.of.pulse_rate]\nlow = nan', "eine Zahl"),
        ('name = "x"\n[limit.of.pulse_rate]\nlow = 90\nhigh = 50', "nicht der Reihe nach"),
        ('name = "x"\n[baseline]\nz = 0.5', "baseline.z: 0.5 geht nicht; möglich ist 1 bis 20."),
        ('name = "x"\n[baseline]\nkeep = 2.5', "eine ganze Zahl"),
        (
            'name = "x"\n[baseline.sooner]\nhours = 0.1',
            "baseline.sooner.hours: 0.1 geht nicht; möglich ist 0.5 bis 24.",
        ),
        (
            'name = "x"\n[baseline.sooner]\nfrom_hour = 21\nuntil_hour = 8',
            "until_hour muss nach from_hour sein",
        ),
        ('name = "x"\n[baseline.of.pulse_rate]\nleast = 3', "baseline.of.pulse_rate.floor fehlt."),
        ('name = "x"\n[baseline.patterns]\na = ["pulse high"]', "pulse high: Hier gehört eine"),
        ('name = "x"\n[baseline.patterns]\na = ["pulse_rate"]', "zum Beispiel pulse_rate high."),
        ('name = "x"\n[news2]\nsingle = 1', "true oder false"),
        ('name = "x"\n[plausible]\npulse_rate = [1]', "Hier gehören 2 Werte hin."),
        ('name = "x"\n[plausible]\npulse_rate = 5', "eine Liste"),
        ('name = "x"\n[plausible]\npulse = [1, 2]', "Eine Größe pulse gibt es nicht."),
        ('name = "x"\n[silent.hours]\npulse = 5', "Möglich sind: "),
        ('name = "x"\nplausible = 5', "etwas anderes"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_place(text: str, hint: str) -> None:
    with pytest.raises(RuleError) as refused:
        load(text)
    assert hint in refused.value.hint


def test_a_file_is_read_once_it_is_short_text(tmp_path: Path) -> None:
    file = tmp_path / "regeln.toml"
    file.write_text('name = "eigene"\n[limit.of.pulse_rate]\nhigh = 100\n')
    found = load(file)
    assert (found.name, found.limit and found.limit.of["pulse_rate"]) == ("eigene", Limit(high=100))
    file.write_bytes(b"\xff")
    with pytest.raises(RuleError, match="utf-8"):
        load(file)
    file.write_text("#" * (MOST_BYTES + 1))
    with pytest.raises(RuleError, match="too long"):
        load(file)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.toml")


def test_every_setting_is_described() -> None:
    docs = (Path(__file__).parents[4] / "docs" / "care-rules.md").read_text("utf-8")
    kinds = (ruleset.LimitRule, ruleset.Spread, ruleset.BaselineRule, ruleset.News2Rule,
             ruleset.Remeasure, ruleset.Bundle, ruleset.MissedRule, ruleset.SilentRule,
             ruleset.NoDataRule, ruleset.StreamRule, ruleset.HeatRule, ruleset.SosRule, RuleSet,
             Limit)  # fmt: skip
    for kind in kinds:
        for one in fields(kind):
            assert re.search(rf"\b{one.name}\b", docs), (kind, one.name)


def test_the_defaults_that_are_described_are_the_shipped_ones() -> None:
    docs = (Path(__file__).parents[4] / "docs" / "care-rules.md").read_text("utf-8")
    compared = []
    for line in docs.splitlines():
        cells = [one.strip() for one in line.split("|")]
        if len(cells) != 6 or not cells[1].startswith("`"):
            continue
        values = cells[3].split(", ")
        if not all(re.fullmatch(r"[0-9.]+|true|false", one) for one in values):
            continue  # it says where to look
        first, *others = re.findall(r"`([a-z0-9_.]+)`", cells[1])
        table = first.rpartition(".")[0]
        for name, value in zip([first, *(f"{table}.{one}" for one in others)], values, strict=True):
            shipped = attrgetter(name)(default())
            said = str(shipped).lower() if isinstance(shipped, bool) else f"{shipped:g}"
            assert value == said, name
            compared.append(name)
    assert len(compared) > 15


def test_an_empty_one_finds_nothing_and_waits_for_nobody() -> None:
    assert not any(holds(RuleSet("x"), Plan(1), name) for name in RULES)
