"""The gate for households' meters: open for exactly those whose people agree, else closed.

The consent in personal.db decides. `admitted_meter` in village.db is what the collector sees of
it while personal.db is locked, and follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edge.care.consent import HEAT, HEAT_CADASTRE, standing
from edge.store.journal import Journal
from edge.store.village import VillageStore

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

KIND = "wmbus"  # the journal's entries that were heard by radio
WIRED = "mbus"  # of meters on a line, which are all communal
NO_CONSENT = "no consent"


@dataclass(frozen=True, slots=True)
class Settled:
    """How many meters were let in and turned away, and how many telegrams were erased."""

    admitted: int = 0
    dismissed: int = 0
    erased: int = 0


def agreed(personal: PersonalStore, person: int) -> bool:
    """Tell whether a person agrees that their home's heat is measured for the hub.

    What is erased for want of a consent does not come back, so no clock has a say.
    """
    return standing(personal.consents(person), HEAT_CADASTRE, HEAT) is not None


def settle(personal: PersonalStore, village: VillageStore, journal: Journal, at: int) -> Settled:
    """Make the gate agree with the consents that stand; again changes nothing.

    What a meter that is turned away sent is erased before it leaves the list of the admitted: a
    crash between the two does it once more.

    :raises StoreError: if a store fails.
    """
    wanted = {one.device for one in personal.households() if agreed(personal, one.person)}
    admitted = village.admitted_meters()
    erased = 0
    for device in sorted(admitted - wanted):
        erased += journal.refuse_waiting(device, KIND, NO_CONSENT)
        erased += journal.erase_decoded([device])
        village.dismiss_meter(device)
    for device in sorted(wanted - admitted):
        village.admit_meter(device, at)
    return Settled(len(wanted - admitted), len(admitted - wanted), erased)
