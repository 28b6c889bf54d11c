"""Once a day, while personal.db is unlocked: sums of households who agree to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from edge.clock import Clock
from edge.config import Config
from edge.learning.moment import to_local
from edge.store.errors import Locked
from edge.store.village import VillageStore
from edge.worker.jobs import Outcome
from hardware.reading import TimeQuality

_OLDER = (
    "personal.db ist älter als die Summen von Haushalten: {} von ihnen kennt sie nicht. Es werden "
    "keine neuen gebildet. Bitte eine neuere Sicherung von personal.db zurückspielen."
)


class HouseholdSumsJob:
    """Forms sums at the first look of a day at which personal.db is open."""

    def __init__(self, config: Config, village: Callable[[], VillageStore], clock: Clock) -> None:
        self._config = config
        self._village = village
        self._clock = clock
        self._done: date | None = None

    def run(self) -> Outcome:
        """Form what can be formed.

        :raises StoreError: if a store fails; the next look goes on where this one ended.
        :raises CadastreError: if the typology is none.
        """
        stamp = self._clock.stamp()
        if stamp.quality is TimeQuality.UNKNOWN:
            return Outcome("waiting", "Die Uhr ist nicht gestellt.")
        today = to_local(stamp.wall_ms).date()
        if today == self._done:
            return Outcome()
        from edge.cadastre.household_sums import make_sums  # noqa: PLC0415 - once a day
        from edge.cadastre.own_house import typology_in  # noqa: PLC0415
        from edge.desk.vault import Vault  # noqa: PLC0415

        typology = typology_in(self._config.source.parent)
        if typology is None:
            return Outcome()
        with Vault.of(self._config) as vault:
            try:
                with vault.open() as personal:
                    made = make_sums(personal, self._village(), typology)
            except Locked as error:
                return Outcome("locked", error.hint)
        if made.missing:  # each look says so again, until somebody mends it
            return Outcome("degraded", _OLDER.format(made.missing))
        self._done = today
        count = len(made.sizes)
        return Outcome("ok", f"neue Summen von Haushalten: {count}" if count else "")
