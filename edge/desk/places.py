"""What courses need around them: seasons, rooms, days without courses, and who teaches."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

from edge.desk.vault import Vault
from edge.learning.course import MAX_NOTE, MAX_SEATS, Room, Season, one_line
from edge.learning.errors import Refused
from edge.learning.series import YEARS
from edge.learning.signup import applicant
from edge.store.personal_trainers import Trainer
from edge.store.village import VillageStore

MAX_NAME = 80
MAX_FREE_DAYS = 100  # summer holidays are 42
MAX_SEASON_DAYS = 400  # a year, and a little
TRAINER_YEARS = 2
YEAR_MS = 366 * 86_400_000
_AS_WRITTEN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


class PlaceDesk:
    """Seasons, rooms, free days and trainers of one hub."""

    def __init__(self, village: VillageStore, vault: Vault) -> None:
        self._village = village
        self._vault = vault

    def put_season(self, name: str, first: date, last: date, season_id: str = "") -> Season:
        """Keep a season; one without an id is new and gets one. The same once more is the same.

        :raises Refused: saying what is wrong, in which field.
        """
        name = one_line(name, "name", MAX_NAME, least=1)
        if first.year not in YEARS or not 0 < (last - first).days <= MAX_SEASON_DAYS:
            raise Refused(
                f"from {first} to {last}",
                hint="Der letzte Tag muss nach dem ersten liegen, höchstens ein Jahr später.",
                field="last_day",
            )
        known = self._village.seasons()
        if season_id and season_id not in {one.season_id for one in known}:
            raise Refused("no such season", hint="Diese Saison gibt es nicht.", field="season_id")
        if not season_id:
            for one in known:
                if (one.name, one.first_day, one.last_day) == (name, first, last):
                    return one
            half = f"{first.year}-{1 if first.month < 7 else 2}"
            season_id = _unused(half, {one.season_id for one in known})
        made = Season(season_id, name, first, last)
        self._village.put_season(made)
        return made

    def put_room(self, name: str, seats: int, access: str, room_id: str = "") -> Room:
        """Keep a room; one without an id is new, unless one is called so already.

        :raises Refused: saying what is wrong, in which field.
        """
        name = one_line(name, "name", MAX_NAME, least=1)
        access = one_line(access, "access", MAX_NOTE)
        if not 0 <= seats <= MAX_SEATS:
            hint = f"Möglich sind 0 bis {MAX_SEATS} Plätze."
            raise Refused(f"{seats} seats", hint=hint, field="seats")
        known = self._village.rooms()
        for one in known:
            if one.name.casefold() == name.casefold() and one.room_id != room_id:
                if not room_id and (one.seats, one.access) == (seats, access):
                    return one  # pressed twice
                raise Refused(
                    "a room of this name",
                    hint=f"Einen Raum „{one.name}“ gibt es schon.",
                    field="name",
                )
        if room_id and room_id not in {one.room_id for one in known}:
            raise Refused("no such room", hint="Diesen Raum gibt es nicht.", field="room_id")
        if not room_id:
            room_id = _unused(_short(name), {one.room_id for one in known})
        made = Room(room_id, name, seats, access)
        self._village.put_room(made)
        return made

    def add_free_days(self, name: str, first: date, last: date) -> int:
        """Keep days on which no series meets; return how many these are.

        :raises Refused: saying what is wrong, in which field.
        """
        name = one_line(name, "name", MAX_NAME, least=1)
        if first.year not in YEARS or not 0 <= (last - first).days < MAX_FREE_DAYS:
            raise Refused(
                f"from {first} to {last}",
                hint=f"Möglich sind 1 bis {MAX_FREE_DAYS} Tage, der letzte nicht vor dem ersten.",
                field="last_day",
            )
        days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
        self._village.put_free_days(dict.fromkeys(days, name))
        return len(days)

    def remove_free_days(self, days: Collection[date]) -> None:
        """Let series meet on these days again; courses that there are stay as they are."""
        self._village.remove_free_days(days)

    def free_days(self) -> list[tuple[str, date, date]]:
        """Return the free days that follow one another under one name: name, first, last."""
        runs: list[tuple[str, date, date]] = []
        for day, name in self._village.free_days().items():
            if runs and runs[-1][0] == name and day - runs[-1][2] == timedelta(days=1):
                runs[-1] = (name, runs[-1][1], day)
            else:
                runs.append((name, day, day))
        return runs

    def add_trainer(self, name: str, phone: str, now_ms: int) -> Trainer:
        """Keep who teaches, for two years; the same name and number once more is the same.

        :raises Refused: saying what is wrong, in which field.
        :raises Locked: while personal.db is locked.
        """
        who = applicant(name, phone)
        until = now_ms + TRAINER_YEARS * YEAR_MS
        with self._vault.open() as personal:
            for one in personal.trainers():
                if (one.name, one.phone) == (who.name, who.phone):
                    personal.keep_trainer(one.trainer, until)
                    return replace(one, delete_after=max(until, one.delete_after))
            number = personal.add_trainer(who.name, who.phone, now_ms, until)
        return Trainer(number, who.name, who.phone, until)

    def trainers(self) -> list[Trainer]:
        """Return who teaches, by name.

        :raises Locked: while personal.db is locked.
        """
        with self._vault.open() as personal:
            return personal.trainers()


def _short(name: str) -> str:
    """Return a name as an id: `Großer Saal` is `grosser-saal`."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_AS_WRITTEN))
    found = re.sub(r"[^a-z0-9]+", "-", plain.encode("ascii", "ignore").decode()).strip("-")
    return found[:20].strip("-") or "raum"


def _unused(wanted: str, known: Collection[str]) -> str:
    at, found = 1, wanted
    while found in known:
        at += 1
        found = f"{wanted}-{at}"
    return found
