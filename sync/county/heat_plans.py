"""What villages released of their heat cadastres: of each the newest that this county believes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sync import heat_plan
from sync.county.config import CountyConfig
from sync.county.hub import County
from sync.county.intake import SUFFIX
from sync.county.lake import Stream
from sync.errors import FormatError
from sync.heat_plan import Plan
from sync.segment import Segment


def newest(county: County) -> dict[str, Plan]:
    """Return of each hub the release that counts, by short id.

    That is the one of the latest year and highest number, whichever came last. All of them are
    kept, so that a revoked one uncovers the one before.

    :raises LakeError: if the positions cannot be read.
    """
    found: dict[str, Plan] = {}
    files = list(_files(county.config))
    held = county.lake.positions(sorted({stream for stream, _ in files}, key=str)) if files else {}
    for stream, file in files:
        one = _load(file)
        if one is None or held[stream] < one.header.seq:
            continue  # the lake's commit tells if it counts
        plan = heat_plan.plan_in(one)
        if plan is not None and (stream.hub not in found or plan.rank > found[stream.hub].rank):
            found[stream.hub] = plan
    return found


def _files(config: CountyConfig) -> Iterator[tuple[Stream, Path]]:
    """Yield where releases lie, also those that came before this program knew of them."""
    for root in (config.plans, config.unread):
        for file in sorted(root.glob(f"*/*/*{SUFFIX}")):
            if not file.name.startswith("."):
                yield Stream(file.parent.parent.name, file.parent.name), file


def _load(file: Path) -> Segment | None:
    with suppress(FormatError, FileNotFoundError):
        return Segment.decode(file.read_bytes())
    return None
