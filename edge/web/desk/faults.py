"""`/pult/waerme`: where heat is lost, as the worker found it this morning, and what ended."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import Blueprint, render_template
from markupsafe import Markup

from edge.clock import Clock
from edge.config import Config
from edge.config.communal import communal_meters
from edge.heat.faults.drawing import svg
from edge.heat.faults.fault import Fault, Kind, Verdict, from_object
from edge.heat.faults.words import TITLES, TODO, UNSEEN, size_of
from edge.store.shared import looking
from edge.store.village_faults import KeptFault
from edge.web import words
from edge.web.access import Role, open_blueprint
from edge.web.desk.point import desk_blueprint


@dataclass(frozen=True, slots=True)
class FaultView:
    """One fault as the page shows it; ``picture`` is SVG."""

    number: int
    title: str
    meter: str
    size: str
    since: str
    seen: str
    basis: tuple[str, ...]
    todo: str
    picture: Markup


@dataclass(frozen=True, slots=True)
class EndedView:
    """A fault that is not found any more."""

    title: str
    meter: str
    days: str


@dataclass(frozen=True, slots=True)
class MeterView:
    """What else is to be said of a meter: the time seen, what was well, what nobody can judge.

    ``failed`` says that looking failed, so that what is shown is older.
    """

    name: str
    failed: str
    seen: str
    clear: str
    unjudged: tuple[str, ...]


def fault_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the page below `/pult/waerme`. Only the village's own meters are on it."""
    del clock  # what was found stands with its day
    pages = desk_blueprint("desk_faults", "/pult/waerme")
    open_blueprint(pages, Role.VOLUNTEER, Role.OFFICIAL)
    names = {one.meter_id: one.name for one in communal_meters(config)}

    def faults() -> str:
        with looking(config.hub.village_db) as village:
            kept = [one for one in village.heat_verdicts() if one.meter in names]
            known = [one for one in village.heat_faults() if one.meter in names]
        verdicts = [
            (names[one.meter], from_object(json.loads(one.text)) if one.text else None, one.why)
            for one in kept
        ]
        found = [
            (name, fault) for name, verdict, _ in verdicts if verdict for fault in verdict.faults
        ]
        found.sort(key=lambda one: one[1].kwh.value if one[1].kwh else -1.0, reverse=True)
        return render_template(
            "desk/faults.html",
            at=_moment(max(one.at for one in kept)) if kept else "",
            ended=[_ended(names[one.meter], one) for one in known if one.ended_at is not None],
            faults=[_fault(number, name, one) for number, (name, one) in enumerate(found, 1)],
            meters=[_meter(name, verdict, why) for name, verdict, why in verdicts],
        )

    pages.add_url_rule("", view_func=faults, endpoint="faults")
    return pages


def _fault(number: int, name: str, fault: Fault) -> FaultView:
    return FaultView(
        number=number,
        title=TITLES[fault.kind],
        meter=name,
        size=size_of(fault),
        since=f"{fault.since:%d.%m.%Y}",
        seen=fault.seen,
        basis=fault.basis,
        todo=TODO[fault.kind],
        picture=Markup(svg(fault.evidence, number)),  # noqa: S704  # it escapes all text itself
    )


def _moment(at: int) -> str:
    then = words.local(at)
    return f"{words.date(then)}, {words.clock_time(then)} Uhr"


def _ended(name: str, one: KeptFault) -> EndedView:
    first, last, ended = (
        f"{words.local(at):%d.%m.%Y}" for at in (one.first_at, one.last_at, one.ended_at or 0)
    )
    days = f"am {first}" if first == last else f"vom {first} bis zum {last}"
    return EndedView(
        TITLES[Kind(one.kind)],
        name,
        f"Gefunden {days}, am {ended} nicht mehr.",
    )


def _meter(name: str, verdict: Verdict | None, why: str) -> MeterView:
    if verdict is None:
        return MeterView(name, "", why, "", ())
    return MeterView(
        name,
        why,
        f"Gesehen: {verdict.first:%d.%m.%Y} bis {verdict.last:%d.%m.%Y}, "
        f"{words.number(verdict.hours)} Stunden.",
        ", ".join(UNSEEN[kind] for kind in verdict.clear),
        tuple(f"{UNSEEN[one.kind]}: {one.why}" for one in verdict.unjudged),
    )
