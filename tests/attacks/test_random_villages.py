"""Attack 5: any village, however odd: the auditor's own bounds hold of all that is formed of it."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.publish.audit_intervals import audit_intervals
from edge.publish.audit_ties import Edge, find_cut, too_close
from edge.publish.cells import form
from edge.publish.share import Part, Rule, Share
from tests.edge.publish.test_intervals import houses, told_of
from tests.made_plan import RULE, SECTION

AMOUNTS = st.integers(1_000, 60_000) | st.integers(100_000, 3_000_000)


@st.composite
def villages(draw: st.DrawFn) -> list[Part]:
    count = draw(st.integers(5, 60))
    blocks, streets = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    return [
        Part(
            number,
            draw(st.integers(0, blocks)),
            draw(st.sampled_from([0, *range(SECTION + 1, SECTION + 1 + streets)])),
            draw(st.sampled_from(("gas", "gas", "oil", ""))),
            draw(AMOUNTS),
        )
        for number in range(1, count + 1)
    ]


def recovered(shares: dict[int, Share]) -> list[str]:
    """Return what of one release is told of fewer than five, or of one to 15 %."""
    found = told_of([(1, shares[one]) for one in sorted(shares)])
    edges: list[Edge] = houses(found)
    width = find_cut(((one.block, one.section) for one in edges), RULE.k)
    if width:
        return [f"{width} houses"]
    close = [str(one) for one in too_close(edges, RULE.k, RULE.p_percent)]
    return [*close, *map(str, audit_intervals(found, RULE.k, RULE.p_percent))]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(villages())
def test_nothing_of_a_few_is_told_by_a_first_release(parts: list[Part]) -> None:
    assert recovered(form(parts, RULE).shares) == []


def test_the_attack_finds_what_a_rule_of_one_lets_through() -> None:
    parts = [Part(n, n // 3 + 1, SECTION + n % 3, "gas", 10_000 * n) for n in range(1, 30)]
    assert recovered(form(parts, Rule(1, 0, 100)).shares)
    assert not recovered(form(parts, RULE).shares)
