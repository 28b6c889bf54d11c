"""What was found in a series, and what was done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """Each rule that drops, repairs or doubts something; its tests bear its name."""

    BAD_TIME = "bad_time"
    BAD_NUMBER = "bad_number"
    SHORT_LINE = "short_line"
    STRAY_QUOTE = "stray_quote"
    SAME_COLUMN = "same_column"
    THOUSANDS = "thousands"
    LOCAL_TIME = "local_time"
    STRAY_TIME = "stray_time"
    UNSORTED = "unsorted"
    REPEATED = "repeated"
    CONTRADICTORY = "contradictory"
    COUNTER = "counter"
    COARSE_COUNTER = "coarse_counter"
    METER_SWAP = "meter_swap"
    SENTINEL = "sentinel"
    NEGATIVE = "negative"
    ROUNDED_NEGATIVE = "rounded_negative"
    ABSURD = "absurd"
    STUCK = "stuck"
    OUTAGE = "outage"
    UNIT_JUMP = "unit_jump"
    GAP = "gap"
    TEMP_ABSURD = "temp_absurd"
    TEMP_STUCK = "temp_stuck"
    TEMP_GAP = "temp_gap"
    TEMP_FILLED = "temp_filled"
    TEMP_NONE = "temp_none"
    TEMP_SEASON = "temp_season"
    TEMP_WARM = "temp_warm"
    SHORT_FIT = "short_fit"
    SHORT_TEST = "short_test"
    NO_HOURS = "no_hours"
    FEW_HOURS = "few_hours"
    NEAR_ZERO = "near_zero"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that had something to do.

    ``count`` rows, hours or days it touched (``text`` says which), ``first`` where the first one
    stands (a line or a time), empty if that says nothing. ``text`` is German and for people.
    """

    rule: Rule
    count: int
    text: str
    first: str = ""


class SeriesError(ValueError):
    """The series cannot be used at all.

    ``hint`` says in German what to do, ``findings`` what was found until then.
    """

    def __init__(self, message: str, *, hint: str, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message)
        self.hint = hint
        self.findings = tuple(findings)
