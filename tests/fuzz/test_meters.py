"""The fuzzer itself: cut and resumed, sure to find what is planted, and a share of its run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.commands.meter_decode import answer_text
from hardware.mbus import plan
from hardware.mbus.plan import Plan, Records
from hardware.profiles import message
from hardware.wmbus import link
from hardware.wmbus.fragments import fragment_of
from tests.fuzz import meters, seeds

SHARE = 200_000


def test_a_run_in_parts_is_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters, "STEP", 300)
    whole = meters.run(0, 900)
    state = tmp_path / "state.json"
    meters.run(0, 900, state=state)
    kept = json.loads(state.read_text())
    assert kept["done"] == 900
    assert sum(kept["seen"].values()) == sum(whole.values())
    assert meters.run(0, 900, state=state) == kept["seen"]  # nothing is left to do
    with pytest.raises(SystemExit, match="another run"):
        meters.run(0, 800, state=state)


def test_messages_in_fragments_are_among_what_is_spoiled() -> None:
    parts = [one for one in seeds.messages(None) if len(one.telegrams) > 1]
    whole = [one for one in parts if all(map(_is_fragment, one.telegrams))]
    assert {len(one.telegrams) for one in whole} >= {2, 3, 5}
    for one in whole:
        line = ",".join(raw.hex() for raw in one.telegrams) + (
            f" {one.key.hex()}" if one.key else ""
        )
        assert answer_text(line)[1]  # valid before it is spoiled


def _is_fragment(raw: bytes) -> bool:
    return raw[0] != 0x68 and fragment_of(link.parse(raw)) is not None


def test_an_error_that_is_not_ours_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(raw: bytes) -> bool:
        return raw[1] != raw[2]

    monkeypatch.setattr(message, "is_wireless", broken)
    with pytest.raises(IndexError) as caught:
        meters.run(0, 5000)
    assert "of seed 1" in caught.value.__notes__[0]


def test_a_plan_that_reads_otherwise_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Plan.read

    def wrong(self: Plan, data: bytes) -> Records:
        found = right(self, data)
        return found._replace(records=tuple(found.records)[:-1])

    plan.forget()
    monkeypatch.setattr(Plan, "read", wrong)
    with pytest.raises(AssertionError):
        meters.run(0, 20_000)


@pytest.mark.soak
@pytest.mark.timeout(1500)
def test_a_share_of_the_fuzzing_holds() -> None:
    seen = meters.run(10_000_000, SHARE)
    assert seen["read"] > SHARE // 10
    assert {"FrameError", "DecodeError", "Unsupported", "KeyRequired", "WrongKey"} <= set(seen)
    assert seen["heard"] > 0
    assert seen["frame"] > 0
