"""Whose home a meter belongs to, while one run goes on."""

from __future__ import annotations

from edge.store.household_gate import agreed
from edge.store.journal import Entry
from edge.store.personal import PersonalStore
from edge.store.personal_rows import Household, HouseholdRow
from edge.store.wide import wide
from edge.worker.meter_reader import Read
from hardware.mbus.telegram import Telegram
from hardware.reading import TimeQuality


class Homes:
    """Whose home a telegram is of, during one run."""

    def __init__(self, personal: PersonalStore) -> None:
        self._personal = personal
        self._homes: dict[str, list[Household]] = {}
        for home in personal.households(ever=True):
            self._homes.setdefault(home.device, []).append(home)
        self._agreed: dict[int, bool] = {}
        self._devices: dict[tuple[int, str], int] = {}

    def of(self, entry: Entry) -> Household | None:
        """Return the household that had the meter when the entry came, None if none agrees.

        A clock that nobody had set says nothing: then whose it is now. What seems to be from
        before the first household is the first one's, since nothing was kept before.
        """
        homes = self._homes.get(entry.device, [])
        if entry.time_quality is TimeQuality.UNKNOWN:
            held = [home for home in homes if home.removed_at is None]
        else:
            at = max(entry.received_at, min((home.added_at for home in homes), default=0))
            held = [
                home
                for home in homes
                if home.added_at <= at and (home.removed_at is None or at < home.removed_at)
            ]
        if not held:
            return None
        person = held[-1].person
        if person not in self._agreed:
            self._agreed[person] = agreed(self._personal, person)
        return held[-1] if self._agreed[person] else None

    def name_of(self, device: int) -> str:
        """Return the device id behind the number of a row that :meth:`row` gave."""
        return next(name for (_, name), number in self._devices.items() if number == device)

    def row(self, home: Household, entry: Entry, read: Read) -> HouseholdRow | None:
        """Return the reading of a telegram, None if it holds none of the wide columns."""
        values = wide(read.meaning.records) if read.meaning else {}
        if read.telegram is None or not values:
            return None
        device = self.device(home, entry, read.telegram)
        return HouseholdRow(entry.received_at, device, entry.time_quality, entry.id, **values)

    def device(self, home: Household, entry: Entry, telegram: Telegram) -> int:
        """Return the number of a household's device that speaks, made known if it is new."""
        who = (home.household, telegram.device_id or entry.device)
        if who not in self._devices:
            self._devices[who] = self._personal.household_device(*who)
        return self._devices[who]
