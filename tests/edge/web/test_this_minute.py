"""What is alike for everybody is gathered once a minute, and anew when anything changed."""

from __future__ import annotations

from edge.clock import FixedClock
from edge.store.shared import kept_open, looking
from edge.store.village import VillageStore
from edge.web.this_minute import MINUTE_MS, ThisMinute
from edge.web.tongue import TONGUES, speaking
from hardware.reading import TimeQuality
from tests.edge.web.villagers import House


class Gatherer:
    def __init__(self, house: House) -> None:
        self.clock = FixedClock(100 * MINUTE_MS)
        self.minute = ThisMinute(house.config, self.clock)
        self.count = 0

    def ask(self, what: str = "a") -> int:
        return self.minute.get(what, self._gather)

    def _gather(self) -> int:
        self.count += 1
        return self.count


def test_asked_once(house: House) -> None:
    page = Gatherer(house)
    with kept_open(house.config.hub.village_db):
        assert [page.ask(), page.ask(), page.ask("b"), page.ask(), page.ask("b")] == [1, 1, 2, 1, 2]


def test_anew_with_minute_state_clock_and_language(house: House) -> None:
    page, path = Gatherer(house), house.config.hub.village_db
    with kept_open(path):
        page.ask()
        page.clock.wall_ms += MINUTE_MS - 1
        assert page.ask() == 1
        page.clock.wall_ms += 1
        assert page.ask() == 2
        with VillageStore(path) as village:
            village.add_notice("Suppe", "", 1)
        assert [page.ask(), page.ask()] == [3, 3]
        page.clock.quality = TimeQuality.UNKNOWN
        assert page.ask() == 4
        with speaking(TONGUES["tr"]):
            assert [page.ask(), page.ask()] == [5, 5]
        assert page.ask() == 4


def test_a_commit_while_it_is_gathered_is_not_missed(house: House) -> None:
    page, path = Gatherer(house), house.config.hub.village_db

    def titles() -> list[str]:
        with looking(path) as village:
            found = [one.title for one in village.notices(2)]
        with VillageStore(path) as village:
            village.add_notice(f"{len(found)}", "", 1)
        return found

    with kept_open(path):
        seen = [len(page.minute.get("t", titles)) for _ in range(3)]
    assert seen == [seen[0], seen[0] + 1, seen[0] + 2]


def test_nothing_is_kept_where_nothing_stays_open_or_can_be_read(house: House) -> None:
    page = Gatherer(house)
    assert [page.ask(), page.ask()] == [1, 2]
    house.config.hub.village_db.rename(house.config.hub.run / "away.db")
    with kept_open(house.config.hub.village_db):
        assert [page.ask(), page.ask()] == [3, 4]
