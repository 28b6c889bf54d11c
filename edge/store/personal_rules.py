"""Plans of people, and what the engine of rules knows of them, in personal.db."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from edge.care.consent import CARE, HUB
from edge.care.rules import sooner, watch
from edge.care.rules.codec import build, plain
from edge.care.rules.errors import RuleError
from edge.care.rules.plan import Plan
from edge.care.rules.state import State, forget, from_json, to_json
from edge.store.connection import Connection, Driver
from edge.store.errors import StoreError
from edge.store.personal_measured import Seen

_GIVEN = ("person", "devices", "weather")  # of a plan: what other tables say


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose word a change of limits was: a practice, and the day of its letter or call (ISO).

    ``of`` is the quantity that it was about; empty in what was kept before that was.
    """

    by: str = field(repr=False)
    day: str
    of: str = ""


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A plan as it was from ``set_at`` on, and who set it.

    ``by`` is what was typed, or a contact as consents call them (``contact:3``).
    """

    number: int
    set_at: int
    plan: Plan = field(repr=False)
    by: str = field(repr=False)
    asked: Asked | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Weather:
    """A warning of heat as somebody typed it in: 0 none, 1 strong, 2 extreme; until when."""

    level: int
    until: int
    by: str


@dataclass(frozen=True, slots=True)
class Looked:
    """How far the engine looked, and another number whenever a plan or a consent changed."""

    seen: Seen
    heat_change: int
    change: int


class CareRules:
    """The part of personal.db that keeps plans and states of rules; use `PersonalStore`.

    Times are milliseconds since 1970, UTC.

    :raises StoreError: or one of its kinds, from any method. No message names a person.
    """

    connection: Connection

    def plan(self, person: int, now_ms: int, *, told_heat: int = 0) -> Plan:
        """Return what holds for a person: what was set for them, their sensors, the weather.

        Of the warning that somebody typed in and the one that counties told (``told_heat``, see
        `edge.store.village_warnings`) the higher level counts.
        """
        changes = self.plan_changes(person, newest=True)
        plan = changes[0].plan if changes else Plan(person)
        devices = self.connection.rows(
            "SELECT DISTINCT device_id FROM assignment WHERE person = ? AND valid_until IS NULL"
            " ORDER BY device_id",
            (person,),
        )
        weather = self.weather()
        return replace(
            plan,
            devices={str(device): "" for (device,) in devices},
            weather=max(weather.level if now_ms < weather.until else 0, told_heat),
        )

    def plan_changes(self, person: int, *, newest: bool = False) -> list[PlanChange]:
        """Return the plans that were set for a person, the newest first; or that one alone."""
        rows = self.connection.rows(
            "SELECT number, set_at, open_text(person, plan) FROM care_plan WHERE person = ?"
            " AND open_text(person, plan) IS NOT NULL ORDER BY number DESC LIMIT ?",
            (person, 1 if newest else -1),
        )
        found = []
        for number, set_at, text in rows:
            kept = json.loads(str(text))
            try:
                plan = build(Plan, {**kept["plan"], "person": person})
            except RuleError as error:  # of a newer program: whose limits are they, if none holds
                raise StoreError(
                    str(error), hint=f"Bitte den Plan neu setzen. {error.hint}"
                ) from error
            asked = kept.get("asked")
            found.append(
                PlanChange(
                    int(str(number)),
                    int(str(set_at)),
                    plan,
                    kept["by"],
                    None
                    if asked is None
                    else Asked(asked["by"], asked["day"], asked.get("of", "")),
                )
            )
        return found

    def set_plan(self, plan: Plan, by: str, at: int, *, asked: Asked | None = None) -> None:
        """Let a plan hold for its person from now on; who set it is kept with it."""
        kept: Mapping[str, Any] = plain(plan)
        chosen = {name: one for name, one in kept.items() if name not in _GIVEN}
        said: dict[str, Any] = {"plan": chosen, "by": by}
        if asked is not None:
            said["asked"] = {"by": asked.by, "day": asked.day, "of": asked.of}
        text = json.dumps(said, ensure_ascii=False)
        with self.connection.joined() as driver:
            driver.execute(
                "INSERT INTO care_plan (person, set_at, plan) VALUES (?1, ?2, seal_text(?1, ?3))",
                (plan.person, at, text),
            )
            driver.execute(_CHANGED)

    def weather(self) -> Weather:
        """Return the warning of heat that was typed in last; it holds before its ``until``."""
        row = self.connection.row("SELECT weather, weather_until, weather_by FROM care_rules")
        level, until, by = row or (0, 0, "")
        return Weather(int(str(level)), int(str(until)), str(by))

    def set_weather(self, weather: Weather) -> None:
        """Let a warning of heat hold; who told it is kept with it."""
        with self.connection.joined() as driver:
            driver.execute(
                "UPDATE care_rules SET weather = ?, weather_until = ?, weather_by = ?",
                (weather.level, weather.until, weather.by),
            )
            driver.execute(_CHANGED)

    def looked(self) -> Looked:
        """Return how far the engine looked."""
        row = self.connection.row(
            "SELECT care_round, observation_round, heat_change, change FROM care_rules"
        )
        care, observed, heat, change = (int(str(one)) for one in row or (0, 0, 0, 0))
        return Looked(Seen(care, observed), heat, change)

    def has_news_for_rules(self) -> bool:
        """Tell if there is anything that the engine did not look at; no lock is taken."""
        return self.connection.row(_NEWS) is not None

    def pass_by_rules(self) -> None:
        """Take all that is there as looked at: where nobody is called it is no news later."""
        if not self.has_news_for_rules():
            return
        with self.connection.transaction() as driver:
            driver.execute(
                "UPDATE care_rules SET heat_change = (SELECT change FROM heat_watch),"
                " care_round = coalesce((SELECT max(round) FROM care_round), 0),"
                " observation_round = coalesce((SELECT max(round) FROM observation_round), 0)"
            )

    def watched(self) -> list[int]:
        """Return the people who agree that the hub keeps anything of them, for care."""
        rows = self.connection.rows(
            "SELECT DISTINCT person FROM consent WHERE purpose = ? AND recipient = ?"
            " AND withdrawn_at IS NULL AND open_text(person, sentence) IS NOT NULL"
            " ORDER BY person",
            (CARE, HUB),
        )
        return [int(str(person)) for (person,) in rows]

    def rule_state(self, person: int) -> State | None:
        """Return what the engine knows of a person; None if nothing, or nothing that it can read.

        What an older program wrote it learns anew.
        """
        row = self.connection.row(
            "SELECT open_text(person, state) FROM care_state WHERE person = ?", (person,)
        )
        if row is None or row[0] is None:
            return None
        try:
            return from_json(str(row[0]))
        except RuleError:
            return None

    def keep_rule_states(self, states: Mapping[int, State], seen: Seen, heat_change: int) -> None:
        """Keep what the engine knows, and how far it looked; in the caller's transaction."""
        with self.connection.joined() as driver:
            driver.executemany(
                "INSERT INTO care_state VALUES (?1, seal_text(?1, ?2))"
                " ON CONFLICT (person) DO UPDATE SET state = excluded.state",
                [(person, to_json(state)) for person, state in states.items()],
            )
            driver.execute(
                "UPDATE care_rules SET care_round = ?, observation_round = ?, heat_change = ?",
                (seen.care_round, seen.observation_round, heat_change),
            )


def forget_rules(driver: Driver, person: int) -> frozenset[str]:
    """Erase what was worked out from kinds that a person does not agree to (any more).

    Return the keys of the troubles that no rule stands behind after it: none would ever end them.
    """
    row = driver.execute(
        "SELECT open_text(person, state) FROM care_state WHERE person = ?", (person,)
    ).fetchone()
    driver.execute(_CHANGED)
    if row is None or row[0] is None:
        return frozenset()
    agreed: Sequence[tuple[str]] = driver.execute(
        "SELECT DISTINCT data_kind FROM consent WHERE person = ? AND purpose = ? AND recipient = ?"
        " AND withdrawn_at IS NULL",
        (person, CARE, HUB),
    ).fetchall()
    try:
        state = from_json(str(row[0]))
    except RuleError:
        driver.execute("DELETE FROM care_state WHERE person = ?", (person,))
        return frozenset()
    rest = forget(state, agreed={kind for (kind,) in agreed})
    driver.execute(
        "UPDATE care_state SET state = seal_text(?1, ?2) WHERE person = ?1",
        (person, to_json(rest)),
    )
    return _keys(state) - _keys(rest)


def _keys(state: State) -> frozenset[str]:
    return watch.keys(state) | sooner.keys(state)


_CHANGED = "UPDATE care_rules SET change = change + 1"
_NEWS = (
    "SELECT 1 FROM care_rules AS c WHERE c.care_round < (SELECT max(round) FROM care_round)"
    " OR c.observation_round < (SELECT max(round) FROM observation_round)"
    " OR c.heat_change < (SELECT change FROM heat_watch)"
    " OR EXISTS (SELECT 1 FROM alert_answer)"
)
