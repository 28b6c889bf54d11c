"""Rounds that no segment holds yet, as SQL: which they are, and the rows of them that may leave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from edge.care.consent import BLOOD_PRESSURE, CARE, COUNTY
from edge.care.kinds import ALARMS, CALLS, IN_COMPANY
from sync import observations, stream


class Urgency(IntEnum):
    """How soon what waits should leave: with company, when it is asked for, or at once."""

    NOTHING = 0  # nothing waits that may leave
    IN_COMPANY = 1
    ASKED = 2
    AT_ONCE = 3


@dataclass(frozen=True, slots=True)
class Tables:
    """Of one schema: the cursor in `sync_state`, and what is asked of the rounds behind it.

    ``urgency`` gives the highest :class:`Urgency` of them; empty where all are alike.
    """

    cursor: str
    count: str
    rounds: str
    rows: str
    urgency: str = ""


def _tables(cursor: str, rounds: str, rows: str, urgency: str = "") -> Tables:
    return Tables(
        cursor=cursor,
        count=f"SELECT count(*), coalesce(sum(row_count), 0) FROM {rounds} WHERE round > ?",  # noqa: S608
        rounds=(
            f"SELECT round, row_count FROM {rounds} WHERE round > ? ORDER BY round LIMIT ?"  # noqa: S608
        ),
        rows=rows,
        urgency=urgency,
    )


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))


def _agreed(data_kind: str) -> str:
    """Only with a consent that says so, and is not withdrawn, does it leave the village."""
    return (
        "EXISTS (SELECT 1 FROM consent AS c"  # noqa: S608  # constant text
        f" WHERE c.person = r.person AND c.purpose = '{CARE}' AND c.data_kind = {data_kind}"
        f" AND c.recipient = '{COUNTY}' AND c.withdrawn_at IS NULL)"
    )


# The plus at `+r.round` keeps SQLite from making an index of all readings for each look at a few.
TABLES = {
    stream.METER_SCHEMA: _tables(
        "meter_round",
        "round",
        "SELECT d.device_id, r.observed_at, r.time_quality, "  # noqa: S608  # constant text
        + ", ".join(f"r.{name}" for name in stream.METER_COLUMNS)
        + " FROM round AS n CROSS JOIN meter_reading AS r"
        " ON r.observed_at BETWEEN n.first_at AND n.last_at AND +r.round = n.round"
        " CROSS JOIN device AS d ON d.device = r.device"
        " WHERE n.round > ? AND n.round <= ? ORDER BY n.round, r.observed_at, r.device",
    ),
    stream.CARE_SCHEMA: _tables(
        "care_round",
        "care_round",
        "SELECT r.device_id, r.observed_at, r.time_quality, "  # noqa: S608  # constant text
        + ", ".join(f"r.{name}" for name in stream.CARE_COLUMNS)
        + " FROM care_round AS n CROSS JOIN care_reading AS r"
        " ON r.observed_at BETWEEN n.first_at AND n.last_at AND +r.round = n.round"
        f" WHERE n.round > ? AND n.round <= ? AND {_agreed(repr(BLOOD_PRESSURE))}"
        " ORDER BY n.round, r.observed_at, r.device_id",
        f"SELECT CASE WHEN EXISTS (SELECT 1 FROM care_round AS n CROSS JOIN care_reading AS r"  # noqa: S608
        " ON r.observed_at BETWEEN n.first_at AND n.last_at AND +r.round = n.round"
        f" WHERE n.round > ? AND {_agreed(repr(BLOOD_PRESSURE))})"
        f" THEN {Urgency.ASKED:d} ELSE {Urgency.NOTHING:d} END",
    ),
    observations.SCHEMA: _tables(
        "observation_round",
        "observation_round",
        "SELECT r.device_id, r.observed_at, r.data_kind, r.person, r.time_quality, r.received_at,"  # noqa: S608
        " r.source, r.sequence, r.user_index, r.flags, v.quantity, v.name, v.value"
        " FROM observation_round AS n CROSS JOIN observation AS r"
        " ON r.observed_at BETWEEN n.first_at AND n.last_at AND +r.round = n.round"
        " LEFT JOIN observation_value AS v ON v.observed_at = r.observed_at"
        " AND v.device_id = r.device_id AND v.data_kind = r.data_kind"
        f" WHERE n.round > ? AND n.round <= ? AND {_agreed('r.data_kind')}"
        " ORDER BY n.round, r.observed_at, r.device_id, r.data_kind, v.position",
        f"SELECT coalesce(max(CASE WHEN r.data_kind IN ({_list(CALLS)}) OR EXISTS (SELECT 1"  # noqa: S608
        " FROM observation_value AS v WHERE v.observed_at = r.observed_at"
        " AND v.device_id = r.device_id AND v.data_kind = r.data_kind"
        f" AND v.quantity IN ({_list(ALARMS)}) AND v.value > 0) THEN {Urgency.AT_ONCE:d}"
        f" WHEN r.data_kind IN ({_list(IN_COMPANY)}) THEN {Urgency.IN_COMPANY:d}"
        f" ELSE {Urgency.ASKED:d} END), {Urgency.NOTHING:d})"
        " FROM observation_round AS n CROSS JOIN observation AS r"
        " ON r.observed_at BETWEEN n.first_at AND n.last_at AND +r.round = n.round"
        f" WHERE n.round > ? AND {_agreed('r.data_kind')}",
    ),
    stream.PLACED_CARE_SCHEMA: _tables(
        "placed_round",
        "placed_round",
        "SELECT r.device_id || ' ' || r.data_kind, r.observed_at, r.quality, r.person, r.placed_at"  # noqa: S608
        " FROM placed_round AS n CROSS JOIN placed_care AS r"
        " ON r.observed_at BETWEEN n.first_at AND n.last_at AND +r.round = n.round"
        f" WHERE n.round > ? AND n.round <= ? AND {_agreed('r.data_kind')}"
        " ORDER BY n.round, r.observed_at, r.device_id, r.data_kind",
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM placed_round AS n CROSS JOIN placed_care AS r"  # noqa: S608
        " ON r.observed_at BETWEEN n.first_at AND n.last_at AND +r.round = n.round"
        f" WHERE n.round > ? AND {_agreed('r.data_kind')})"
        f" THEN {Urgency.ASKED:d} ELSE {Urgency.NOTHING:d} END",
    ),
}
