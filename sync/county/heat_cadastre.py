"""The county's heat cadastre as of now: what its confirmed hubs released, merged."""

from __future__ import annotations

from datetime import UTC, datetime

from sync.county import heat_plans
from sync.county.heat_merged import Merged, Village, merge
from sync.county.hub import County
from sync.county.ledger import HubState
from sync.county.municipalities import KEYS


def merged(county: County, now_ms: int) -> Merged:
    """Return the table. Hubs that nobody confirmed, or that are locked out, are not in it.

    :raises LakeError: if the positions cannot be read.
    """
    plans = heat_plans.newest(county)
    villages = [
        Village(
            hub.hub,
            hub.name or hub.hub,
            county.config.places.get(hub.hub, ""),
            plans.get(hub.hub),
        )
        for hub in county.ledger.hubs()
        if hub.state is HubState.CONFIRMED
    ]
    year = datetime.fromtimestamp(now_ms / 1000, UTC).year
    return merge(villages, KEYS, county.config.name, year)
