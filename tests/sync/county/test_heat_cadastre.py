"""Two villages publish their cadastres; what leaves them, comes to the county, and is added up."""

from __future__ import annotations

import csv
import io
import json
import math
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from edge.cadastre.tables import public_tables
from edge.clock import FixedClock
from edge.config import Config, load
from edge.heat.address import AddressKey
from edge.heat.said import Method, Said
from edge.publish.build_plan import build_plan
from edge.publish.certificate import digest
from edge.publish.release import current
from edge.store.village import VillageStore
from edge.store.village_heat import NewBuilding
from edge.store.village_heat_runs import EstimateRow
from edge.store.village_plan_told import Whole
from sync import bundle, events, heat_plan, heat_telling, wire
from sync.carrier.folder import ROOT
from sync.cli import root
from sync.county import heat_cadastre, heat_plans, revoke, visits
from sync.county.heat_merged import Merged
from sync.heat_plan import Plan
from sync.identity import Identity, fingerprint, short_id
from sync.outbox import Outbox
from sync.peers import Peers
from sync.sealer import Sealer, personal_opener
from sync.segment import Segment, StreamClass

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office, Writer

T0 = 1_795_000_000_000
DAY = 86_400_000
FIRST = datetime(2026, 12, 1, tzinfo=UTC)
NEXT = datetime(2027, 2, 1, tzinfo=UTC)
NOW = int(NEXT.timestamp() * 1000)


@dataclass
class Village:
    """A hub with a cadastre, its real store and outbox."""

    config: Config
    store: VillageStore
    identity: Identity
    outbox: Outbox
    peers: Peers
    sealer: Sealer

    @property
    def id(self) -> str:
        return short_id(self.identity.name)

    def meets(self, office: Office) -> None:
        county, key = office.county, self.identity.name
        self.peers.ask(wire.Enrolment(county.identity.name, "Landkreis Gießen", ()), 1)
        self.peers.confirm(fingerprint(county.identity.name), 2)
        county.ledger.add_hub(
            self.id,
            public_key=key,
            fingerprint=fingerprint(key),
            name=self.config.hub.village,
            now_ms=1,
        )
        county.ledger.confirm(self.id, now_ms=2)

    def estimates(self, seed: int, whole: tuple[float, float, float] | None = None) -> None:
        rng = random.Random(seed)
        known = {one.number: rng.uniform(30_000, 60_000) for one in self.store.cadastre()}
        rows = [EstimateRow(n, kwh, kwh, kwh, "typology") for n, kwh in known.items()]
        run = self.store.keep_run(1, "T", (0, 0), rows, [])
        if whole is not None:
            self.store.keep_whole(run, Whole(len(rows), *whole))

    def publishes(self, at: datetime = FIRST) -> None:
        assert build_plan(self.config, self.config.hub.public, at).published.outcome == "published"

    def tells(self, at: int = T0) -> Any:
        return self.sealer.step(FixedClock(at).stamp(), asked=True)

    def lays(self, stick: Path, after: int = 0, until: int | None = None) -> None:
        """Write a bundle as a stick is written."""
        here = self.outbox.position()
        last = here.last_seq if until is None else until
        found = self.outbox.manifest(here.epoch, after, last)
        file = stick / ROOT / self.id / f"{here.epoch.hex()}-{after + 1}-{last}.dhb"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"".join(bundle.slices(found, self.outbox.read, 0, found.size)))

    def released(self, sql: str) -> list[tuple[Any, ...]]:
        release = current(self.config.hub.public, "waermekataster")
        assert release is not None
        with closing(sqlite3.connect(release.path)) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def make_village(tmp_path: Path) -> Iterator[Callable[..., Village]]:
    with ExitStack() as stack:

        def make(name: str, houses: int = 80) -> Village:
            folder = tmp_path / name
            folder.mkdir()
            (folder / "hub.toml").write_text(f'[hub]\nname = "Hub"\nvillage = "{name}"\n')
            config = load(folder / "hub.toml")
            config.hub.village_db.parent.mkdir()
            identity = Identity.load_or_create(folder / "keys" / "hub.key")
            store = stack.enter_context(VillageStore(config.hub.village_db))
            outbox, peers = Outbox(store.connection, identity), Peers(store.connection)
            opener = personal_opener(folder / "personal.db", folder / "personal.key")
            sealer = Sealer(
                outbox, peers, store.connection, opener, 900, 90, public=config.hub.public
            )
            _furnish(store, name, houses)
            return Village(config, store, identity, outbox, peers, sealer)

        yield make


def _said(value: float | str) -> Said:
    return Said(value, "ALKIS", date(2026, 1, 1), Method.SURVEY)


def _furnish(store: VillageStore, name: str, houses: int) -> None:
    store.keep_buildings(
        [
            NewBuilding(
                AddressKey(name.lower(), "weg", str(n)),
                f"Weg {n}",
                name,
                {
                    "type": _said("MFH"),
                    "units": _said(6.0),
                    "year_built": _said(1965.0),
                    "carrier": _said("gas" if n % 2 else "oil"),
                    "heating": _said("condensing" if n % 2 else "boiler"),
                },
                block=f"{name} Block {n % 40 // 10}",
                section=f"Weg ({n % 40 // 8})",
            )
            for n in range(houses)
        ],
        1,
    )
    for n in range(4):
        store.keep_place("block", f"{name} Block {n}", {"hectares": _said(2.0)}, 1)
    store.keep_place("section", "Weg (0)", {"length": _said(120.0)}, 1)


def place(office: Office, **towns: str) -> None:
    file = office.county.config.source
    lines = "".join(f'"{hub}" = "{town}"\n' for hub, town in towns.items())
    file.write_text(file.read_text() + f"\n[county.places]\n{lines}")


def merged(office: Office, places: dict[str, str] | None = None, now_ms: int = NOW) -> Merged:
    county = office.county
    if places is not None:
        county = replace(county, config=replace(county.config, places=places))
    return heat_cadastre.merged(county, now_ms)


def take(office: Office, stick: Path) -> None:
    assert {one.code for one in visits.import_folder(office.county, stick)} == {"ok"}


@pytest.fixture
def two(make_village: Callable[..., Village], office: Office) -> tuple[Village, Village]:
    one, other = make_village("Holzheim"), make_village("Lauter", 60)
    for number, village in enumerate((one, other), start=1):
        village.meets(office)
        kwh = 4_000_000.0 / number
        village.estimates(number, (kwh, kwh * 0.9, kwh * 1.12))
        village.publishes()
    return one, other


def test_the_merged_table_is_the_sum_by_hand(
    two: tuple[Village, Village], office: Office, stick: Path
) -> None:
    places = dict.fromkeys((one.id for one in two), "Lich")
    for one in two:
        assert one.tells().plans == 1
        one.lays(stick)
    assert merged(office, places).missing == ("Holzheim", "Lauter")
    take(office, stick)
    found = merged(office, places)
    by_hand = [
        one.released("SELECT count(*), sum(gebaeude), sum(waerme_mwh), sum(flaeche_ha) FROM block")[
            0
        ]
        for one in two
    ]
    for row, (areas, buildings, mwh, hectares) in zip(found.villages, by_hand, strict=True):
        assert (row.sum.areas, row.sum.buildings, row.sum.mwh) == (areas, buildings, mwh)
        assert row.sum.mwh_per_ha == pytest.approx(mwh / hectares)
        assert (row.sum.low, row.sum.high) == (mwh * 0.9, pytest.approx(mwh * 1.15))
        assert (row.release, row.year, row.note) == (1, 2026, "")
    (town,) = (row for row in found.municipalities if row.villages)
    assert (town.name, town.key, town.note) == ("Lich", "06531011", "2 von 2 Dörfern")
    first, second = (float(one[2]) for one in by_hand)
    assert town.sum.mwh == found.whole.sum.mwh == first + second
    assert town.sum.low == pytest.approx(first + second - math.hypot(0.1 * first, 0.1 * second))
    assert town.sum.high == pytest.approx(first + second + math.hypot(0.15 * first, 0.15 * second))
    carriers: Counter[str] = Counter()
    for one in two:
        carriers.update(
            dict(one.released("SELECT traeger, sum(waerme_mwh) FROM traeger GROUP BY 1"))
        )
    assert dict(found.whole.sum.carriers) == carriers
    assert sum(percent for _, percent in found.whole.sum.shares()) == pytest.approx(100)
    assert len(found.municipalities) == 18
    assert found.missing == found.old == ()
    length, along = two[0].released(
        "SELECT sum(laenge_m), sum(waerme_mwh) FROM abschnitt WHERE laenge_m IS NOT NULL"
    )[0]
    if length:
        assert found.villages[0].sum.mwh_per_m == pytest.approx(along / length)


def test_what_travels_is_what_was_published_and_nothing_finer(two: tuple[Village, Village]) -> None:
    village, _ = two
    village.tells()
    (data,) = (
        village.store.connection.row("SELECT data FROM sync_segment WHERE stream = 'event'") or ()
    )
    segment = Segment.decode(data)  # type: ignore[arg-type]
    plan = heat_plan.plan_in(segment)
    assert plan is not None
    blocks = village.released(
        "SELECT bereich, bloecke, gebaeude, CAST(waerme_mwh AS INT), gebaeudetyp, baualtersklasse"
        " FROM block ORDER BY 1"
    )
    assert blocks == [
        (one.cell, one.places, one.buildings, one.mwh, one.type, one.age) for one in plan.blocks
    ]
    assert all(one.buildings >= 5 for one in (*plan.blocks, *plan.carriers, *plan.sections))
    assert village.released("SELECT * FROM erzeuger ORDER BY 1, 2, 3") == [
        (one.cell, one.carrier, one.kind, one.buildings) for one in plan.generators
    ]
    assert {one.kind for one in plan.generators} == {"Brennwertkessel", "Heizkessel"}
    assert len(plan.carriers) == village.released("SELECT count(*) FROM traeger")[0][0]
    assert len(plan.sections) == village.released("SELECT count(*) FROM abschnitt")[0][0]
    told = {name for event in events.decode(segment.body) for name in event.data}
    assert told == {
        *("release", "year", "digest", "low", "high", "blocks", "carriers", "sections"),
        *("cell", "places", "buildings", "mwh", "m2", "type", "age", "carrier", "generators", "mm"),
        "kind",
    }
    assert b"Weg 7" not in segment.body


def test_a_release_and_a_plan_from_before_generators_are_read(two: tuple[Village, Village]) -> None:
    village, _ = two
    release = current(village.config.hub.public, "waermekataster")
    assert release is not None
    whole = heat_telling.read(release, release.certificate(), village.store.connection)
    assert whole.generators
    with closing(sqlite3.connect(release.path, isolation_level=None)) as connection:
        connection.executescript("DROP TABLE erzeuger; DROP TABLE umriss")
    content = release.path.read_bytes()
    paper = replace(release.certificate(), version=1, sha256=digest(content), size=len(content))
    release.certificate_path.write_text(paper.to_json())
    old = heat_telling.read(release, paper, village.store.connection)
    assert old == replace(whole, generators=(), digest=bytes.fromhex(paper.sha256))
    assert [one.name for one in public_tables(release.path.parent)] == [
        *("block", "traeger", "abschnitt", "about")
    ]
    assert village.tells().plans == 1
    told = heat_plan.events_of(old, T0, 4)
    assert "generators" not in told[0].data
    assert heat_plan._plan(told) == replace(old, told_ms=T0)


@pytest.mark.parametrize(
    "spoil",
    [
        {"buildings": 4},
        {"kind": ""},
        {"carrier": "Kernkraft"},
        {"cell": "B99"},
    ],
)
def test_a_plan_with_generators_of_few_or_of_nothing_is_not_believed(
    two: tuple[Village, Village], spoil: dict[str, object]
) -> None:
    village, _ = two
    release = current(village.config.hub.public, "waermekataster")
    assert release is not None
    plan = heat_telling.read(release, release.certificate(), village.store.connection)
    first, *others = plan.generators
    for some in ((replace(first, **spoil), *others), (first, first)):  # type: ignore[arg-type]
        with pytest.raises(ValueError):  # noqa: PT011
            heat_plan.events_of(replace(plan, generators=some), T0, 4)
    told = heat_plan.events_of(plan, T0, 4)
    with pytest.raises(ValueError, match="without all its generators"):
        heat_plan._plan(told[:-1])


def test_a_release_is_told_once_and_a_new_one_replaces_it(
    two: tuple[Village, Village], office: Office, stick: Path
) -> None:
    village, _ = two
    assert [village.tells(T0 + n * DAY).plans for n in range(3)] == [1, 0, 0]
    village.lays(stick)
    take(office, stick)
    before = merged(office).villages[0]
    village.estimates(9, (1e6, 8e5, 1.3e6))
    village.publishes(NEXT)
    assert village.tells(T0 + 4 * DAY).plans == 1
    village.lays(stick, 1)
    take(office, stick)
    take(office, stick)  # the same again changes nothing
    after = merged(office).villages[0]
    assert (before.release, after.release, after.year) == (1, 2, 2027)
    assert after.sum.mwh == village.released("SELECT sum(waerme_mwh) FROM block")[0][0]
    assert after.sum.mwh != before.sum.mwh
    # its key was stolen before that: the one before counts again
    hub = office.county.ledger.hub(village.id)
    assert hub is not None
    revoke.revoke(office.county, hub, up_to=1, epoch=None, now_ms=NOW)
    assert heat_plans.newest(office.county)[village.id].release == 1


def test_nothing_is_told_without_a_county_nor_of_a_file_that_was_changed(
    make_village: Callable[..., Village], office: Office
) -> None:
    village = make_village("Holzheim")
    village.estimates(1)
    assert village.tells().plans == 0  # nothing was published
    village.publishes()
    assert village.tells().plans == 0  # to whom?
    village.meets(office)
    release = current(village.config.hub.public, "waermekataster")
    assert release is not None
    good = release.path.read_bytes()
    with closing(sqlite3.connect(release.path)) as connection, connection:
        connection.execute("UPDATE block SET gebaeude = 1")
    found = village.tells()
    assert (found.plans, bool(found.plan_waits)) == (0, True)
    looks = [FixedClock(T0 + n * DAY, monotonic_ns=n * 10**12).stamp() for n in (1, 2)]
    assert [village.sealer.step(one).plan_waits for one in looks] == ["", ""]  # once is enough
    release.path.write_bytes(good)
    paper = release.certificate_path.read_text()
    for wrong in ("{}", paper.replace('"sha256": "', '"sha256": "x')):
        release.certificate_path.write_text(wrong)
        found = village.tells()
        assert (found.plans, bool(found.plan_waits)) == (0, True)
    release.certificate_path.write_text(paper)
    assert village.tells().plans == 1
    plan = heat_telling.read(release, release.certificate(), village.store.connection)
    assert (plan.low, plan.high) == (None, None)  # this run kept no sum of all


def test_a_plan_with_a_small_area_or_a_part_missing_is_kept_and_not_believed(
    two: tuple[Village, Village], office: Office, writer: Writer
) -> None:
    village, _ = two
    village.tells()
    (data,) = (
        village.store.connection.row("SELECT data FROM sync_segment WHERE stream = 'event'") or ()
    )
    good = events.decode(Segment.decode(data).body)  # type: ignore[arg-type]
    small = [
        replace(one, data={**one.data, "buildings": 4}) if one.kind == heat_plan.BLOCK else one
        for one in good
    ]
    office.know(writer)
    for told in (small, good[:-1], good[1:], good + good[1:2], good[:1] + good):
        writer.add(stream=StreamClass.EVENT, schema=heat_plan.SCHEMA, body=events.encode(told))
    office.pull(writer)
    assert writer.id not in heat_plans.newest(office.county)
    assert len(list((office.county.config.unread / writer.id).rglob("*.dhs"))) == 5
    writer.add(stream=StreamClass.EVENT, schema=heat_plan.SCHEMA, body=events.encode(good))
    office.pull(writer)
    assert heat_plans.newest(office.county)[writer.id].release == 1


def test_what_came_before_the_program_knew_of_it_counts_now(
    two: tuple[Village, Village], office: Office, stick: Path
) -> None:
    village, _ = two
    village.tells()
    village.lays(stick)
    take(office, stick)
    config = office.county.config
    config.unread.mkdir(exist_ok=True)
    (config.plans / village.id).rename(config.unread / village.id)
    assert merged(office).villages[0].release == 1


@pytest.fixture
def told(two: tuple[Village, Village], office: Office, stick: Path) -> Office:
    two[0].tells()
    two[0].lays(stick)
    take(office, stick)
    place(office, **{two[0].id: "Laubach"})
    return office


def run(office: Office, *words: str) -> Any:
    where = ("--county", str(office.county.config.source))
    return CliRunner().invoke(root, ["county", "heat", *words, *where])


def test_every_format_says_the_same(told: Office, tmp_path: Path) -> None:
    done = run(told, "cadastre", "--format", "json")
    assert done.exit_code == 0, done.output
    told_json = json.loads(done.stdout)
    rows = told_json["rows"]
    assert told_json["missing"] == ["Lauter"]
    assert [one["ebene"] for one in rows] == ["Dorf"] * 2 + ["Gemeinde"] * 19 + ["Landkreis"]
    laubach = next(one for one in rows if one["name"] == "Laubach")
    assert laubach["schluessel"] == "06531010"
    table = run(told, "cadastre").stdout
    assert "Noch ohne Ausgabe: Lauter" in table
    assert "Energieträger: " in table
    geo = json.loads(run(told, "cadastre", "--format", "geojson").stdout)
    assert len(geo["features"]) == 18
    assert {one["geometry"] for one in geo["features"]} == {None}
    assert next(one for one in geo["features"] if one["id"] == "06531010")["properties"] == laubach
    cells = list(
        csv.DictReader(io.StringIO(run(told, "cadastre", "--format", "csv").stdout), delimiter=";")
    )
    assert [one["waerme_mwh"] for one in cells] == [
        "" if one["waerme_mwh"] is None else str(one["waerme_mwh"]) for one in rows
    ]
    file = tmp_path / "kreis.parquet"
    assert run(told, "cadastre", "--format", "parquet").exit_code == 2
    assert run(told, "cadastre", "--format", "parquet", "--out", str(file)).exit_code == 0
    columns = pq.read_table(file).to_pylist()
    assert [one["waerme_mwh"] for one in columns] == [one["waerme_mwh"] for one in rows]
    assert [one["oben_mwh"] for one in columns] == [one["oben_mwh"] for one in rows]


def test_a_county_without_any_release_says_so(office: Office) -> None:
    done = run(office, "cadastre")
    assert done.exit_code == 1
    assert "kein Hub" in done.stdout


def test_an_old_release_is_told(told: Office) -> None:
    assert merged(told, now_ms=NOW).old == ()
    later = merged(told, now_ms=NOW + 366 * DAY)
    assert later.old == ("Holzheim",)
    assert later.villages[0].note.startswith("alt: von 2026")


def test_bands_are_rounded_outwards() -> None:
    assert heat_plan.band_percent(100.0, 87.2, 116.1) == (85, 120)
    assert heat_plan.band_percent(100.0, 85.0, 115.0) == (85, 115)
    assert heat_plan.band_percent(100.0, 100.0, 100.0) == (100, 100)
    assert heat_plan.band_percent(0.0, 0.0, 0.0) is None
    assert heat_plan.band_percent(1.0, 0.5, 90.0) is None


def test_the_rank_of_a_plan_is_its_year_then_its_number() -> None:
    def plan(year: int, release: int, at: int) -> Plan:
        return Plan(release, year, bytes(32), None, None, (), (), (), at)

    order = [plan(2025, 9, 1), plan(2026, 1, 5), plan(2026, 1, 7), plan(2026, 2, 3)]
    assert max(order[::-1], key=lambda one: one.rank) == order[-1]
    assert [one.rank for one in order] == sorted(one.rank for one in order)


def test_the_band_that_is_told_is_of_what_was_released(
    make_village: Callable[..., Village], office: Office
) -> None:
    village = make_village("Holzheim")
    village.estimates(1, (1e6, 8e5, 1.3e6))
    village.publishes()
    village.estimates(2, (1e6, 5e5, 2e6))  # made anew before anybody was told
    village.meets(office)
    assert village.tells().plans == 1
    release = current(village.config.hub.public, "waermekataster")
    assert release is not None
    plan = heat_telling.read(release, release.certificate(), village.store.connection)
    assert (plan.low, plan.high) == (80, 130)


def test_a_release_of_a_whole_town_is_named_too_large_and_stops_nothing(
    make_village: Callable[..., Village], office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    village = make_village("Holzheim")
    village.estimates(1)
    village.publishes()
    village.meets(office)
    with monkeypatch.context() as town:
        town.setattr(heat_telling, "MAX_EVENTS", 3)
        found = village.tells()
        assert (found.plans, "zu groß" in found.plan_waits) == (0, True)
    assert village.tells(T0 + DAY).plans == 1
