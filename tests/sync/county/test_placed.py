"""From a hub whose clock says 1970, then 2040, to the county's questions: each reading on its day.

Daft runs in a process of its own here: its engine's threads live as long as a process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from deltalake import DeltaTable

from edge.clock import FixedClock
from edge.store.journal import Journal, entry_key
from edge.store.village_rows import MeterRow
from hardware.reading import TimeQuality
from sync import columns
from sync.county import upkeep
from sync.segment import Segment
from sync.stream import METER
from sync.timekeeper import PLACED_COLUMN, PLACED_SCHEMA, Timekeeper

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office, Writer

TRUE = 1_795_003_200_000  # 2026-11-18 12:00 UTC, when the first reading was taken
QUARTER = 900_000
DEVICE = "mbus:KAM-70000001-27-04"
Y2040 = 2_208_988_800_000

_ASK = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from sync.county import placed, query, questions
from sync.county.settings import Engine

query.use(Engine())
now = datetime.fromtimestamp(int(sys.argv[2]) / 1000, UTC)
lake = Path(sys.argv[1])
readings = placed.frame(lake, now)
asked = {name: questions.Asked() for name in questions.QUESTIONS}
asked["week"] = questions.Asked(
    device=sys.argv[3], quantity="energy", begin=questions.moment("2026-11-18")
)
asked["day"] = questions.Asked(
    begin=questions.moment("2026-11-18"), until=questions.moment("2026-11-19")
)
asked["then"] = questions.Asked(until=questions.moment("2025-01-01"))
asked["later"] = questions.Asked(begin=questions.moment("2039-01-01"))
ask = {"day": "hubs", "then": "hubs", "later": "hubs"}
answers = {
    name: questions.QUESTIONS[ask.get(name, name)](readings, one).to_pylist()
    for name, one in asked.items()
}
found = lambda at: [
    [one.quantity, one.value, one.time_quality]
    for one in placed.find(lake, now, device=sys.argv[3], observed_at_ms=at)
]
answers["at"] = [found(int(at)) for at in sys.argv[4:]]
print(json.dumps(answers, default=lambda at: at.isoformat()[:16]))
query.leave()
"""


def ask(lake: Path, *moments: int, device: str = DEVICE, now: int = TRUE + 3_600_000) -> Any:
    done = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-c", textwrap.dedent(_ASK)),
            *(str(lake), str(now), device, *map(str, moments)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Hub:
    """A hub without a clock chip; ``elapsed_ms`` is what really went by since TRUE."""

    def __init__(self, village: Any) -> None:
        self.village = village
        self.clock = FixedClock(1000, TimeQuality.UNKNOWN, monotonic_ns=5_000_000_000)
        self.number = village.store.device(DEVICE)
        self.journal: Path = village.folder / "journal.db"
        self.keeper = Timekeeper(village.store, village.outbox, lambda: Journal(self.journal))
        self.elapsed_ms = 0
        self.count = 0

    def wait(self, ms: int) -> None:
        self.elapsed_ms += ms
        self.clock.advance(ms)

    def set(self, wall_ms: int, quality: TimeQuality = TimeQuality.SYNCHRONISED) -> None:
        self.clock.wall_ms, self.clock.quality = wall_ms, quality

    def read(self) -> int:
        self.count += 1
        with Journal(self.journal) as journal:
            number = journal.append(
                "village", "bus", DEVICE, "mbus", entry_key(self.count), b"x", self.clock.stamp()
            )
            entry = journal.entry(number)
        assert entry is not None
        row = MeterRow(
            entry.received_at, self.number, entry.time_quality, number, 100.0 + self.count
        )
        assert self.village.store.add_round([row])
        return entry.received_at

    def seal(self) -> None:
        stamp = self.clock.stamp()
        while self.village.outbox.seal(METER, self.village.store.connection, stamp):
            pass

    def look(self) -> int:
        return self.keeper.step(self.clock.stamp()).placed

    def send(self, office: Office, writer: Writer) -> None:
        """Let the county pull what is sealed by now."""
        self.seal()
        position = self.village.outbox.position()
        writer.identity, writer.epoch = self.village.identity, position.epoch
        writer.segments = [
            Segment.decode(self.village.outbox.read(seq)) for seq in range(1, position.last_seq + 1)
        ]
        if office.county.ledger.hub(writer.id) is None:
            office.know(writer)
        assert str(office.pull(writer).code) == "ok"


@pytest.fixture
def hub(village: Any) -> Hub:
    return Hub(village)


def test_1970_and_2040_stand_on_the_right_day_in_every_question(
    hub: Hub, office: Office, writer: Writer
) -> None:
    lake = office.county.config.lake
    first = hub.read()  # 1970
    hub.wait(QUARTER)
    hub.read()
    hub.send(office, writer)
    hub.wait(QUARTER)
    hub.set(Y2040)  # whoever set it mistyped the year
    assert hub.look() == 2
    third = hub.read()
    hub.send(office, writer)
    assert ask(lake)["later"][0]["rows"] == 3  # that is what the hub believes so far
    hub.wait(QUARTER)
    hub.set(TRUE + hub.elapsed_ms)
    assert hub.look() == 3
    hub.wait(QUARTER)
    hub.read()
    hub.send(office, writer)

    moments = [TRUE + n * QUARTER for n in (0, 1, 2, 4)]
    for _ in range(2):  # as it was committed, and once upkeep has sorted it
        said = ask(lake, *moments, first, third)
        (summed,) = said["hubs"]
        assert (summed["quantity"], summed["rows"], summed["sum"]) == ("energy", 4, 410.0)
        assert (summed["first"], summed["last"]) == ("2026-11-18T12:00", "2026-11-18T13:00")
        assert said["day"] == said["hubs"]
        assert said["then"] == said["later"] == []
        hours = [(one["hour"], one["rows"]) for one in said["hourly"]]
        assert hours == [("2026-11-18T12:00", 3), ("2026-11-18T13:00", 1)]
        week = [(one["observed_at"], one["value"], one["time_quality"]) for one in said["week"]]
        assert week == [
            (datetime.fromtimestamp(at / 1000, UTC).isoformat()[:16], 101.0 + n, 4)
            for n, at in enumerate(moments)
        ]
        (top,) = said["top"]
        assert (top["day"][:10], top["device"], top["used"]) == ("2026-11-18", DEVICE, 3.0)
        assert said["at"][:4] == [[["energy", 101.0 + n, 4]] for n in range(4)]
        # the raw rows are kept, and who asks for the wrong time is told what stood there
        assert said["at"][4:] == [[["energy", 101.0, 0]], [["energy", 103.0, 4]]]
        upkeep.compact(office.county.lake, everything=True)
    raw = DeltaTable(str(lake)).to_pyarrow_table().to_pylist()
    energy = sorted(row["observed_at"].year for row in raw if row["quantity"] == "energy")
    assert energy == [1970, 1970, 2026, 2040]


def test_what_nobody_placed_is_left_out_and_a_good_lake_is_read_as_it_is(
    hub: Hub, office: Office, writer: Writer, new_writer: type[Writer]
) -> None:
    lake = office.county.config.lake
    other = new_writer()
    office.know(other)
    other.add(2)
    office.pull(other)
    good = ask(lake, device="mbus:A", now=other.segments[-1].header.last_ms)
    assert (good["hubs"][0]["rows"], good["hourly"][0]["rows"]) == (6, 6)
    first = hub.read()
    hub.send(office, writer)
    said = ask(lake, first, now=other.segments[-1].header.last_ms)
    assert said["hubs"] == good["hubs"]
    assert said["hourly"] == good["hourly"]
    assert said["at"] == [[["energy", 101.0, 0]]]


def test_a_hub_that_places_a_reading_where_no_time_is_ends_nobodys_question(
    office: Office, writer: Writer
) -> None:
    office.know(writer)
    for at in (3e14, float("nan"), float("inf"), -1e17, 1e300):  # the first is in the year 11476
        writer.add(1)
        time = writer.segments[-1].header.first_ms
        source = columns.Source("mbus:A", [time], [4], {PLACED_COLUMN: [at]})
        writer.add(1, schema=PLACED_SCHEMA, body=columns.encode([source]), rows=1)
    office.pull(writer)
    last = writer.segments[-1].header.last_ms
    said = ask(office.county.config.lake, time, device="mbus:A", now=last)
    assert said["hubs"][0]["rows"] == 15
    assert said["at"] == [[["energy", 9.0, 4]]]


_RACE = """
import sys
from pathlib import Path
from sync.county import query, upkeep
from sync.county.erasure import erase_series
from sync.county.lake import Lake
from sync.county.settings import Engine

query.use(Engine())
lake = Lake(Path(sys.argv[1]))
asked = []

def question():
    readings = query.frame(lake.place)
    readings.schema()
    if not asked:  # an erasure, between opening the table and reading its files
        erase_series(lake, sys.argv[2], {"mbus:A"})
    asked.append(1)
    return readings.select("device")

rows = query.ask(question)
print(len(asked), sorted({row["device"] for row in rows}))
query.leave()
"""


def test_who_asks_while_an_erasure_deletes_files_asks_again(office: Office, writer: Writer) -> None:
    office.know(writer)
    writer.add(1)
    source = columns.Source("mbus:B", [TRUE], [4], {"energy_kwh": [1.0]})
    writer.add(1, body=columns.encode([source]))
    office.pull(writer)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_RACE), str(office.county.config.lake), writer.id],
        capture_output=True,
        text=True,
        check=False,
        timeout=170,
    )
    assert done.stdout.strip() == "2 ['mbus:B']", done.stderr
