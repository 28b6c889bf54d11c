"""What board and shelf do by themselves: proposals, numbers and names of files that are due go."""

from __future__ import annotations

from edge.clock import Clock
from edge.desk.market import MarketDesk
from edge.desk.notices import DAY_MS, NoticeDesk
from edge.desk.vault import Vault
from edge.store.village import VillageStore

REFUSED_DAYS = 30  # a file's name may be somebody's ("Lebenslauf Weber"); who asks why asks soon


def board_upkeep(village: VillageStore, vault: Vault, clock: Clock) -> int:
    """Delete what is due; return how many telephone numbers. The clock must have been set.

    :raises Locked: while personal.db is locked: notices are done then, numbers wait.
    """
    NoticeDesk(village, clock).forget()
    village.forget_refused(clock.stamp().wall_ms - REFUSED_DAYS * DAY_MS)
    return MarketDesk(village, vault, clock).forget()
