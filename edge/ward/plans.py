"""One person's plan, for who looks after them: seen, and changed step by step. No Flask here.

Who may read nothing of a person is not told what holds for them; of limits and times of measuring
a reader sees and changes those of the kinds that they may read. That a plan was seen stands in the
person's book; each change is kept whole, with who made it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from edge.care.audit import Look
from edge.care.kinds import OXYGEN
from edge.care.people import Contact, ContactRole, contact_of
from edge.care.permission import readable
from edge.care.rules.plan import MEASURED, Due, Limit, Pause, Plan
from edge.care.rules.ruleset import RuleSet, holds
from edge.care.rules.ruleset import readable as readable_rules
from edge.clock import Clock
from edge.config import Config
from edge.desk.vault import Vault
from edge.learning.errors import Refused
from edge.store.personal_circle import NoSuchContact
from edge.store.personal_rules import Asked, PlanChange
from edge.ward.asked_limits import Weaker, Wish, meant, weaker
from edge.ward.client import Client
from edge.ward.plan_steps import (
    pause_of_days,
    with_due,
    with_pause,
    with_wish,
    without_due,
    without_pause,
)
from edge.ward.reading import NotAllowed
from edge.ward.vitals import OF_QUANTITY
from hardware.quantity import Quantity

if TYPE_CHECKING:
    from edge.store.personal import PersonalStore

PLAN = "plan"  # what somebody saw who looked at a plan, as kinds are named in the book
WHY = "Pflegeplan angesehen"
# the quantities of which limits are typed; the pulse is meant wherever it is counted
ENTERED = (
    Quantity.BLOOD_PRESSURE_SYSTOLIC,
    Quantity.BLOOD_PRESSURE_DIASTOLIC,
    Quantity.HEART_RATE,
    Quantity.OXYGEN_SATURATION,
    Quantity.BODY_TEMPERATURE,
    Quantity.BODY_WEIGHT,
    Quantity.GLUCOSE_MASS_CONCENTRATION,
    Quantity.GLUCOSE_SUBSTANCE_CONCENTRATION,
)
# and whose ends are shown for it: the rule set's of the pulse are of cuffs and oximeters
SHOWN: Mapping[Quantity, Quantity] = MappingProxyType({Quantity.HEART_RATE: Quantity.PULSE_RATE})
MAY_CHANGE = frozenset(
    (ContactRole.NURSE, ContactRole.CARER, ContactRole.PRACTICE, ContactRole.DOCTOR)
)


@dataclass(frozen=True, slots=True)
class Part:
    """One of the quantities that a limit holds for, beside what holds for everybody."""

    quantity: Quantity
    own: Limit | None
    general: Limit


@dataclass(frozen=True, slots=True)
class OneLimit:
    """A limit beside the one for everybody, and the change by which it came.

    ``own`` and ``general`` are those that are shown; ``others`` are of what is meant as well and
    has limits of its own: of a belt's heart rate, beside the pulse.
    """

    quantity: Quantity
    own: Limit | None
    general: Limit
    change: PlanChange | None = field(repr=False)
    others: tuple[Part, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """Return all that the limit holds for, what is shown first."""
        shown = SHOWN.get(self.quantity, self.quantity)
        return Part(shown, self.own, self.general), *self.others

    @property
    def has_own(self) -> bool:
        """Tell whether anything in it is not just what holds for everybody."""
        return any(one.own is not None for one in self.parts)


@dataclass(frozen=True, slots=True)
class PlanSheet:
    """What holds for somebody, as far as a reader may know it.

    ``changes`` are the newest first, cut to the same; ``names`` whom `PlanChange.by` means.
    ``is_whole``: nothing was left out. ``limits_hold``: the rule of limits is in force.
    """

    client: Client
    plan: Plan = field(repr=False)
    limits: tuple[OneLimit, ...] = field(repr=False)
    changes: tuple[PlanChange, ...] = field(repr=False)
    names: Mapping[str, str] = field(repr=False)
    may_change: bool
    is_whole: bool
    limits_hold: bool
    now: int

    @property
    def pauses(self) -> list[Pause]:
        """Return the pauses that are, or are to come, in their order."""
        left = (one for one in self.plan.pauses if one.until is None or one.until > self.now)
        return sorted(left, key=lambda one: one.since)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a limit would be, and by which ends of what somebody would be called later than now."""

    after: OneLimit
    weaker: tuple[tuple[Quantity, Weaker], ...]


class Plans:
    """The plans of a hub's people. Threads may share one.

    :raises Locked: from every method, while personal.db is locked.
    :raises NotAllowed: from every method, if the reader may read nothing of the person.
    :raises Refused: from what changes a plan, if what was entered is none or they may not.
    """

    def __init__(self, config: Config, vault: Vault, clock: Clock) -> None:
        self._config = config
        self._vault = vault
        self._clock = clock

    def sheet(self, reader: Contact, person: int) -> PlanSheet:
        """Return what holds for somebody; that it was looked at is noted, or that it was tried."""
        stamp = self._clock.stamp()
        with self._vault.open() as personal:
            with personal.connection.transaction() as driver:
                now, may = _allowed(personal, reader, person)
                look = Look(
                    person=person,
                    who=reader.recipient,
                    role=reader.role,
                    kinds=(PLAN,),
                    since=0,
                    until=None,
                    why=WHY,
                    account=reader.account,
                    refused=not may,
                )
                personal.note_looks_within(driver, [look], stamp)
            if not may:
                raise NotAllowed("no role, or no consent")
            return self._sheet(personal, now, person, may)

    def check(self, reader: Contact, person: int) -> None:
        """Do nothing.

        :raises Refused: if the reader may see the plan, and not change it.
        """
        with self._vault.open() as personal:
            readable_by, may = _allowed(personal, reader, person)
        if may and readable_by.role not in MAY_CHANGE:
            raise Refused("not by this role", hint=_NOT_YOURS)

    def proposal(self, reader: Contact, person: int, quantity: Quantity, wish: Wish) -> Proposal:
        """Return what a limit would be as it was typed. Changes nothing, notes nothing."""
        with self._vault.open() as personal:
            now, may = _allowed(personal, reader, person, changes=True)
            sheet = self._sheet(personal, now, person, may)
            one = _known(sheet, quantity)
            after = with_wish(sheet.plan, quantity, wish, self._general())
        then = _one_limit(quantity, after, (), self._general())
        found: list[tuple[Quantity, Weaker]] = []
        for old, new in zip(one.parts, then.parts, strict=True):
            for end in weaker(old.own, new.own, new.general):
                if all(end != known for _, known in found):  # the same of a belt is said once
                    found.append((old.quantity, end))
        return Proposal(then, tuple(found))

    def limit(
        self, reader: Contact, person: int, quantity: Quantity, wish: Wish, asked: Asked
    ) -> None:
        """Let a limit hold that a practice asked for."""

        def step(plan: Plan, may: tuple[str, ...], now: int) -> Plan:  # noqa: ARG001
            if not may_know(quantity.value, may):
                raise NotAllowed("not this kind")
            return with_wish(plan, quantity, wish, self._general())

        self._change(reader, person, step, replace(asked, of=quantity.value))

    def pause(self, reader: Contact, person: int, first: date, last: date | None, why: str) -> None:
        """Let somebody be away from a first day to the end of a last one."""

        def step(plan: Plan, may: tuple[str, ...], now: int) -> Plan:  # noqa: ARG001
            return with_pause(plan, pause_of_days(plan, first, last, why, now))

        self._change(reader, person, step)

    def end_pause(self, reader: Contact, person: int, since: int) -> None:
        """Let the pause that began, or was to begin, at ``since`` be over; once more is nothing."""

        def step(plan: Plan, may: tuple[str, ...], now: int) -> Plan:  # noqa: ARG001
            return without_pause(plan, now, since)

        self._change(reader, person, step)

    def measure(self, reader: Contact, person: int, due: Due, instead: str = "") -> None:
        """Let something be measured at a time, instead of at the one called ``instead``."""

        def step(plan: Plan, may: tuple[str, ...], now: int) -> Plan:  # noqa: ARG001
            if due.kind not in may:
                raise NotAllowed("not this kind")
            named = instead if _kind_of(plan, instead) in may else ""
            return with_due(plan, due, named)

        self._change(reader, person, step)

    def measure_no_more(self, reader: Contact, person: int, name: str) -> None:
        """Take a time of measuring out; once more is nothing."""

        def step(plan: Plan, may: tuple[str, ...], now: int) -> Plan:  # noqa: ARG001
            return without_due(plan, name) if _kind_of(plan, name) in may else plan

        self._change(reader, person, step)

    def _change(
        self,
        reader: Contact,
        person: int,
        step: Callable[[Plan, tuple[str, ...], int], Plan],
        asked: Asked | None = None,
    ) -> None:
        """Change a plan in one transaction: two who change it at once lose nothing."""
        now = self._clock.stamp().wall_ms
        with self._vault.open() as personal, personal.connection.transaction():
            _, may = _allowed(personal, reader, person, changes=True)
            plan = personal.plan(person, now)
            after = step(plan, may, now)
            if after != plan or (asked is not None and asked != _last_word(personal, person)):
                personal.set_plan(after, reader.recipient, now, asked=asked)

    def _sheet(
        self, personal: PersonalStore, reader: Contact, person: int, may: tuple[str, ...]
    ) -> PlanSheet:
        now = self._clock.stamp().wall_ms
        name = next(one.name for one in personal.persons() if one.person == person)
        whole = personal.plan(person, now)
        plan = _cut(whole, may)
        changes = [_cut_change(one, may) for one in personal.plan_changes(person)]
        rules = self._rules()
        general = self._general()
        return PlanSheet(
            client=Client(person, name, may),
            plan=plan,
            limits=tuple(
                _one_limit(quantity, plan, changes, general)
                for quantity in ENTERED
                if may_know(quantity.value, may)
            ),
            changes=tuple(changes),
            names=_names(personal, changes),
            may_change=reader.role in MAY_CHANGE,
            is_whole=plan == whole,
            limits_hold=holds(rules, plan, "limit"),
            now=now,
        )

    def _rules(self) -> RuleSet:
        return readable_rules(self._config.personal.rules)

    def _general(self) -> Mapping[str, Limit]:
        return general_limits(self._rules())


def general_limits(rules: RuleSet) -> Mapping[str, Limit]:
    """Return the limits that hold for everybody, none where the rule is switched off."""
    rule = rules.limit
    return rule.of if rule is not None and rule.active else {}


def may_know(quantity: str, may: Sequence[str]) -> bool:
    """Tell whether who may read these kinds may know of a limit of a quantity."""
    vital = OF_QUANTITY.get(quantity)
    return vital is not None and not vital.kinds.isdisjoint(may)


def _allowed(
    personal: PersonalStore, reader: Contact, person: int, *, changes: bool = False
) -> tuple[Contact, tuple[str, ...]]:
    """Return the reader as they stand now, and which kinds of a person's values they may read."""
    try:
        now = personal.contact(reader.contact)
    except NoSuchContact:
        raise NotAllowed("the contact is gone") from None
    is_here = personal.is_here(person)
    may = readable(personal.consents(person), now) if is_here else ()
    if changes and not may:
        raise NotAllowed("no role, or no consent")
    if changes and now.role not in MAY_CHANGE:
        raise Refused("not by this role", hint=_NOT_YOURS)
    return now, may


def _known(sheet: PlanSheet, quantity: Quantity) -> OneLimit:
    for one in sheet.limits:
        if one.quantity == quantity:
            return one
    raise NotAllowed("not this kind")


def _one_limit(
    quantity: Quantity, plan: Plan, changes: Sequence[PlanChange], general: Mapping[str, Limit]
) -> OneLimit:
    shown = SHOWN.get(quantity, quantity)
    first, *others = (
        Part(one, plan.limits.get(one.value), general.get(one.value, Limit()))
        for one in sorted(meant(quantity), key=lambda one: one != shown)
    )
    found = None
    for one in changes:  # the newest first: back to the one that brought what holds now
        if any(one.plan.limits.get(part.quantity.value) != part.own for part in (first, *others)):
            break
        found = one
        if one.asked is not None and one.asked.of == quantity.value:
            break  # or to the newest word for it
    limit = OneLimit(quantity, first.own, first.general, found, tuple(others))
    return limit if limit.has_own else replace(limit, change=None)


def _last_word(personal: PersonalStore, person: int) -> Asked | None:
    """Return whose word the newest change was: the same once more is nothing."""
    changes = personal.plan_changes(person, newest=True)
    return changes[0].asked if changes else None


def _cut_change(change: PlanChange, may: Sequence[str]) -> PlanChange:
    asked = change.asked
    is_known = asked is None or not asked.of or may_know(asked.of, may)
    return replace(change, plan=_cut(change.plan, may), asked=asked if is_known else None)


def _cut(plan: Plan, may: Sequence[str]) -> Plan:
    """Return what of a plan somebody may know who may read these kinds."""
    return replace(
        plan,
        limits={name: one for name, one in plan.limits.items() if may_know(name, may)},
        schedule=tuple(one for one in plan.schedule if one.kind in may),
        no_data={kind: n for kind, n in plan.no_data.items() if kind in {*may, MEASURED}},
        news2=plan.news2 if OXYGEN in may else None,  # it says who is given oxygen
    )


def _kind_of(plan: Plan, name: str) -> str:
    return next((one.kind for one in plan.schedule if one.name == name), "")


def _names(personal: PersonalStore, changes: Sequence[PlanChange]) -> dict[str, str]:
    known = {one.recipient: one.name for one in personal.contacts()}
    named = {one.by for one in changes if contact_of(one.by) is not None}
    return {by: known.get(by, "ein gelöschter Kontakt") for by in named}


_NOT_YOURS = (
    "Den Plan ändern Pflegefachkräfte, Betreuung, Praxen und Ärztinnen oder Ärzte. Bitte sagen Sie "
    "es einer von ihnen."
)
