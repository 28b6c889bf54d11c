"""What stands on the volunteers' page of the receivers: which meters the hub hears, and how well.

A household's meter is never named here: the page tells how many there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from edge.clock import Clock
from edge.collect.counters import LOST, WORDS
from edge.config import Config, Meter, Receiver
from edge.config.communal import Communal
from edge.process.heartbeat import Beat, Part, read_all
from edge.store.errors import StoreError
from edge.store.shared import looking
from edge.store.village_reader import VillageReader
from edge.store.village_rows import HeardMeter, MeterStatus, ReceiverCount
from edge.web import words
from edge.web.page import LATE_POLLS, LATE_S, Line

DAY_MS = 86_400_000
DAYS = 7  # of the second column: a week shows whether a stick hears less than it did


@dataclass(frozen=True, slots=True)
class Count:
    """One row of a receiver's table."""

    what: str
    today: int
    week: int


@dataclass(frozen=True, slots=True)
class ReceiverView:
    """One receiver: how it is, and what it counted. ``number`` names it within the page."""

    number: int
    name: str
    state: Line
    counts: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class StreetPage:
    """Everything the template shows. Times are words already."""

    village: str
    time: str
    meters: tuple[Line, ...]
    others: str
    receivers: tuple[ReceiverView, ...]
    problem: str


def gather_street(config: Config, clock: Clock) -> StreetPage:
    """Return the page as of now. An unreadable database leaves its parts empty and says so."""
    now_ms = clock.stamp().wall_ms
    now = words.local(now_ms)
    heard: dict[str, HeardMeter] = {}
    counts: list[ReceiverCount] = []
    others, admitted, problem = 0, 0, ""
    today = now_ms // DAY_MS
    said: dict[str, MeterStatus] = {}
    try:
        with looking(config.hub.village_db) as village:
            let_in = village.admitted_meters()
            signs = village.heard_meters()
            communal = Communal(config.meters, (one.device for one in signs))
            for one in signs:
                known = communal.candidate(one.device)
                if known is not None:
                    newest = heard.get(known.wireless)
                    if newest is None or newest.last_heard_at < one.last_heard_at:
                        heard[known.wireless] = one
                else:
                    others += 1
                    admitted += one.device in let_in
            counts = village.receiver_counts(today - DAYS + 1)
            said = _said(config, village)
    except StoreError as error:
        problem = error.hint or "Die Daten des Dorfes sind gerade nicht lesbar."
    beat = read_all(config).get("collector")
    return StreetPage(
        village=config.hub.village,
        time=words.clock_time(now),
        meters=tuple(
            _told(_meter(meter, heard.get(meter.wireless), now), said.get(meter.meter_id))
            if meter.wireless
            else _told(Line(meter.name, ""), said.get(meter.meter_id))
            for meter in config.meters
            if meter.wireless or meter.meter_id in said
        ),
        others=_others(others, admitted),
        receivers=tuple(
            _receiver(number, receiver, beat, counts, today)
            for number, receiver in enumerate(config.receivers, 1)
        ),
        problem=problem,
    )


def _meter(meter: Meter, heard: HeardMeter | None, now: datetime) -> Line:
    name = f"{meter.name} ({meter.wireless})"
    if heard is None:
        return Line(name, "noch nie gehört", "warn")
    seen = words.ago(heard.last_heard_at, now)
    silent_s = now.timestamp() - heard.last_heard_at / 1000
    if silent_s > max(LATE_POLLS * meter.poll_s, LATE_S):
        return Line(name, f"zuletzt gehört {seen}", "bad")
    return Line(name, f"gehört {seen}")


def _said(config: Config, village: VillageReader) -> dict[str, MeterStatus]:
    """Return what meters of hub.toml report of themselves, by their id; not those that are well."""
    said = village.meter_statuses()
    speaks = {one.meter_id: village.device_of_meter(one.meter_id) or 0 for one in config.meters}
    return {
        meter_id: said[device]
        for meter_id, device in speaks.items()
        if device in said and not said[device].is_well
    }


def _told(line: Line, said: MeterStatus | None) -> Line:
    """Return a meter's line with what it reports of itself."""
    if said is None:
        return line
    state = f"{line.state}. {said.words}" if line.state else said.words
    return Line(line.name, state, "bad" if line.mood == "bad" else "warn")


def _others(count: int, admitted: int) -> str:
    if not count:
        return "Andere Zähler hört der Hub bisher nicht."
    many = "einen weiteren Zähler" if count == 1 else f"{words.number(count)} weitere Zähler"
    text = f"Der Hub hört außerdem {many} in der Nachbarschaft."
    if not admitted:
        return f"{text} Für keinen davon liegt eine Einwilligung vor: nichts wird aufbewahrt."
    given = "einen" if admitted == 1 else words.number(admitted)
    return (
        f"{text} Für {given} davon liegt eine Einwilligung vor; was die übrigen messen,"
        " wird nicht aufbewahrt."
    )


def _receiver(
    number: int, receiver: Receiver, beat: Beat | None, counts: list[ReceiverCount], today: int
) -> ReceiverView:
    week: Counter[str] = Counter()
    day: Counter[str] = Counter()
    for one in counts:
        if one.receiver == receiver.receiver_id:
            week[one.kind] += one.count
            if one.day == today:
                day[one.kind] += one.count
    rows = [
        Count(_capital(text), day[kind], week[kind])
        for kind, text in WORDS.items()
        if week[kind] > 0 or kind in {"heard", "kept"}
    ]
    state = _state(receiver, beat, day)
    return ReceiverView(number, f"{receiver.receiver_id} ({receiver.kind})", state, tuple(rows))


def _state(receiver: Receiver, beat: Beat | None, day: Mapping[str, int]) -> Line:
    parts = {part.name: part for part in beat.parts} if beat is not None and beat.alive else {}
    part = parts.get(receiver.receiver_id, Part(receiver.receiver_id, "stopped"))
    if part.state == "stopped":
        return Line("Empfänger", "Das Sammeln der Messwerte steht still.", "bad")
    if part.state == "starting":
        return Line("Empfänger", "Wird gerade eingestellt.", "warn")
    if part.state != "ok":
        return Line("Empfänger", part.message or "Antwortet nicht.", "bad")
    lost = sum(day.get(kind, 0) for kind in LOST)
    if lost:
        return Line("Empfänger", f"Hört, aber heute gingen {words.number(lost)} verloren.", "bad")
    return Line("Empfänger", "Hört zu.")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
