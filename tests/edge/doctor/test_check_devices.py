from __future__ import annotations

from pathlib import Path

from edge.config import load
from edge.doctor.checks import devices
from edge.store.village import VillageStore

HUB = """
[hub]
name = "Hub"
village = "Holzheim"
[[sites]]
site_id = "halle"
name = "Dorfgemeinschaftshaus"
communal = true
[[receivers]]
receiver_id = "turm"
kind = "im871a"
transport = "serial:/dev/ttyUSB1"
[[meters]]
meter_id = "kita"
name = "Kita"
site_id = "halle"
protocol = "wmbus"
wireless = "KAM-76348799"
[[meters]]
meter_id = "halle"
name = "Halle"
site_id = "halle"
transport = "serial:/dev/ttyUSB0"
"""


def test_what_to_do_fits_the_way_to_the_meter(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text(HUB, "utf-8")
    config = load(tmp_path / "hub.toml")
    config.hub.state.mkdir()
    with VillageStore(config.hub.village_db) as village:
        village.sync_sites(config)
        for meter_id, name in (("kita", "Kita"), ("halle", "Halle")):
            village.device(f"meter:{meter_id}", label=name, site_id="halle", meter_id=meter_id)
        found = {one.check: one for one in devices(config)}
        assert found["device.Kita"].level == found["device.Halle"].level == "warn"
        assert "Empfänger" in found["device.Kita"].advice
        assert "Kabel" in found["device.Halle"].advice
        number = village.device_of_meter("kita")
        assert number is not None
        village.device_error(number, "Den Schlüssel anfragen. (KeyRequired)", 1)
        (kita,) = (one for one in devices(config) if one.check == "device.Kita")
        assert kita.message.endswith("Zuletzt: Den Schlüssel anfragen. (KeyRequired)")
        assert not kita.advice  # no cable helps against a missing key
