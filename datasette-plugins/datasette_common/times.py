"""How a column says when something was, and the reading of times that a request names.

Times are compared in the column's own form, so that an index on it is of use.

Source: ISO 8601; OGC 18-088, 8.1 (TM_Instant, TM_Period).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from datasette_common.settings import Section, SettingsError

DEFAULT_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
UNIX = {"unix": 1, "unix_ms": 1000}

_PERIOD = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,7})S)?)?")
_LITERAL = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d)?(?:\.(\d{1,9}))?(Z|[+\- ]\d\d:?\d\d)?)?"
)

Exact = tuple[str, float | int | str | None]


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 time; without an offset it is UTC. Digits below a microsecond are dropped.

    :raises ValueError: if it is none.
    """
    match = _LITERAL.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no time")
    day, minutes, seconds, fraction, offset = match.groups()
    zone = (offset or "Z").replace(" ", "+").replace("Z", "+00:00")
    whole = f"{day}T{minutes or '00:00'}{seconds or ':00'}.{(fraction or '0')[:6]:0<6}{zone}"
    try:
        return datetime.fromisoformat(whole).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is out of range") from error


@dataclass(frozen=True, slots=True)
class Period:
    """How long what an observation says of lasts: calendar days, and seconds."""

    days: int = 0
    seconds: int = 0

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read such as `PT1H` or `P1D`.

        :raises SettingsError: if it is no period of days, hours, minutes and seconds.
        """
        match = _PERIOD.fullmatch(text)
        if not match or not any(match.groups()):
            raise SettingsError(f"{text!r} is no period such as PT15M or P1D")
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return cls(days, hours * 3600 + minutes * 60 + seconds)

    def move(self, moment: datetime, zone: tzinfo, sign: int) -> datetime:
        """Return ``moment`` later or earlier by this period, days by the calendar of ``zone``."""
        local = moment.astimezone(zone) + timedelta(days=sign * self.days)
        return local.astimezone(UTC) + timedelta(seconds=sign * self.seconds)


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """A column's form: a pattern of `strftime`, `unix` or `unix_ms`, and what it means.

    It is a time in ``zone``; what is said there lasts ``period``. With ``ends`` it is the end of
    the period that is meant, not its beginning.
    """

    pattern: str = DEFAULT_FORMAT
    zone: tzinfo = UTC
    period: Period | None = None
    ends: bool = False

    @classmethod
    def parse(cls, pattern: str, zone: str, period: str | None) -> TimeFormat:
        """Read the settings.

        :raises SettingsError: if the zone is not known or the pattern does not sort by time.
        """
        try:
            found: tzinfo = UTC if zone == "UTC" else ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise SettingsError(f"timezone {zone!r} is not known") from error
        if pattern not in UNIX and not re.match(r"%Y-?%m-?%d|%Y$|%Y-%m$", pattern):
            raise SettingsError(f"format {pattern!r} does not sort by time: begin with %Y-%m-%d")
        return cls(pattern, found, Period.parse(period) if period else None)

    def read(self, raw: object) -> datetime | None:
        """Return the moment (UTC) that the column says; None if it says none."""
        try:
            if self.pattern in UNIX:
                if not isinstance(raw, int | float):
                    return None
                moment = datetime.fromtimestamp(raw / UNIX[self.pattern], UTC)
            else:
                naive = datetime.strptime(str(raw), self.pattern)  # noqa: DTZ007 - zone follows
                moment = naive.replace(tzinfo=self.zone).astimezone(UTC)
            return self._end(moment) if self.ends else moment
        except (ValueError, OverflowError, OSError):
            return None

    def instant(self, moment: datetime) -> str:
        """Return a moment as an answer writes it."""
        local = moment.astimezone(self.zone)
        text = local.isoformat(timespec="milliseconds" if local.microsecond else "seconds")
        return text.replace("+00:00", "Z")

    def written(self, raw: object) -> str | None:
        """Return what the column says as an answer writes it: a period where one is set."""
        moment = self.read(raw)
        if moment is None:
            return None
        if self.period is None or self.ends:
            return self.instant(moment)
        try:
            return f"{self.instant(moment)}/{self.instant(self._end(moment))}"
        except (OverflowError, ValueError):
            return self.instant(moment)

    def bound(self, operator: str, moment: datetime) -> Exact | None:
        """Return operator and value that compare the column as ``operator`` does with ``moment``.

        None where no value of this form can be equal to it. An operator of `true` or `false` says
        that the answer is the same for every row.
        """
        try:
            if self.ends and self.period:
                moment = self.period.move(moment, self.zone, -1)
            local = moment.astimezone(self.zone)
        except (OverflowError, ValueError):  # beyond the calendar's ends
            early = moment.year < 5000
            return ("true" if (operator in {"gt", "ge"}) == early else "false", None)
        if self.pattern in UNIX:
            value = moment.timestamp() * UNIX[self.pattern]
            return operator, int(value) if value.is_integer() else value
        text = local.strftime(self.pattern)
        if local.year < 1000:
            text = text.replace(local.strftime("%Y"), f"{local.year:04d}", 1)
        try:
            back = datetime.strptime(text, self.pattern).replace(tzinfo=self.zone)
            exact = back.astimezone(UTC) == moment.astimezone(UTC)
        except (OverflowError, ValueError):
            exact = False
        if exact:
            return operator, text
        between = {"ge": "gt", "gt": "gt", "lt": "le", "le": "le"}.get(operator)
        return None if between is None else (between, text)

    def _end(self, moment: datetime) -> datetime:
        return self.period.move(moment, self.zone, 1) if self.period else moment


def read_format(section: Section) -> TimeFormat:
    """Return what `format`, `timezone` and `period` of a configuration say."""
    return TimeFormat.parse(
        section.text("format", DEFAULT_FORMAT),
        section.text("timezone", "UTC"),
        section.maybe("period"),
    )
