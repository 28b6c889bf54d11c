"""What the village's app and paper fetch: events and courses as a calendar, notices as RSS."""

from __future__ import annotations

from edge.clock import Clock
from edge.desk.courses import CourseDesk
from edge.desk.notices import DAY_MS, NoticeDesk
from edge.learning.ical import Event, feed
from edge.learning.moment import to_local
from edge.store.village import VillageStore
from edge.store.village_county import CountyNotice
from edge.store.village_notices import BoardNotice
from edge.village import rss
from edge.village.repeat import following, occurrences

AHEAD_DAYS = 366
PAST_DAYS = 31  # a calendar that was switched off for a month still shows what was
MAX_ITEMS = 50


def calendar(name: str, desk: NoticeDesk, courses: CourseDesk, clock: Clock) -> bytes:
    """Return events and courses as `text/calendar`, one entry each time they take place."""
    now = clock.stamp().wall_ms
    entries = [
        Event(
            f"aushang-{one.notice.notice}-{one.starts_at}@dorfhub",
            one.notice.rev,
            one.starts_at,
            one.ends_at,
            one.notice.title,
            one.notice.text,
            one.notice.place,
        )
        for one in desk.dates(now - PAST_DAYS * DAY_MS, now + AHEAD_DAYS * DAY_MS)
    ]
    return feed(name, [*entries, *courses.events()], now)


def news(channel: rss.Channel, desk: NoticeDesk, village: VillageStore, clock: Clock) -> bytes:
    """Return what hangs, the village's and the county's, newest first, as RSS."""
    now = clock.stamp().wall_ms
    items = [_item(one, now) for one in desk.hanging() if one.shown_from <= now]
    items += [_countys(one) for one in village.county_notices(now, MAX_ITEMS)]
    items.sort(key=lambda one: -one.published_at)
    return rss.feed(channel, items[:MAX_ITEMS], now)


def when(notice: BoardNotice, now_ms: int) -> tuple[int, int] | None:
    """Return the next begin and end of what a notice tells of, the last one if it is over."""
    if notice.event is None:
        return None
    event = notice.event
    return following(event, now_ms) or [*occurrences(event, event.starts_at, 1 << 62)][-1]


def _item(notice: BoardNotice, now: int) -> rss.Item:
    told = [notice.text]
    times = when(notice, now)
    if times is not None:
        begin, end = (to_local(one) for one in times)
        day = f"{begin:%d.%m.%Y}, {begin:%H:%M}"
        last = f"{end:%H:%M}" if end.date() == begin.date() else f"{end:%d.%m.%Y, %H:%M}"
        told.insert(0, f"{day} bis {last} Uhr")
    if notice.place:
        told.insert(1, notice.place)
    text = "\n".join(one for one in told if one)
    return rss.Item(f"aushang-{notice.notice}@dorfhub", notice.title, text, notice.shown_from)


def _countys(notice: CountyNotice) -> rss.Item:
    guid = f"kreis-{notice.county.hex()[:16]}-{notice.notice_id}@dorfhub"
    title = f"{notice.title} ({notice.source})" if notice.source else notice.title
    return rss.Item(guid, title, notice.body, notice.shown_from)
