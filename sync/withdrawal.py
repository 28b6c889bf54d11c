"""A withdrawal that travels: what a person no longer lets the county have is erased there, too.

The order names sealed bodies by their hash, as an erasure's does, so no carrier learns whose they
are. A body with several kinds of data goes once none of them may be there any more; until then
nothing more of the withdrawn kind is added to any.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from edge.clock import Stamp
from edge.store.connection import Connection
from edge.store.personal import PersonalStore
from sync import cases, erasing
from sync.erasing import Order
from sync.ordering import give
from sync.outbox import Outbox


def recall(
    personal: PersonalStore,
    outbox: Outbox,
    village: Connection,
    stamp: Stamp,
    parcels: Path | None = None,
    *,
    random: Callable[[int], bytes] = os.urandom,
) -> int:
    """Order that to be erased which was sent under consents that were withdrawn; return how much.

    :raises StoreError: if a database fails; call again then.
    """
    cases.note_values(personal)
    bodies = personal.sent_without_consent()
    if not bodies:
        return 0
    fresh = bodies - erasing.erased_bodies(village)  # it may have stopped between both commits
    if fresh:
        order = Order(random(erasing.ORDER_SIZE), fresh, frozenset())
        give(order, outbox, village, stamp, parcels)
    personal.forget_sent(bodies)
    return len(fresh)
