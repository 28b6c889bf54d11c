"""Attack 8: builders that lost one protection each; the auditor must refuse what they make.

Each mutant is one that a careless change could bring. It is let loose on villages until it makes
something that the whole builder would not, and that release must not come out.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely

from edge.publish import build_plan, carriers, cells, cohort, outlines, plan, snapshot, valued
from edge.publish import heating as heating_module
from edge.publish.errors import AuditFailed
from edge.publish.share import Part, Rule
from edge.store.village import VillageStore
from tests.attacks.published import hub, tell
from tests.made_plan import SECTION, village

_FROZEN = VillageStore.frozen_outlines
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


def _outlined_by(building: str) -> Mutant:
    """Let outlines be hulls around those buildings (of `b`, in SQL) that the places have."""

    def hulls(self: VillageStore) -> dict[int, str]:
        points: dict[int, list[str]] = {}
        for place, text in self.connection.rows(
            "SELECT p.place, b.geometry FROM heat_release_place AS p"  # noqa: S608 - the test's own
            " JOIN heat_building AS b ON p.place IN (b.block, b.section)"
            f" WHERE b.geometry IS NOT NULL AND {building}"
        ):
            points.setdefault(int(str(place)), []).append(str(text))
        areas = {
            place: shapely.buffer(
                shapely.convex_hull(shapely.union_all(shapely.from_geojson(of))), 0.0001
            )
            for place, of in points.items()
        }
        return {
            place: shapely.to_geojson(area if place < SECTION else area.exterior)
            for place, area in areas.items()
        }

    return _set(VillageStore, "frozen_outlines", hulls)


def _left_out(self: VillageStore) -> dict[int, str]:
    """Leave out the outlines of places of which a building does not count."""
    gone = {
        place
        for row in self.connection.rows(
            "SELECT block, section FROM heat_building WHERE gone_at IS NOT NULL"
        )
        for place in row
    }
    whole = _FROZEN(self)
    return {place: text for place, text in whole.items() if place not in gone}


def _outline_rows(change: Callable[[str], str]) -> Mutant:
    return _spoil_rows("umriss", lambda row: _put(row, 1, row[1] and change(row[1])))


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
    "an outline is the hull of the houses": _outlined_by("true"),
    "an outline is the hull of the houses that count": _outlined_by("b.gone_at IS NULL"),
    "a block with a house that is gone has no outline": _set(
        VillageStore, "frozen_outlines", _left_out
    ),
    "outlines have seven digits": _set(outlines, "DIGITS", 7),
    "an outline says its houses": _outline_rows(
        lambda text: text.replace("}", ',"properties":{"haus":"Kanarienweg 12x"}}')
    ),
    "an outline lacks a part": _outline_rows(
        lambda text: json.dumps(
            {**json.loads(text), "coordinates": json.loads(text)["coordinates"][:-1]},
            separators=(",", ":"),
        )
    ),
    "a house's position is a block's name": _spoil_rows(
        "block", lambda row: _put(row, 1, "8,6012345 50,5012345")
    ),
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
