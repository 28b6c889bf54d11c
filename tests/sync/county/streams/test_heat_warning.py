"""The Weather Service's warning of heat, from the county's command to what the hub's rules read."""

from __future__ import annotations

import time
from typing import Any

import pytest
from click.testing import CliRunner

from sync.carrier.memory import MemoryCarrier
from sync.cli import root
from tests.sync.county.streams.conftest import Both, errand

HOUR = 3_600_000


def send(both: Both, *words: str) -> Any:
    source = str(both.county.config.source)
    return CliRunner().invoke(root, ["county", "heat-warning", *words, "--county", source])


def bring(both: Both) -> None:
    carrier = MemoryCarrier(
        lambda _: b"",
        lambda *_: b"",
        lambda _: None,
        got=lambda _: both.word(),
        deliver=both.take,
    )
    errand(both, carrier)


def now() -> int:
    return round(time.time() * 1000)


def test_the_county_s_warning_holds_at_the_hub_until_it_is_over(both: Both) -> None:
    store = both.village.store
    done = send(both, "2", "--region", "Kreis Gießen")
    assert (done.exit_code, done.output) == (
        0, "Hitzewarnung Stufe 2 für Kreis Gießen geht an alle Hubs.\n"
    )  # fmt: skip
    assert store.told_heat(now()) == 0
    bring(both)
    assert (store.told_heat(now()), store.told_heat(now() + 25 * HOUR)) == (2, 0)
    (found,) = store.told_warnings(now())
    assert (found.region, found.source, found.level) == ("Kreis Gießen", "Landkreis Gießen", 2)
    done = send(both, "0", "--region", "Kreis Gießen", "--to", both.hub.hub)
    assert done.output.startswith("Keine Hitzewarnung mehr für Kreis Gießen geht an ")
    bring(both)  # in the stream to this hub alone, beside the one to all
    assert store.told_heat(now()) == 0
    assert both.inflow.kept() == []


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("3", "--region", "x"), "3 is not in the range 0<=x<=2"),
        (("1",), "--region"),
        (("1", "--region", "x", "--until", "2020-07-01T10:00"), "--until: nach --from"),
        (
            ("1", "--region", "x", "--from", "2020-07-01T09:00", "--until", "2020-07-01T10:00"),
            "--until: liegt in der Vergangenheit",
        ),
        (
            ("1", "--region", "x", "--from", "2031-07-01T09:00", "--until", "2031-07-12T10:00"),
            "höchstens 10 Tage",
        ),
        (("1", "--region", "x", "--issued", "2091-07-01T10:00"), "--issued: liegt in der Zukunft"),
        (("1", "--region", "x", "--from", "heute"), "--from"),
    ],
)
def test_what_cannot_hold_is_not_sent(both: Both, words: tuple[str, ...], what: str) -> None:
    done = send(both, *words)
    assert done.exit_code == 2
    assert what in done.output
    assert both.bundles() == []


def test_a_region_that_no_hub_would_take_is_refused(both: Both) -> None:
    done = send(both, "1", "--region", " ")
    assert done.exit_code == 1
    assert "region is missing or wrong" in done.output
    assert both.bundles() == []


def test_an_event_of_another_level_is_kept_and_does_nothing(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("sync.county_words.check", lambda *_: None)
        said = {"region": "x", "level": 3, "from": 0, "until": 1 << 52, "issued": 0}
        both.say("weather.heat_warning", **said)
    both.take_all()
    assert both.village.store.told_heat(now()) == 0
    assert [(one.what, one.count) for one in both.inflow.kept()] == [("weather.heat_warning", 1)]
