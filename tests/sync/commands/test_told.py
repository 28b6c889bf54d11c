"""What a county told stands in `sync status`, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from edge.config import load
from edge.store import village_county
from edge.store.village_county import Forecast, Software
from edge.store.village_warnings import ToldWarning, put_warning
from sync.cli import root
from sync.identity import Identity
from sync.node import opened
from sync.wire import Enrolment

T0 = 1_795_000_000_000


def status(hub: Path, *words: str) -> Result:
    return CliRunner().invoke(root, ["--config", str(hub / "hub.toml"), "sync", "status", *words])


def test_status_tells_what_the_county_told(tmp_path: Path) -> None:
    made = CliRunner().invoke(root, ["init", str(tmp_path), "--name", "DGH", "--village", "Dorf"])
    assert made.exit_code == 0, made.output
    assert json.loads(status(tmp_path, "--json").stdout)["told"]["software"] == []
    county = Identity.generate().name
    with opened(load(tmp_path / "hub.toml")) as node:
        node.peers.ask(Enrolment(county, "Kreis", ()), 1)
        with node.connection.transaction() as driver:
            update = Software(county, "0.2.0", "", "", 9, bytes(32), T0)
            village_county.put_software(driver, update)
            village_county.put_setting(driver, county, "weather-station", "K2204", T0)
            village_county.put_reply(driver, county, "Kreis", b"sealed", T0)
            village_county.put_forecasts(driver, [Forecast(T0, "K2204", T0 - 5, 3.5)])
            now = node.clock.stamp().wall_ms
            heat = ToldWarning(county, "Kreis Gießen", "Kreis", 1, now, now + 1_000_000_000, now)
            put_warning(driver, heat)
    told = json.loads(status(tmp_path, "--json").stdout)["told"]
    assert told["software"] == ["0.2.0"]
    assert told["settings"] == {"weather-station": "K2204"}
    assert (told["replies"], told["revoked_keys"]) == (1, 0)
    assert list(told["weather"]) == ["K2204"]
    assert [(one["region"], one["level"]) for one in told["heat_warnings"]] == [("Kreis Gießen", 1)]
    text = status(tmp_path).stdout
    assert "Hitzewarnung:    Stufe 1, Kreis Gießen, " in text
    assert "Version 0.2.0 (mehr: dorfhub doctor)" in text
    assert "1 Antwort (lesen: dorfhub care replies)" in text
    assert "weather-station = K2204" in text
    assert "K2204, vorhergesagt bis 18.11.2026" in text
