"""`/pflege`, the ward at one glance, and `/pflege/runde`, who is needed by whom today and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, render_template

from edge.clock import Clock
from edge.config import Config
from edge.ward.listed import Listed
from edge.ward.round import Level, Round, Rounds, Row
from edge.web import words
from edge.web.access import passive
from edge.web.care import alert_words
from edge.web.care.news import AlertNews, is_alive
from edge.web.care.point import Opener, Point, care_blueprint
from edge.web.village.live import Streams
from hardware.reading import TimeQuality

MAX_WHY = 2  # on a tile; all stand in the round


@dataclass(frozen=True, slots=True)
class Tile:
    """Somebody on the wall: level as a number for style and drawing, all else words."""

    person: int
    name: str
    level: Level
    word: str
    why: tuple[str, ...]
    since: str
    taken: str
    may_open: bool

    @property
    def is_quiet(self) -> bool:
        """Whether nobody is needed."""
        return self.level <= Level.QUIET


@dataclass(frozen=True, slots=True)
class HubTile:
    """An alert that is nobody's: of the hub, or of a button in a hall; all but numbers words."""

    number: int
    level: Level
    name: str
    title: str
    since: str
    taken: str


@dataclass(frozen=True, slots=True)
class RoundLine:
    """Somebody in the round: for each reason its name, its sentences and who has it."""

    tile: Tile
    reasons: tuple[tuple[int, str, str, str, tuple[str, ...]], ...]


def overview_pages(config: Config, clock: Clock, streams: Streams, news: AlertNews) -> Blueprint:
    """Return the pages at `/pflege`."""
    pages = care_blueprint("care", "/pflege")
    views = _Views(Opener(config, clock), streams, news)
    for rule, view in (
        ("", views.overview),
        ("/kacheln", views.tiles),
        ("/runde", views.round),
        ("/strom", views.stream),
    ):
        pages.add_url_rule(rule, view_func=view, endpoint=view.__name__)
    return pages


class _Views:
    """The views."""

    def __init__(self, opener: Opener, streams: Streams, news: AlertNews) -> None:
        self._opener = opener
        self._listed = Listed()
        self._streams = streams
        self._news = news

    def overview(self) -> str:
        return self._ward("care/overview.html")

    @passive
    def tiles(self) -> str:
        return self._ward("care/tiles.html")

    def round(self) -> str:
        with self._looked(with_facts=True) as (point, found):
            now = words.local(point.now_ms)
            lines = [round_line(row, now) for row in found.rows if row.level > Level.QUIET]
            rest = [tile(row, now) for row in found.rows if row.level <= Level.QUIET]
        return render_template(
            "care/round.html",
            lines=lines,
            rest=rest,
            time=words.clock_time(now),
            doubts=doubts(self._opener.config, self._opener.clock),
        )

    @passive
    def stream(self) -> Response:
        return self._streams.answer(self._news.follow())

    def _ward(self, template: str) -> str:
        mark = self._news.mark()
        with self._looked() as (point, found):
            now = words.local(point.now_ms)
            tiles = [tile(row, now) for row in found.rows]
            hub = [
                HubTile(
                    one.alert,
                    max(one.level, Level.URGENT),
                    alert_words.hub_name(one),
                    alert_words.title(one),
                    alert_words.since(one.since, now),
                    taken(one.taken_by, one.handed_to),
                )
                for one in found.hub
            ]
        return render_template(
            template,
            tiles=tiles,
            counts=[(one, n, alert_words.COUNTED[one]) for one, n in found.counts()],
            hub=hub,
            mark=mark,
            time=words.clock_time(now),
            doubts=doubts(self._opener.config, self._opener.clock),
        )

    @contextmanager
    def _looked(self, *, with_facts: bool = False) -> Iterator[tuple[Point, Round]]:
        with self._opener.opened() as point:
            rounds = Rounds(point.vault, point.clock, self._listed)
            yield point, rounds.now(point.reader(), with_facts=with_facts)


def tile(row: Row, now: datetime) -> Tile:
    """Return somebody as a tile."""
    why = tuple(dict.fromkeys(alert_words.rule(one.rule) for one in row.reasons))
    more = len(why) - MAX_WHY
    shown = why if more <= 0 else (*why[:MAX_WHY], f"und {more} weitere")
    first = row.reasons[0] if row.reasons else None
    return Tile(
        row.person,
        row.name,
        row.level,
        alert_words.LEVELS[row.level],
        shown,
        "" if row.since is None else alert_words.since(row.since, now),
        taken(first.taken_by, first.handed_to) if first else "",
        row.may_open,
    )


def taken(by: str, handed_to: str) -> str:
    """Return who has an alert, in words; empty if nobody has."""
    if handed_to:
        return f"weitergegeben an {handed_to}"
    return f"{by} kümmert sich" if by else ""


def round_line(row: Row, now: datetime) -> RoundLine:
    """Return somebody in the round."""
    return RoundLine(
        tile(row, now),
        tuple(
            (
                one.alert,
                alert_words.title(one),
                alert_words.since(one.since, now),
                taken(one.taken_by, one.handed_to) or alert_words.state(one),
                tuple(alert_words.sentences(one)),
            )
            for one in row.reasons
        ),
    )


def doubts(config: Config, clock: Clock) -> list[str]:
    """Return why the page may be wrong: who looks at values stands still, or the clock is wrong."""
    found = [text for name, text in _MISSING.items() if not is_alive(config, name)]
    if not config.personal.alerts:
        found.append(_OFF)
    if clock.stamp().quality is TimeQuality.UNKNOWN:
        found.append(
            "Die Uhr des Hubs ist nicht gestellt: Zeiten auf dieser Seite können falsch sein."
        )
    return found


_OFF = (
    "Alarme sind an diesem Hub ausgeschaltet: Er zeigt Werte, wertet sie nicht aus und ruft "
    "niemanden, auch nicht bei einem Rufknopf."
)
_MISSING = {
    "worker": "Der Hub wertet gerade keine Werte aus. „Ruhig“ heißt dann nicht, dass nichts ist. "
    "Bitte den Hub neu starten.",
    "collector": "Der Hub nimmt gerade keine Werte an. „Ruhig“ heißt dann nicht, dass nichts ist. "
    "Bitte den Hub neu starten.",
}
