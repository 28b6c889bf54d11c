"""Rows of the board's cube from what hangs. Pure.

The board is to be read in the hall; open data is copied and stays. So a notice goes out only if a
volunteer ticked that, and one with a telephone number or an address is left out as a whole, also
where a volunteer let it hang as a club's (:mod:`edge.village.open_data`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from edge.publish.cube import Cube
from edge.publish.heat import Cell, Rows
from edge.store.village_notices import BoardNotice
from edge.village.notice import hangs
from edge.village.open_data import tells_of_somebody
from edge.village.repeat import occurrences

DAY_MS = 86_400_000
MINUTE_MS = 60_000


def board_rows(cube: Cube, notices: Iterable[BoardNotice], now_ms: int) -> Rows:
    """Return every table's rows, of what hangs at ``now_ms``."""
    shown = [one for one in notices if is_public(one, now_ms)]
    return {
        "aushang": [
            (one.notice, one.title, one.text, one.place, _utc(one.shown_until)) for one in shown
        ],
        "termin": [row for one in shown for row in _dates(cube, one, now_ms)],
        "_about": sorted(cube.about.items()),
    }


def is_public(notice: BoardNotice, now_ms: int) -> bool:
    """Say whether a notice hangs, is ticked for it, and tells nobody's number or address."""
    return (
        notice.open_data
        and hangs(notice.state, notice.shown_from, notice.shown_until, now_ms)
        and not any(map(tells_of_somebody, (notice.title, notice.text, notice.place)))
    )


def _dates(cube: Cube, notice: BoardNotice, now_ms: int) -> Iterable[tuple[Cell, ...]]:
    if notice.event is None:
        return
    zone = ZoneInfo(cube.timezone)
    for begin, end in occurrences(
        notice.event, now_ms, now_ms - now_ms % DAY_MS + cube.board.ahead_days * DAY_MS
    ):
        if end <= begin:
            continue  # what began in the hour that comes twice takes no time on other days
        local = datetime.fromtimestamp(begin // 1000, UTC).astimezone(zone)
        yield (
            _utc(begin),
            notice.notice,
            notice.title,
            notice.place,
            local.isoformat(timespec="minutes"),
            _utc(end),
        )


def _utc(at_ms: int | None) -> str | None:
    if at_ms is None:
        return None
    whole = -(-at_ms // MINUTE_MS) * 60  # what was taken down this minute hung until its end
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%SZ}"
