"""Calls of buttons at the volunteers' desk: what is shown, and that somebody saw to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.care.ladder.plan import SOS
from edge.care.ladder.press import is_of
from edge.clock import Clock
from edge.desk.vault import Vault
from edge.learning.errors import Refused
from edge.store.errors import Locked
from edge.store.village import VillageStore
from edge.store.village_alarms import BUTTON, HallAlarm

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore


class CallDesk:
    """Use one for each request.

    :raises StoreError: or one of its kinds, from any method.
    """

    def __init__(self, village: VillageStore, vault: Vault, clock: Clock) -> None:
        self._village = village
        self._vault = vault
        self._clock = clock

    def calls(self) -> list[HallAlarm]:
        """Return the buttons that were pressed and are not dealt with, the newest first."""
        return [one for one in self._village.hall_alarms() if one.source.startswith(BUTTON)]

    def dealt_with(self, source: str, since: int, by: str) -> None:
        """Take a call that is nobody's off the board; ``by`` says who saw to it.

        While personal.db is locked nobody knows whose it is: then only the board forgets it, and
        the press itself waits, sealed, for the rules.

        :raises Refused: if it is somebody's own, or the button was pressed again meanwhile.
        """
        there = next((one for one in self.calls() if one.source == source), None)
        if there is None:
            return  # somebody else was quicker
        if there.since != since:
            raise Refused("pressed again", hint=_AGAIN, field="ruf")
        try:
            with self._vault.open() as personal, personal.connection.transaction():
                self._settle(personal, there, by)
        except Locked:
            pass
        if not self._village.hide_alarms([there]):
            # it went down by itself, or it is another press that nobody has seen to
            self._refuse_another(source, since)

    def _refuse_another(self, source: str, since: int) -> None:
        if any(one.source == source and one.since != since for one in self.calls()):
            raise Refused("pressed again", hint=_AGAIN, field="ruf")

    def _settle(self, personal: PersonalStore, call: HallAlarm, by: str) -> None:
        """Close what this press called, and what an earlier one did, not what a later one will."""
        device = call.source.removeprefix(BUTTON)
        mine = [
            one
            for one in personal.alerts()
            if one.rule == SOS and one.facts.get("device") == device
        ]
        if any(one.person is not None and one.is_unanswered for one in mine):
            raise Refused("somebody's own button", hint=_SOMEBODYS, field="ruf")
        nobodys = [one for one in mine if one.person is None]
        newest = max((one.number for one in nobodys if is_of(one, call.since)), default=0)
        for one in nobodys:
            if one.number <= newest:
                said = f"Am Pult gesehen: {by}"
                personal.close_alert(one.number, None, said, self._clock.stamp())


_AGAIN = "Der Knopf wurde inzwischen noch einmal gedrückt. Bitte noch einmal nachsehen."
_SOMEBODYS = (
    "Dieser Rufknopf gehört jemandem. Der Ruf läuft bei den Angehörigen und der Pflege; wer "
    "hingeht, meldet sich dort oder ruft in Lebensgefahr die 112."
)
