"""A hub that is silent is named, by the county's own clock."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from sync.cli import root
from sync.county import config, jobs
from sync.county.ledger import HubState
from sync.county.report import (
    HubStatus,
    Status,
    plain,
    sentences,
    silent_hubs,
    silent_since,
)
from sync.county.settings import Silence
from sync.county.web import views

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office, Writer

NOW = 1_790_000_000_000
DAY_MS = 86_400_000
SILENT_MS, BY_HAND_MS = Silence().after_ms(by_hand=False), Silence().after_ms(by_hand=True)
HUB = HubStatus(
    "wetterfeld", "Wetterfeld", "ab-cd", HubState.CONFIRMED.value, "ok", "Alles da.", "", "",
    NOW, NOW - SILENT_MS, (), (),
)  # fmt: skip


def test_after_a_day_without_anything_a_hub_is_silent() -> None:
    assert silent_since(HUB, NOW) == NOW - SILENT_MS
    assert silent_since(HUB, NOW - 1) is None
    assert SILENT_MS == DAY_MS
    assert silent_since(replace(HUB, state=HubState.PENDING.value), NOW) is None


def test_who_never_brought_anything_is_silent_since_the_confirmation() -> None:
    never = replace(HUB, last_success_at=None, confirmed_at=NOW - SILENT_MS)
    assert silent_since(never, NOW) == NOW - SILENT_MS
    assert silent_since(never, NOW - 1) is None


def test_it_is_said_with_what_to_do() -> None:
    def told(hub: HubStatus) -> str:
        return "\n".join(
            sentences(
                Status("Kreis", "ab-cd", 0, ok=True, hubs=(hub,), findings=(), unread={}),
                now_ms=NOW,
            )
        )

    assert "SCHWEIGT seit" in told(HUB)
    assert "kein Alarm" in told(HUB)
    assert "SCHWEIGT" not in told(replace(HUB, last_success_at=NOW))


def test_all_who_are_silent_are_named_first_and_the_longest_first() -> None:
    longer = replace(HUB, hub="lich", name="", last_success_at=NOW - 3 * SILENT_MS)
    speaks = replace(HUB, hub="gruenberg", name="Grünberg", last_success_at=NOW)
    hubs = (speaks, HUB, longer)
    assert [hub.hub for hub, _ in silent_hubs(hubs, NOW)] == ["lich", "wetterfeld"]
    answer = Status("Kreis", "ab-cd", 0, ok=True, hubs=hubs, findings=(), unread={})
    said = list(sentences(answer, now_ms=NOW))
    assert said[2].startswith("SCHWEIGEN: lich seit ")
    assert "Wetterfeld seit" in said[2]
    told = plain(answer, NOW)["hubs"]
    assert isinstance(told, list)
    assert [one["silent_since"] for one in told] == [None, NOW - SILENT_MS, NOW - 3 * SILENT_MS]


def test_where_an_official_looks_each_day_it_stands_first(
    office: Office, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.know(writer)
    writer.add()
    assert office.pull(writer).code == "ok"
    source = str(office.county.config.source)
    assert views.overview(office.county, None, NOW).warnings == ()
    success = office.hub(writer).last_success_at or 0
    source_of = office.county.config.source
    week = success + 7 * DAY_MS  # the bus comes once a week
    assert views.overview(office.county, None, week).warnings == ()
    assert jobs.health(source_of, week).state == "ok"
    monkeypatch.setattr("time.time_ns", lambda: week * 1_000_000)
    done = CliRunner().invoke(root, ["county", "status", "--county", source])
    assert (done.exit_code, "SCHWEIG" in done.output) == (0, False)
    later = success + BY_HAND_MS
    (warned,) = views.overview(office.county, None, later).warnings
    assert (warned.id, warned.name) == (writer.id, "Wetterfeld")
    assert warned.what.startswith("schweigt seit ")
    assert "nur durch Stick oder Bus" in warned.what
    health = jobs.health(source_of, later)
    assert (health.state, "zu lange nichts von Wetterfeld" in health.message) == (
        "attention", True,
    )  # fmt: skip
    monkeypatch.setattr("time.time_ns", lambda: later * 1_000_000)
    done = CliRunner().invoke(root, ["county", "status", "--county", source])
    assert done.exit_code == 1
    assert "SCHWEIGEN: Wetterfeld seit" in done.output


def test_a_hub_that_a_line_leads_to_is_silent_after_a_day(office: Office, writer: Writer) -> None:
    office.know(writer)
    office.county.ledger.add_address(writer.id, "http://10.0.0.7:8443", now_ms=NOW)
    writer.add()
    assert office.pull(writer).code == "ok"
    later = (office.hub(writer).last_success_at or 0) + SILENT_MS
    (warned,) = views.overview(office.county, None, later).warnings
    assert "nur durch Stick oder Bus" not in warned.what


def test_how_long_is_too_long_is_the_county_s_to_set(office: Office) -> None:
    file = office.county.config.source
    file.write_text(file.read_text("utf-8") + "\n[county.silence]\nby_hand_hours = 400\n", "utf-8")
    assert config.load(file).silence == Silence(24, 400)
    file.write_text(file.read_text("utf-8") + "days = 3\n", "utf-8")
    with pytest.raises(config.ConfigError, match=r"county\.silence\.days"):
        config.load(file)
