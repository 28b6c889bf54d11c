"""Attack 8: builders that lost one protection each; the auditor must refuse what they make.

Each mutant is one that a careless change could bring. It is let loose on villages until it makes
something that the whole builder would not, and that release must not come out.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.publish import build_plan, carriers, cells, cohort, plan, snapshot, valued
from edge.publish import heating as heating_module
from edge.publish.errors import AuditFailed
from edge.publish.share import Part, Rule
from tests.attacks.published import hub, tell
from tests.made_plan import village

Mutant = Callable[[pytest.MonkeyPatch], None]


def _set(module: Any, name: str, new: Any) -> Mutant:
    return lambda patch: patch.setattr(module, name, new)


def _rule(**other: float) -> Mutant:
    whole = build_plan.rule_of
    return _set(build_plan, "rule_of", lambda cube: replace(whole(cube), **other))


def _unruled(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Rule, "allows", lambda self, amounts: len(list(amounts)) >= self.k)


def _all_wishes(past: object, wishes: dict[int, Any], fresh: dict[int, Any], rule: Rule) -> Any:
    del past, rule
    return {**wishes, **fresh}


def _all_values(past: Any, moved: Any, standing: dict[int, Part], rule: Rule) -> Any:
    del rule
    shares = {**past.shares, **moved}
    return {
        one: replace(shares[one], kwh=part.kwh)
        for one, part in standing.items()
        if one in past.shares and shares[one].kwh != part.kwh
    }


def _spoil_rows(name: str, change: Callable[[tuple[Any, ...]], tuple[Any, ...] | None]) -> Mutant:
    whole = plan.plan_rows

    def spoiled(*given: Any) -> Any:
        rows = whole(*given)
        made = [change(row) for row in rows[name]]
        return {**rows, name: [row for row in made if row is not None]}

    return _set(build_plan, "plan_rows", spoiled)


def _untied(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cells._Forming, "tie", lambda _: False)
    patch.setattr(carriers._Told, "settle", lambda _: None)  # it would look for ever


def _put(row: tuple[Any, ...], at: int, value: Any) -> tuple[Any, ...]:
    return (*row[:at], value, *row[at + 1 :])


def _leaky(patch: pytest.MonkeyPatch) -> None:
    whole = snapshot._erase_slack

    def leave(path: Path) -> None:
        whole(path)
        content = bytearray(path.read_bytes())
        at = content.rindex(bytes(64)) + 8
        content[at : at + 9] = b"Haus 12: "
        path.write_bytes(content)

    patch.setattr(snapshot, "_erase_slack", leave)


MUTANTS: dict[str, Mutant] = {
    "three buildings are enough": _rule(k=3),
    "four buildings are enough": _rule(k=4),
    "one building is enough": _rule(k=1, p_percent=0, largest_percent=100),
    "no dominance rule": _unruled,
    "the largest may be all": _rule(largest_percent=100, p_percent=0.001),
    "cuts are not closed": _untied,
    "all carriers are told apart": _set(
        carriers, "_named", lambda members, _: {one.carrier for one in members} - {""}
    ),
    "every wish is granted": _set(cohort, "allowed", _all_wishes),
    "every value changes": _set(cohort, "valued", _all_values),
    "no pair is loose": _set(valued, "firm", lambda pairs, _: set(pairs)),
    "single generators are counted": _set(
        heating_module, "told_apart", lambda kinds, _, **__: dict(kinds)
    ),
    "sums are not rounded": _spoil_rows("block", lambda row: _put(row, 4, row[4] + 0.123)),
    "a count is one less": _spoil_rows("block", lambda row: _put(row, 2, row[2] - 1)),
    "a cell is suppressed, not merged": _spoil_rows(
        "abschnitt", lambda row: None if row[0].endswith("1") else row
    ),
    "shares have digits": _spoil_rows("traeger", lambda row: _put(row, 4, row[4] + 0.25)),
    "an address is a block's name": _spoil_rows(
        "block", lambda row: _put(row, 1, "Kanarienweg 12x")
    ),
    "spare bytes are not erased": _leaky,
}


def publish_years(folder: Path, seed: int, years: int) -> None:
    """Publish a village that always changes a little: each year a few move, come and go."""
    rng = random.Random(seed)
    config = hub(folder)
    parts = [
        replace(one, heating=rng.choice(("boiler", "boiler", "heat_pump", "station")))
        for one in village(rng, 60)
    ]
    for year in range(2001, 2001 + years):
        tell(config, parts, year)
        build_plan.build_plan(config, config.hub.public, datetime(year, 6, 1, tzinfo=UTC))
        parts = [
            replace(
                one,
                kwh=one.kwh + rng.choice((0, 0, 0, 9_000)),
                carrier=rng.choice((one.carrier,) * 12 + ("electricity",)),
            )
            for one in parts
            if rng.random() > 0.04
        ]
        parts += [replace(parts[0], building=1000 + year), replace(parts[-1], building=3000 + year)]


def test_the_whole_builder_passes(tmp_path: Path) -> None:
    for seed in range(3):
        (tmp_path / str(seed)).mkdir()
        publish_years(tmp_path / str(seed), seed, 4)


@pytest.mark.parametrize("name", MUTANTS)
def test_every_mutant_is_caught(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[name](monkeypatch)
    for seed in range(4):
        (tmp_path / str(seed)).mkdir()
        try:
            publish_years(tmp_path / str(seed), seed, 4)
        except AuditFailed:
            return
    pytest.fail(f"four villages of four years came out: {name}")
