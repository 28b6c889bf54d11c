"""The volunteers' papers: the rota of the next weeks, and thanks for a year's hours."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from edge.clock import Clock
from edge.config import Config
from edge.desk.rota import RotaDesk, Row
from edge.desk.vault import Vault
from edge.desk.volunteers import VolunteerDesk
from edge.learning.errors import Refused
from edge.learning.moment import HOUR_MS, local_day, to_local
from edge.paper.documents import Day, Rota, Shift, Thanks
from edge.paper.wording import day_of, days, weekday
from edge.store.village import VillageStore
from edge.volunteers.hours import shown

ROTA_MS = 28 * 24 * HOUR_MS  # what hangs in the kitchen: four weeks


@dataclass(frozen=True, slots=True)
class VolunteerPapers:
    """Papers of one hub's volunteers; ``place`` and ``hub`` are what village and hub are called."""

    village: VillageStore
    vault: Vault
    clock: Clock
    place: str
    hub: str

    @classmethod
    def at(
        cls, config: Config, village: VillageStore, vault: Vault, clock: Clock
    ) -> VolunteerPapers:
        """Return the papers of a hub."""
        return cls(village, vault, clock, config.hub.village, config.hub.name)

    def rota(self) -> Rota:
        """Return who does what in the next four weeks, day by day.

        :raises Locked: while personal.db is locked.
        """
        now = self.clock.stamp().wall_ms
        rows = RotaDesk(self.village, self.vault, self.clock).rows(now, now + ROTA_MS)
        rows = sorted(
            (one for one in rows if not one.shift.cancelled), key=lambda one: one.shift.starts_at
        )
        by_day = groupby(rows, key=lambda one: local_day(one.shift.starts_at))
        return Rota(
            **self._base(),
            when=days(local_day(now), local_day(now + ROTA_MS)),
            days=tuple(
                Day(day=weekday(day), shifts=tuple(_shift(one) for one in some))
                for day, some in by_day
            ),
        )

    def thanks(self, volunteer: int, year: int, by: str) -> Thanks:
        """Return the thanks for what somebody did in a year.

        :raises Refused: if that was nothing.
        :raises Locked: while personal.db is locked.
        """
        desk = VolunteerDesk(self.village, self.vault, self.clock)
        who = desk.volunteer(volunteer)
        found = next((one for one in desk.thanks(volunteer) if one.year == year), None)
        if found is None:
            raise Refused(
                "no hours in that year",
                hint="In diesem Jahr sind für diese Person keine Stunden bestätigt.",
            )
        many = "an einem Tag" if found.days == 1 else f"an {found.days} Tagen"
        return Thanks(
            **self._base(),
            name=who.name,
            when=f"im Jahr {year}, {many}",
            hours=shown(found.minutes),
            work=tuple((task, shown(minutes)) for task, minutes in found.tasks),
            confirmed_by=by,
        )

    def _base(self) -> dict[str, str]:
        made = day_of(self.clock.stamp().wall_ms)
        return {"village": self.place, "hub": self.hub, "made": made}


def _shift(row: Row) -> Shift:
    one = row.shift
    begin, end = to_local(one.starts_at), to_local(one.ends_at)
    people = tuple(
        row.names.get(duty.volunteer, "")
        for duty in row.standing.duties
        if row.names.get(duty.volunteer)
    )
    return Shift(
        time=f"{begin:%H:%M}–{end:%H:%M}",
        what=", ".join(filter(None, (one.task, one.place))),
        people=people,
        wanted=len(people) + row.standing.missing,
    )
