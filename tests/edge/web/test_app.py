from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from edge.clock import FixedClock
from edge.config import Config, Meter, load
from edge.process.heartbeat import Heartbeat, Status
from edge.store.village import VillageStore
from edge.store.village_rows import Exchange, MeterRow
from edge.web.app import create_app
from hardware.reading import TimeQuality

HUB = """
[hub]
name = "Dorfhub Holzheim"
village = "Holzheim"
[[sites]]
site_id = "halle"
name = "Dorfgemeinschaftshaus"
communal = true
[[sites]]
site_id = "haus-7"
name = "Haus Schmidt"
communal = false
[[meters]]
meter_id = "halle-1"
name = "Wärmezähler Halle"
site_id = "halle"
transport = "serial:/dev/ttyUSB0"
"""
NOW = datetime(2026, 11, 23, 15, 24, tzinfo=UTC)
NOW_MS = round(NOW.timestamp() * 1000)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "hub.toml"
    file.write_text(HUB, "utf-8")
    config = load(file)
    # hub.toml may not name it, yet neither page nor snapshot may rely on that
    household = Meter("privat", "Zähler Schmidt", "haus-7", "serial:/dev/ttyUSB1")
    config = replace(config, meters=(household, *config.meters))
    config.hub.run.mkdir(parents=True)
    with VillageStore(config.hub.village_db) as village:
        village.sync_sites(config)
    return config


def app(config: Config, quality: TimeQuality = TimeQuality.SYNCHRONISED) -> Flask:
    return create_app(config, FixedClock(NOW_MS, quality))


def page(config: Config, quality: TimeQuality = TimeQuality.SYNCHRONISED) -> str:
    answer = app(config, quality).test_client().get("/")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def fill(config: Config, change: Callable[[VillageStore], None]) -> None:
    with VillageStore(config.hub.village_db) as village:
        change(village)


def measure(village: VillageStore) -> None:
    hall = village.device("mbus:KAM-1", meter_id="halle-1")
    private = village.device("mbus:KAM-2", meter_id="privat")
    start = NOW - timedelta(hours=48)
    for device, kw in ((hall, 8.0), (private, 77.0)):
        village.add_round(
            [
                MeterRow(
                    round((start + n * timedelta(minutes=15)).timestamp() * 1000),
                    device,
                    TimeQuality.SYNCHRONISED,
                    1,
                    energy_kwh=n * kw / 4,
                    power_kw=kw,
                    flow_temperature_degc=68.0,
                    return_temperature_degc=44.0,
                )
                for n in range(48 * 4)
            ]
        )


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(html: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Tags()
    parser.feed(html)
    return parser.found


def test_an_empty_village_has_a_friendly_page(config: Config) -> None:
    html = page(config)
    assert '<html lang="de" dir="ltr"' in html
    assert "<h1>Holzheim</h1>" in html
    assert "16:24 Uhr" in html
    assert "Montag, 23. November 2026" in html
    assert "Gerade hängt hier nichts Neues." in html
    assert "Noch keine Messwerte." in html
    assert "hat sich noch nicht gemeldet" in html
    assert "Noch nicht mit dem Kreis abgeglichen." in html
    assert 'class="chart"' not in html


def test_the_hall_is_drawn_with_words_for_who_does_not_see_it(config: Config) -> None:
    fill(config, measure)
    html = page(config)
    assert "Wärme im Haus: Dorfgemeinschaftshaus" in html
    assert "etwa so viel wie gestern um diese Zeit" in html
    assert "8,0 <abbr" in html
    assert "68 °C" in html
    found = tags(html)
    (drawing,) = [one for tag, one in found if tag == "svg" and one.get("role")]
    assert drawing["role"] == "img"
    assert drawing["aria-labelledby"] == "bild-titel bild-text"
    assert {"bild-titel", "bild-text"} <= {attributes.get("id") for _, attributes in found}
    assert sum(tag == "rect" for tag, _ in found) == 24
    assert re.search(r'class="scale".*?<li>8</li> <li>4</li> <li>0</li> </ol>', html)
    assert sum(attributes.get("class") == "grid" for tag, attributes in found if tag == "line") == 2
    assert len(re.findall(r'<th scope="row">\d+ Uhr</th>', html)) == 24


def test_no_household_is_on_the_page(config: Config) -> None:
    fill(config, measure)
    html = re.sub(r"/static/[0-9a-f]{12}/", "", page(config))  # a hash may hold any number
    for word in ("Schmidt", "haus-7", "privat", "77", "KAM-", "mbus"):
        assert word not in html


def test_a_sensor_is_shown_by_what_it_is(config: Config) -> None:
    def change(village: VillageStore) -> None:
        cuff = village.device(
            "ble:C0112233AABB", kind="ble", label="Oma Erna", seen_at=NOW_MS - 180_000
        )
        village.add_ble_device("C0:11:22:33:AA:BB", cuff, "1810", "A&D_UA-651BLE", NOW_MS)

    fill(config, change)
    html = page(config)
    assert 'Blutdruckmessgerät</span> <span class="how">heute</span>' in html
    assert "Erna" not in html
    assert "C0112233AABB" not in html


def test_a_sensor_of_an_unknown_kind_is_not_shown_by_its_label(config: Config) -> None:
    fill(
        config,
        lambda village: village.device("ble:C1", kind="ble", label="Oma Erna", seen_at=NOW_MS),
    )
    html = page(config)
    assert 'Messgerät</span> <span class="how">heute</span>' in html
    assert "Erna" not in html


def test_no_moment_of_a_care_sensor_can_be_told_from_the_page(config: Config) -> None:
    """Whatever the time of day and the order of use, the page is the same."""

    def devices(first: int, second: int) -> str:
        def change(village: VillageStore) -> None:
            for name, profile, at in (("B", "1810", first), ("A", "181D", second)):
                number = village.device(f"ble:{name}", kind="ble", seen_at=at)
                village.add_ble_device(name, number, profile, name, NOW_MS - 10**9)
                village.device_seen(number, at)

        fill(config, change)
        return page(config).partition('id="geraete"')[2].partition("</section>")[0]

    hour = 3_600_000
    early, late = NOW_MS - 16 * hour, NOW_MS - 1000  # 0:24 and a second ago
    said = [devices(early, early), devices(late, early), devices(early, late), devices(late, late)]
    assert len(set(said)) == 1
    assert not re.search(r"vor \d|um \d|Uhr|gerade", said[0].partition("Blutdruck")[2])
    assert said[0].index("Blutdruckmessgerät") < said[0].index("Waage")


def test_a_sensor_that_fails_tells_the_day_only(config: Config) -> None:
    def change(village: VillageStore) -> None:
        cuff = village.device("ble:C0", kind="ble", seen_at=NOW_MS - 86_400_000)
        village.add_ble_device("C0", cuff, "1810", "cuff", NOW_MS)
        village.device_error(cuff, "gone", NOW_MS - 1000)

    fill(config, change)
    assert '"how">antwortet nicht, zuletzt gestern</span>' in page(config)


def test_a_meter_that_fails_or_falls_silent_is_said(config: Config) -> None:
    def change(village: VillageStore) -> None:
        hall = village.device("mbus:KAM-1", meter_id="halle-1", seen_at=NOW_MS - 2 * 3_600_000)
        village.device_error(hall, "no answer", NOW_MS - 60_000)

    fill(config, change)
    assert "antwortet nicht, zuletzt vor 2 Stunden" in page(config)


def test_a_meter_that_lost_one_answer_is_not_called_dead(config: Config) -> None:
    def change(village: VillageStore) -> None:
        hall = village.device("mbus:KAM-1", meter_id="halle-1", seen_at=NOW_MS - 20_000)
        village.device_error(hall, "damaged", NOW_MS - 10_000)

    fill(config, change)
    assert "antwortet nicht jedes Mal, zuletzt gerade eben" in page(config)


def test_a_meter_that_never_spoke_is_said(config: Config) -> None:
    def change(village: VillageStore) -> None:
        hall = village.device("mbus:KAM-1", meter_id="halle-1")
        village.device_error(hall, "no answer", NOW_MS - 10_000)

    fill(config, change)
    assert "antwortet nicht, noch nie gehört" in page(config)


def test_notices_are_shown_while_they_hold_and_cannot_carry_markup(config: Config) -> None:
    def change(village: VillageStore) -> None:
        village.add_notice("Laternenumzug <script>x</script>", "Um 17 Uhr", NOW_MS - 1000)
        village.add_notice("Vorbei", "Das war gestern", NOW_MS - 2000, NOW_MS - 1000)
        village.add_notice("Später", "Das kommt noch", NOW_MS + 1000)

    fill(config, change)
    html = page(config)
    assert "Laternenumzug &lt;script&gt;" in html
    assert html.count("<script") == html.count("<script src=") == 2
    assert "Vorbei" not in html
    assert "Später" not in html


def test_the_last_exchange_and_what_waits(config: Config) -> None:
    fill(
        config,
        lambda village: village.put_exchange(
            Exchange("kreis", "Landkreis Gießen", NOW_MS, NOW_MS - 3_600_000, 3, 2)
        ),
    )
    html = page(config)
    assert "Zuletzt mit dem Kreis abgeglichen: vor 1 Stunde." in html
    assert "Landkreis Gießen" in html
    assert "2 Pakete warten auf die nächste Abholung." in html


def test_why_the_county_takes_nothing_is_said_until_it_does_again(config: Config) -> None:
    def tell(failed_at: int) -> str:
        fill(
            config,
            lambda village: village.put_exchange(
                Exchange(
                    "kreis",
                    "Landkreis Gießen",
                    NOW_MS,
                    NOW_MS - 3_600_000,
                    last_error="Wurde die Speicherkarte kopiert?",
                    last_error_at=failed_at,
                )
            ),
        )
        return page(config)

    html = tell(NOW_MS - 60_000)
    assert "Der Abgleich mit dem Kreis stockt. Wurde die Speicherkarte kopiert?" in html
    html = tell(NOW_MS - 7_200_000)
    assert "Speicherkarte" not in html
    assert "Zuletzt mit dem Kreis abgeglichen: vor 1 Stunde." in html


@pytest.mark.parametrize(
    ("quality", "said"),
    [
        (TimeQuality.SYNCHRONISED, "Die Uhr geht genau."),
        (TimeQuality.HELD, "läuft seitdem frei"),
        (TimeQuality.UNKNOWN, "Die Uhr ist nicht gestellt"),
    ],
)
def test_the_clock_says_how_far_it_may_be_believed(
    config: Config, quality: TimeQuality, said: str
) -> None:
    assert said in page(config, quality)


def test_the_parts_of_the_hub_are_told_in_words(config: Config) -> None:
    Heartbeat(config.hub.run, "collector").write(Status("ok"))
    Heartbeat(config.hub.run, "worker").write(Status("degraded", "one job fails"))
    html = page(config)
    assert 'Sammeln der Messwerte</span> <span class="how">läuft</span>' in html
    assert 'Verarbeitung im Hintergrund</span> <span class="how">läuft mit Einschränkung' in html
    assert 'Offene Daten</span> <span class="how">steht still' in html


def test_a_village_that_cannot_be_read_is_said_without_hiding_the_rest(config: Config) -> None:
    config.hub.village_db.unlink()
    answer = app(config).test_client().get("/")
    assert answer.status_code == 503
    text = answer.get_data(as_text=True)
    assert 'role="alert"' in text
    assert "dorfhub init" in text
    assert "So geht es der Technik" in text


def test_health_is_for_the_supervisor(config: Config) -> None:
    Heartbeat(config.hub.run, "collector").write(Status("ok"))
    answer = app(config).test_client().get("/gesund")
    assert (answer.status_code, answer.json["state"]) == (200, "ok")  # type: ignore[index]
    assert answer.json["parts"]["collector"] == "ok"  # type: ignore[index]
    assert answer.json["parts"]["sync"] == "stopped"  # type: ignore[index]
    config.hub.village_db.unlink()
    answer = app(config).test_client().get("/gesund")
    assert (answer.status_code, answer.json["state"]) == (503, "failed")  # type: ignore[index]


class TestEveryPage:
    @pytest.fixture
    def client(self, config: Config) -> FlaskClient:
        fill(config, measure)
        return app(config).test_client()

    @pytest.mark.parametrize("path", ["/", "/gibt-es-nicht", "/gesund", "/static/x/face.css"])
    def test_headers_are_strict(self, client: FlaskClient, path: str) -> None:
        headers = client.get(path, buffered=True).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "Set-Cookie" not in headers

    @pytest.mark.parametrize("path", ["/", "/gibt-es-nicht"])
    def test_nothing_is_inline_foreign_or_scripted(self, client: FlaskClient, path: str) -> None:
        html = client.get(path, buffered=True).get_data(as_text=True)
        for tag, attributes in tags(html):
            assert tag not in ("style", "iframe", "object", "embed", "base")
            assert tag != "script" or set(attributes) == {"src", "defer"}
            assert "style" not in attributes
            assert not any(name.startswith("on") for name in attributes)
            assert attributes.get("http-equiv") != "refresh"
            for name in ("href", "src", "action"):
                target = attributes.get(name) or ""
                assert not target.startswith(("//", "https:", "data:", "javascript:"))
                assert not target.startswith("http:") or target == "http://localhost:8081/"

    @pytest.mark.parametrize("sheet", ["face.css", "board.css", "kern/kern.css"])
    def test_the_style_sheets_fetch_nothing_from_elsewhere(
        self, client: FlaskClient, sheet: str
    ) -> None:
        css = client.get(f"/static/x/{sheet}", buffered=True).get_data(as_text=True)
        css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
        assert "@import" not in css
        for name in re.findall(r"""url\(["']?([^)"']+)""", css):
            if not name.startswith("data:"):  # KERN's; face.css takes them away, see the policy
                assert client.get(f"/static/x/{name}", buffered=True).status_code == 200

    def test_what_is_linked_is_there(self, client: FlaskClient) -> None:
        for tag, attributes in tags(client.get("/").get_data(as_text=True)):
            target = attributes.get("href") or ""
            if tag == "link" or target.startswith("/"):
                there = client.get(target, buffered=True, follow_redirects=True)  # to show a card
                assert there.status_code == 200, target

    def test_ids_are_unique_and_labels_point_somewhere(self, client: FlaskClient) -> None:
        found = tags(client.get("/").get_data(as_text=True))
        ids = [attributes["id"] for _, attributes in found if "id" in attributes]
        assert len(ids) == len(set(ids))
        for _, attributes in found:
            for target in (attributes.get("aria-labelledby") or "").split():
                assert target in ids

    def test_errors_are_german_pages(self, client: FlaskClient) -> None:
        answer = client.get("/gibt-es-nicht")
        assert answer.status_code == 404
        assert "Diese Seite gibt es nicht" in answer.get_data(as_text=True)
        answer = client.post("/")
        assert answer.status_code == 405
        assert "Das geht hier nicht" in answer.get_data(as_text=True)

    def test_our_own_fault_is_a_german_page_without_details(
        self, config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken(*_: object) -> None:
            raise RuntimeError("secret detail")

        monkeypatch.setattr("edge.web.hall.gather", broken)
        answer = app(config).test_client().get("/")
        assert answer.status_code == 500
        assert "Da ist etwas schiefgegangen" in answer.get_data(as_text=True)
        assert "secret detail" not in answer.get_data(as_text=True)
        assert "secret detail" in caplog.text


def test_behind_a_proxy_the_open_data_are_below_their_own_path(config: Config) -> None:
    moved = replace(config, datasette=replace(config.datasette, base_url="/daten/"))
    assert 'href="/daten/"' in page(moved)
