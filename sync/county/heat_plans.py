"""What villages released of their heat cadastres: of each the newest that this county believes."""

from __future__ import annotations

from sync import heat_plan
from sync.county.hub import County
from sync.county.intake import laid, segment_of
from sync.heat_plan import Plan


def newest(county: County) -> dict[str, Plan]:
    """Return of each hub the release that counts, by short id.

    That is the one of the latest year and highest number, whichever came last. All of them are
    kept, so that a revoked one uncovers the one before.

    :raises LakeError: if the positions cannot be read.
    """
    found: dict[str, Plan] = {}
    files = list(laid(county.config.plans, county.config.unread))
    held = county.lake.positions(sorted({stream for stream, _ in files}, key=str)) if files else {}
    for stream, file in files:
        one = segment_of(file)
        if one is None or held[stream] < one.header.seq:
            continue  # the lake's commit tells if it counts
        plan = heat_plan.plan_in(one)
        if plan is not None and (stream.hub not in found or plan.rank > found[stream.hub].rank):
            found[stream.hub] = plan
    return found
