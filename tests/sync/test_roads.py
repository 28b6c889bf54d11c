"""The ways out of the village together: what is noted, and what a change of network does."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from edge.process.log import Log
from edge.store.village_rows import Road
from sync import roads as module
from sync.commands import report
from sync.line.door import Door
from sync.node import Node
from sync.roads import Roads
from sync.server import Desk
from sync.tls import ServerContext


@pytest.fixture
def node(make_node: Callable[[str], Node]) -> Node:
    return make_node('advertise = false\ncalls = ["127.0.0.1:1"]')


@pytest.fixture
def door(node: Node) -> Iterator[Door]:
    desk = Desk("DGH", node.identity, node.outbox, node.peers, node.clock, Log())
    with Door(desk, ServerContext(node.identity), Log()) as made:
        yield made


def test_a_county_that_does_not_answer_is_told_with_what_to_do(node: Node, door: Door) -> None:
    node.village.put_road(Road("old:1", "call", "good", "ok", "", "", 1))
    node.village.put_road(Road("stick", "stick", "busy", "busy", "Wird beschrieben.", "", 1))
    with Roads(node, door, ServerContext(node.identity), 1, Log()) as ways:
        parts = ways.look()
        for _ in range(1000):
            parts = ways.look()
            if parts[0].state == "degraded":
                break
    assert (parts[0].name, parts[0].state) == ("call:127.0.0.1:1", "degraded")
    found = {road.road: road for road in node.village.roads()}
    assert sorted(found) == ["127.0.0.1:1", "stick"]
    assert found["127.0.0.1:1"].code == "refused"
    assert found["stick"].code == "cut"
    lines = "\n".join(report.lines(report.gather(node)))
    assert "Der Hub ruft an: 127.0.0.1:1" in lines
    assert "nimmt gerade niemand Anrufe an. [refused]" in lines
    assert "Zuletzt gut:      noch nie" in lines
    assert "county listen" in lines


def test_a_line_that_comes_up_is_tried_at_once(
    node: Node, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [frozenset({"192.0.2.1"})]
    monkeypatch.setattr(module, "own_addresses", lambda: addresses[0])
    nudged: list[int] = []
    with Roads(node, door, ServerContext(node.identity), 1, Log()) as ways:
        monkeypatch.setattr(ways._callers[0], "nudge", lambda: nudged.append(1))
        ways.look()
        ways.look()
        assert nudged == []
        addresses[0] = frozenset({"192.0.2.1", "198.51.100.7"})
        ways.look()
        door.loop.start(_nothing())
    assert nudged == [1]


async def _nothing() -> None:
    """Come after what was called before."""
