"""Attack 2: bounds from every printed number of a file, by a linear program."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.config import Config
from tests.attacks.published import hub, largest, narrow, publish

Record = Callable[[str, object], None]


@pytest.mark.parametrize("seed", [1, 2])
def test_no_building_is_within_fifteen_percent(
    config: Config, seed: int, record_property: Record
) -> None:
    (seen,) = publish(config, random.Random(seed), 90, 1)
    aims = {*largest(seen, 10), *random.Random(seed).sample(sorted(seen.shown), 10)}
    assert narrow(seen, sorted(aims)) == []
    record_property("attacked", len(aims))


@pytest.mark.soak
def test_none_of_ten_thousand_buildings(tmp_path: Path, record_property: Record) -> None:
    attacked = 0
    for seed in range(60):
        (tmp_path / str(seed)).mkdir()
        for seen in publish(hub(tmp_path / str(seed)), random.Random(1000 + seed), 175, 1):
            aims = largest(seen, 12)  # the smaller are wider open: their room is as large
            assert narrow(seen, aims) == []
            attacked += len(seen.shown)
    record_property("buildings", attacked)
    assert attacked >= 10_000


def test_the_attack_finds_who_is_not_protected(
    config: Config, careless: Callable[[], None]
) -> None:
    careless()
    (seen,) = publish(config, random.Random(1), 90, 1)
    assert len(narrow(seen, largest(seen, 20))) >= 5
