"""What somebody is asked to measure, in kind words: what, how, since when. In all languages.

No value, no limit and nothing that sounds like an alarm: nobody knows yet whether it means a thing.

Source: ESH 2021 for five minutes of sitting; cold hands and a coat: what the rules meet most often.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edge.care import kinds
from edge.care.asked import Asked, Why
from edge.care.consent import BLOOD_PRESSURE
from edge.ward.vitals import Course
from edge.web import words
from edge.web.care import words as care_words
from edge.web.tongue import later, say

AGAIN = later("Bitte messen Sie noch einmal")
MEASURE = later("Bitte messen Sie")
_TITLES: Mapping[Why, str] = {
    Why.ODD: later("Bitte messen Sie noch einmal: {what}"),
    Why.AGAIN: later("Bitte messen Sie noch einmal: {what}"),
    Why.MISSED: later("Bitte messen Sie wieder: {what}"),
}
_WHY: Mapping[Why, str] = {
    Why.ODD: later(
        "Das Gerät hat einen Wert gezeigt, der nicht stimmen kann. Das kommt vor, zum Beispiel "
        "wenn es nicht richtig sitzt."
    ),
    Why.AGAIN: later("Ein Wert allein sagt wenig. Ein zweiter hilft, ihn zu verstehen."),
    Why.MISSED: later(
        "Von Ihren letzten Messungen ist nichts angekommen. Vielleicht war keine Zeit, oder das "
        "Gerät war zu weit weg."
    ),
}
_HOW: Mapping[str, str] = {
    BLOOD_PRESSURE: later("Setzen Sie sich vorher fünf Minuten ruhig hin."),
    kinds.OXYGEN: later("Wärmen Sie vorher Ihre Hände. Halten Sie die Hand dann ruhig."),
    kinds.WEIGHT: later("Ziehen Sie vorher Jacke und Schuhe aus."),
}
_HOW_ELSE = later("Messen Sie so, wie Sie es sonst auch tun.")
_REST = later("Setzen Sie sich bitte hin und lassen Sie den Gurt an.")


@dataclass(frozen=True, slots=True)
class Request:
    """One request, of one or more kinds. ``how`` are (kind, sentence), the kind empty if alone."""

    key: str
    title: str
    why: str
    how: Sequence[tuple[str, str]]
    since: str
    until: str


def requests(asked: Iterable[Asked], now_ms: int) -> list[Request]:
    """Put what is asked into words: one request for each reason.

    What somebody waits for within the hour comes first.
    """
    by_why: dict[Why, list[Asked]] = {}
    for one in asked:
        by_why.setdefault(one.why, []).append(one)
    found = [_request(why, by_why[why], now_ms) for why in sorted(by_why)]
    return sorted(found, key=lambda one: not one.until)


def thanks(courses: Iterable[Course], now_ms: int) -> str:
    """Return when the newest value that somebody measured today came, empty if none did."""
    to_measure = frozenset(kinds.TO_MEASURE)
    newest = max(
        (row.received_at for one in courses if one.vital.kinds & to_measure for row in one.rows),
        default=None,
    )
    if newest is None or words.local(newest).date() != words.local(now_ms).date():
        return ""
    return _moment(newest, now_ms)


def _request(why: Why, asked: Sequence[Asked], now_ms: int) -> Request:
    names = dict.fromkeys(care_words.kind(one.kind) for one in asked)
    until = min((one.until for one in asked if one.until is not None), default=None)
    return Request(
        key=why.name.lower(),
        title=say(_TITLES[why], what=", ".join(names)),
        why=say(_WHY[why]),
        how=[(care_words.kind(one.kind) if len(asked) > 1 else "", _how(one)) for one in asked],
        since=_moment(min(one.since for one in asked), now_ms),
        until="" if until is None or until <= now_ms else _moment(until, now_ms),
    )


def _how(one: Asked) -> str:
    return say(_REST if one.rests else _HOW.get(one.kind, _HOW_ELSE))


def _moment(at: int, now_ms: int) -> str:
    then = words.local(at)
    if then.date() == words.local(now_ms).date():
        return say("heute, {time} Uhr", time=words.clock_time(then))
    return care_words.moment(at)
