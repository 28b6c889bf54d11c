from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import Config, load
from edge.store.errors import StoreError
from edge.store.village import MAX_ERROR_CHARACTERS, VillageStore
from edge.store.village_desk import KEPT_REQUESTS, LOOK_KEPT_MS, MAX_OPEN_REQUESTS
from edge.store.village_rows import Exchange, MeterRow, Round, SiteRow
from hardware.reading import TimeQuality

T = 1_790_000_000_000
KAM = "mbus:KAM-76348799-27-04"


def row(device: int, at: int = T, energy: float | None = 5249.17) -> MeterRow:
    return MeterRow(at, device, TimeQuality.SYNCHRONISED, 1, energy_kwh=energy)


def config(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "hub.toml"
    path.write_text(f'[hub]\nname = "n"\nvillage = "v"\n{text}')
    return load(path)


def test_a_device_keeps_its_number_and_what_was_known(village: VillageStore) -> None:
    number = village.device(KAM, label="Halle", manufacturer="KAM", seen_at=T)
    assert village.device(KAM, model="MC403", seen_at=T - 5) == number
    assert village.device("ble:C0", kind="ble", battery_percent=70) != number
    (device,) = village.devices("meter")
    assert (device.device_id, device.label, device.manufacturer, device.model) == (
        KAM,
        "Halle",
        "KAM",
        "MC403",
    )
    assert (device.first_seen_at, device.last_seen_at) == (T, T)
    assert [one.battery_percent for one in village.devices()] == [None, 70]


def test_a_round_comes_back_as_it_was(village: VillageStore) -> None:
    a, b = village.device("mbus:a"), village.device("mbus:b")
    full = MeterRow(T, a, TimeQuality.DEVICE, 9, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5)
    sparse = MeterRow(T + 7, b, TimeQuality.UNKNOWN, 10, energy_kwh=0.0)
    assert village.add_round([sparse, full]) == 1
    assert village.rounds_after(0) == [Round(1, T, T + 7, 2)]
    assert village.rows_of(1) == [full, sparse]
    assert village.latest() == [full, sparse]
    assert village.series(a, T) == [full]
    assert village.series(a, T + 1) == []
    assert village.series(b, 0, T + 7) == []


def test_the_same_reading_is_kept_once(village: VillageStore) -> None:
    a = village.device("mbus:a")
    assert village.add_round([row(a)]) == 1
    assert village.add_round([row(a, energy=9.0)]) == 0
    assert village.add_round([]) == 0
    assert village.add_round([row(a), row(a, T + 1)]) == 2
    assert [found.row_count for found in village.rounds_after(0)] == [1, 1]
    assert [found.energy_kwh for found in village.series(a, 0)] == [5249.17, 5249.17]


def test_rounds_find_exactly_their_rows_when_times_overlap(village: VillageStore) -> None:
    a, b = village.device("mbus:a"), village.device("mbus:b")
    village.add_round([row(a, T), row(a, T + 100)])
    village.add_round([row(b, T + 50)])
    assert [(r.device, r.observed_at) for r in village.rows_of(2)] == [(b, T + 50)]
    assert [(r.device, r.observed_at) for r in village.rows_of(1)] == [(a, T), (a, T + 100)]
    assert [r.round for r in village.rounds_after(1)] == [2]
    assert [r.round for r in village.rounds_after(0, limit=1)] == [1]


def test_an_unknown_device_is_refused_and_nothing_is_stored(village: VillageStore) -> None:
    a = village.device("mbus:a")
    with pytest.raises(StoreError):
        village.add_round([row(a), row(77)])
    assert village.rounds_after(0) == []
    assert village.latest() == []


def test_a_reading_is_a_sign_of_life_in_the_same_commit(village: VillageStore) -> None:
    a = village.device("mbus:a")
    village.device_error(a, "keine Antwort", T)
    (device,) = village.devices()
    assert device.failing
    assert device.last_error == "keine Antwort"
    village.add_round([row(a, T + 10), row(a, T + 5)])
    (device,) = village.devices()
    assert not device.failing
    assert (device.last_seen_at, device.last_reading_at) == (T + 10, T + 10)
    village.device_seen(a, T + 20, battery_percent=55)
    village.add_round([row(a, T + 15)])  # late, from a recording
    (device,) = village.devices()
    assert (device.last_seen_at, device.last_reading_at) == (T + 20, T + 15)
    assert device.battery_percent == 55
    assert village.latest()[0].observed_at == T + 15
    village.add_round([row(a, T + 12)])
    assert village.latest()[0].observed_at == T + 15, "what came last is not what is newest"


def test_an_error_message_is_bounded(village: VillageStore) -> None:
    a = village.device("mbus:a")
    village.device_error(a, "x" * 100_000, T)
    assert len(village.devices()[0].last_error or "") == MAX_ERROR_CHARACTERS


SITES = """
[[sites]]
site_id = "dgh"
name = "Dorfgemeinschaftshaus"
communal = true
[[sites]]
site_id = "schule"
name = "Schule"
communal = true
"""
METER = """
[[meters]]
meter_id = "halle"
name = "Wärmezähler der Halle"
site_id = "{}"
transport = "tcp:127.0.0.1:1"
"""


def test_sites_follow_the_configuration(village: VillageStore, tmp_path: Path) -> None:
    first = config(tmp_path, SITES + METER.format("dgh"))
    village.sync_sites(first)
    village.sync_sites(first)
    assert village.sites() == [
        SiteRow("dgh", "Dorfgemeinschaftshaus", communal=True),
        SiteRow("schule", "Schule", communal=True),
    ]
    (device,) = village.devices()
    assert (device.label, device.site_id, device.meter_id) == (
        "Wärmezähler der Halle",
        "dgh",
        "halle",
    )
    village.sync_sites(config(tmp_path, SITES + METER.format("schule")))
    assert village.devices()[0].site_id == "schule"


def test_a_site_no_longer_configured_is_never_communal(
    village: VillageStore, tmp_path: Path
) -> None:
    village.sync_sites(config(tmp_path, SITES + METER.format("dgh")))
    village.sync_sites(config(tmp_path, ""))
    assert village.sites() == [SiteRow("dgh", "Dorfgemeinschaftshaus", communal=False)]


def test_a_configured_meter_is_known_before_it_speaks(
    village: VillageStore, tmp_path: Path
) -> None:
    village.sync_sites(config(tmp_path, SITES + METER.format("dgh")))
    waiting = village.device_of_meter("halle")
    assert waiting is not None
    village.device_error(waiting, "kein Anschluss", T)
    number = village.device(KAM, meter_id="halle")
    assert number == waiting, "the first meter takes the place that was kept for it"
    (device,) = village.devices()
    assert (device.device_id, device.label) == (KAM, "Wärmezähler der Halle")
    exchanged = village.device("mbus:KAM-2", meter_id="halle")
    assert exchanged != number, "an exchanged meter starts a series of its own"
    assert village.device_of_meter("halle") == exchanged
    assert village.device_of_meter("keiner") is None
    village.sync_sites(config(tmp_path, SITES + METER.format("dgh")))
    assert [one.site_id for one in village.devices()] == ["dgh", "dgh"]


def test_a_request_is_asked_seen_and_answered(village: VillageStore, tmp_path: Path) -> None:
    number = village.ask("pair", {"profile": "1810"}, T)
    with VillageStore(tmp_path / "village.db") as collector:
        (request,) = collector.open_requests("pair")
        assert (request.request, request.arguments) == (number, {"profile": "1810"})
        assert collector.open_requests("other") == []
        collector.finish(number, done=True, at=T + 5, result={"address": "C0"})
        collector.finish(number, done=False, at=T + 9)
    answered = village.request(number)
    assert answered is not None
    assert (answered.state, answered.finished_at, answered.result) == (
        "done",
        T + 5,
        {"address": "C0"},
    )
    assert village.request(number + 1) is None


def test_a_code_is_forgotten_once_it_was_used(village: VillageStore) -> None:
    number = village.ask("passkey", {"pairing": 1, "passkey": 12_345}, T)
    village.finish(number, done=True, at=T + 5)
    answered = village.request(number)
    assert answered is not None
    assert answered.arguments == {}


def test_requests_are_bounded(village: VillageStore) -> None:
    for _ in range(MAX_OPEN_REQUESTS):
        last = village.ask("pair", {}, T)
    with pytest.raises(StoreError, match="open already"):
        village.ask("pair", {}, T)
    with pytest.raises(StoreError, match="bytes long"):
        village.ask("pair", {"x": "y" * 20_000}, T)
    for request in village.open_requests():
        village.finish(request.request, done=False, at=T)
    with village.connection.transaction() as driver:
        driver.execute(
            "UPDATE request SET request = request + ? WHERE request = ?", (KEPT_REQUESTS, last)
        )
    village.ask("pair", {}, T)
    assert village.request(last + KEPT_REQUESTS) is not None
    assert village.request(1) is None


def test_notices_are_shown_in_their_time(village: VillageStore) -> None:
    village.add_notice("Backhaus", "Samstag wird gebacken.", T, T + 10)
    village.add_notice("Neu", "Der Hub läuft.", T + 5)
    assert [one.title for one in village.notices(T + 5)] == ["Neu", "Backhaus"]
    assert [one.title for one in village.notices(T + 10)] == ["Neu"]
    assert village.notices(T - 1) == []


def test_paired_sensors(village: VillageStore) -> None:
    device = village.device("ble:C0112233AABB", kind="ble")
    village.add_ble_device("C0:11:22:33:AA:BB", device, "1810", "Cuff", T)
    village.add_ble_device("C0:11:22:33:AA:BB", device, "1810", "Manschette", T + 1)
    (found,) = village.ble_devices()
    assert (found.device_id, found.name, found.paired_at) == (
        "ble:C0112233AABB",
        "Manschette",
        T + 1,
    )
    assert village.remove_ble_device(found.address)
    assert not village.remove_ble_device(found.address)


def test_the_exchange_is_updated_in_parts(village: VillageStore) -> None:
    village.put_exchange(Exchange("county", "Landkreis", last_contact_at=T, last_error="weg"))
    village.put_exchange(Exchange("county", last_success_at=T + 1, acknowledged_seq=0))
    assert village.exchanges() == [
        Exchange("county", "Landkreis", T, T + 1, acknowledged_seq=0, last_error="weg")
    ]


def test_whom_a_look_around_found_is_forgotten_soon(tmp_path: Path) -> None:
    stranger = {"found": [{"address": "C0:FF:EE:00:00:01", "name": "Heinz\u2019 Uhr"}]}
    with VillageStore(tmp_path / "village.db") as village:
        finished, left_open, fresh, paired = (
            village.ask(kind, {}, at)
            for kind, at in (("look", T), ("look", T), ("look", T + LOOK_KEPT_MS), ("pair", T))
        )
        village.finish(finished, done=True, at=T + 5, result=stranger)
        village.finish(paired, done=True, at=T + 5, result={"name": "Manschette"})
        for number in (left_open, fresh):
            village.progress(number, stranger)
        assert village.forget_looks(T + LOOK_KEPT_MS) == 0
        assert village.forget_looks(T + LOOK_KEPT_MS + 6) == 2
        results = {n: village.request(n).result for n in (finished, left_open, fresh, paired)}  # type: ignore[union-attr]
        assert results == {
            finished: None,
            left_open: None,
            fresh: stranger,
            paired: {"name": "Manschette"},
        }
        assert village.forget_looks(T - 2 * LOOK_KEPT_MS) == 1  # a clock that was ahead keeps none
        for path in tmp_path.glob("village.db*"):
            assert b"Heinz" not in path.read_bytes()
            assert b"C0:FF:EE" not in path.read_bytes()
