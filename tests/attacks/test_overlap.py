"""Attack 4: blocks against streets, against carriers (networks): combinations by brute force."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product

import pytest

from edge.config import Config
from tests.attacks.published import Seen
from tests.attacks.published import publish as publish_files
from tests.made_plan import RULE, fewest, publish, village


@pytest.mark.parametrize("seed", range(4))
def test_no_combination_of_sums_is_of_four_houses(seed: int) -> None:
    rng = random.Random(seed)
    _, shown = publish(rng, village(rng, 18 + seed), 2 + seed % 2)
    assert fewest(shown, RULE.k - 1) == RULE.k


def cut_out(seen: Seen) -> list[int]:
    """Return the sizes, under five, of unions of cells of one kind less unions of the other.

    By hand, as a reader would: one or two cells of blocks (or of the district heating network's
    customers) against one or two of streets, where one holds the other but for a few.
    """
    cells: dict[tuple[str, str], set[int]] = {}
    for building, (block, section, carrier, _) in seen.shown.items():
        for key in ((block, "*"), (block, carrier), (section, "§")):
            if key[0]:
                cells.setdefault(key, set()).add(building)
    streets = [each for (_, word), each in cells.items() if word == "§"]
    others = [each for (_, word), each in cells.items() if word != "§"]
    found = []
    for one, other in product([*streets, *_two(streets)], [*others, *_two(others)]):
        small, large = sorted((one, other), key=len)
        if small < large and len(large) - len(small) < RULE.k:
            found.append(len(large) - len(small))
    return found


def _two(some: list[set[int]]) -> list[set[int]]:
    return [one | other for one in some for other in some if one is not other and not one & other]


def test_no_block_less_a_street_is_of_a_few(config: Config) -> None:
    for seen in publish_files(config, random.Random(4), 90, 3):
        assert cut_out(seen) == []


def test_the_attack_finds_a_house_between_two_kinds(
    config: Config, careless: Callable[[], None]
) -> None:
    careless()
    assert cut_out(publish_files(config, random.Random(4), 90, 1)[0])
