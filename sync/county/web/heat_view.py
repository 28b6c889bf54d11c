"""What stands on the page of the county's heat: every word and every line of the picture is ready.

Nothing is computed here: the forecast is the one that `dorfhub county heat forecast` kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edge.heat.german import de
from sync.county import heat_ahead_file, heat_cadastre, heat_run, heat_season_file
from sync.county.heat_ahead_file import Ahead, Place, Step
from sync.county.heat_merged import Row
from sync.county.heat_season_file import AREAS, COUNTY, METERS, MUNICIPALITY, Outlook
from sync.county.heat_season_file import Line as SeasonOf
from sync.county.heat_season_words import band_of as season_band
from sync.county.heat_season_words import mwh, not_in, season_of
from sync.county.heat_table import band_of, carriers_of, generators_of
from sync.county.heat_words import WEATHER, day, moment, name_of
from sync.county.hub import County
from sync.county.ledger import HubState

OLD_MS = 36 * 3_600_000  # as on the hub's own page
WIDTH, HEIGHT = 900, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 74, 16, 16, 40
_LINES = 4  # across, at least


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the cadastre's table; "-" where there is nothing."""

    name: str
    villages: str
    buildings: str
    mwh: str
    band: str
    carriers: str
    note: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across or down the picture, and what stands at it."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Points of the picture as SVG has them. ``spoken`` says it in words."""

    band: str
    expected: str
    naive: tuple[str, ...]
    across: tuple[Mark, ...]
    down: tuple[Mark, ...]
    spoken: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A place whose forecast can be looked at."""

    key: str
    name: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Day:
    """A whole day of the forecast, kWh in German."""

    day: str
    expected: str
    band: str
    naive: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """The kept forecast of one place."""

    at: str
    old: bool
    weather: str
    choices: tuple[Choice, ...]
    name: str
    meters: str
    picture: Picture | None
    days: tuple[Day, ...]
    failed: tuple[str, ...]
    villages: str


@dataclass(frozen=True, slots=True)
class SeasonLine:
    """A row of the season's table, MWh in German."""

    name: str
    count: str
    expected: str
    band: str
    so_far: str
    naive: str
    winters: str
    note: str


@dataclass(frozen=True, slots=True)
class SeasonTable:
    """The seasons of one basis; ``whole`` is the county's. ``why`` there is none."""

    title: str
    key: str
    counted: str
    towns: tuple[SeasonLine, ...]
    whole: SeasonLine | None
    why: str

    @property
    def noted(self) -> bool:
        """Whether any row has a note."""
        return any(one is not None and one.note for one in (*self.towns, self.whole))


@dataclass(frozen=True, slots=True)
class SeasonView:
    """The outlook on the heating season that is kept."""

    at: str
    old: bool
    season: str
    tables: tuple[SeasonTable, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeatPage:
    """The page; ``forecast`` is None where nobody made one yet."""

    towns: tuple[Line, ...]
    whole: Line
    generators: str
    without: str
    missing: tuple[str, ...]
    old: tuple[str, ...]
    forecast: Forecast | None
    run: tuple[str, ...]
    run_failed: bool
    morning: str
    season: SeasonView | None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM


def heat_page(county: County, now_ms: int, place: str) -> HeatPage:
    """Return the page; ``place`` is a municipality of the forecast, else the county is shown.

    :raises LakeError: if the positions cannot be read.
    """
    found = heat_cadastre.merged(county, now_ms)
    towns = [row for row in found.municipalities if row.sum.areas or row.note != "kein Hub"]
    without = [row.name for row in found.municipalities if row not in towns]
    ahead = heat_ahead_file.read(county.config.heat_ahead)
    hubs = county.ledger.hubs()
    names = {one.hub: one.name or one.hub for one in hubs}
    confirmed = [one.hub for one in hubs if one.state is HubState.CONFIRMED]
    season = heat_season_file.read(county.config.heat_season)
    run, morning = heat_run.read(county.config.heat_run), county.config.heat.morning
    return HeatPage(
        towns=tuple(map(_line, towns)),
        whole=_line(found.whole),
        generators=generators_of(found.whole),
        without=", ".join(without),
        missing=found.missing,
        old=found.old,
        forecast=None if ahead is None else _forecast(ahead, names, confirmed, now_ms, place),
        run=tuple(heat_run.sentences(run)),
        run_failed=run is not None and run.state == heat_run.FAILED,
        season=None if season is None else _season(season, names, now_ms),
        morning="" if morning is None else f"{morning:%H:%M}",
    )


def _line(row: Row) -> Line:
    has = bool(row.sum.areas)
    return Line(
        row.name,
        de(row.villages),
        de(row.sum.buildings) if has else "-",
        de(row.sum.mwh) if has else "-",
        band_of(row) if has else "-",
        carriers_of(row).replace(" %", "\N{NO-BREAK SPACE}%") or "-",
        row.note,
    )


def _forecast(
    ahead: Ahead, names: Mapping[str, str], confirmed: Sequence[str], now_ms: int, place: str
) -> Forecast:
    by_name = {one.name: one for one in ahead.places if one.name}
    chosen = by_name.get(place, ahead.whole) or next(iter(by_name.values()), None)
    choices = [
        Choice("" if one is ahead.whole else one.name, name_of(one), one is chosen)
        for one in (ahead.whole, *by_name.values())
        if one is not None
    ]
    weather = [f"{de(count)} × {WEATHER.get(kind, kind)}" for kind, count in ahead.weather.items()]
    return Forecast(
        at=moment(ahead.now_ms),
        old=now_ms - ahead.now_ms > OLD_MS,
        weather=", ".join(weather),
        choices=tuple(choices),
        name="" if chosen is None else name_of(chosen),
        meters="" if chosen is None else _meters(chosen),
        picture=None if chosen is None or not chosen.hours else picture(chosen),
        days=() if chosen is None else tuple(map(_day, chosen.days)),
        failed=tuple(
            f"{names.get(one.hub, one.hub)}, {one.device}: {one.why}" for one in ahead.failed
        ),
        villages=_villages(ahead, names, confirmed),
    )


def _season(found: Outlook, names: Mapping[str, str], now_ms: int) -> SeasonView:
    return SeasonView(
        moment(found.now_ms),
        now_ms - found.now_ms > OLD_MS,
        season_of(found),
        (
            _table(found, AREAS, "Ganze Dörfer", "doerfer", found.why_areas),
            _table(found, METERS, "Kommunale Zähler", "zaehler", found.why_meters),
        ),
        tuple(not_in(found, names)),
    )


def _table(found: Outlook, basis: str, title: str, key: str, why: str) -> SeasonTable:
    some = [one for one in found.lines if one.basis == basis]
    return SeasonTable(
        title,
        key,
        "Dörfer" if basis == AREAS else "Zähler",
        tuple(_season_line(one) for one in some if one.level == MUNICIPALITY),
        next((_season_line(one) for one in some if one.level == COUNTY), None),
        why or "Keiner ließ sich rechnen.",
    )


def _season_line(one: SeasonOf) -> SeasonLine:
    winters = "-" if one.mild is None else f"{mwh(one.mild)} bis {mwh(one.cold)}"
    return SeasonLine(
        one.name,
        de(one.count),
        mwh(one.expected),
        season_band(one),
        mwh(one.so_far),
        mwh(one.naive),
        winters,
        one.note,
    )


def _villages(ahead: Ahead, names: Mapping[str, str], confirmed: Sequence[str]) -> str:
    """Return of which villages it is, with how many meters of how many; "" if it does not say."""
    if not ahead.villages:
        return ""
    counts = {one.hub: (one.meters, one.meters + one.failed) for one in ahead.villages}
    counts = dict.fromkeys(confirmed, (0, 0)) | counts
    return ", ".join(
        f"{name} ({_counted(*counts[hub])})"
        for name, hub in sorted((names.get(hub, hub), hub) for hub in counts)
    )


def _counted(good: int, all_: int) -> str:
    if not all_:
        return "kein Zähler"
    word = "Zähler"
    return f"{de(good)} {word}" if good == all_ else f"{de(good)} von {de(all_)} {word}n"


def picture(place: Place) -> Picture:
    """Return the picture of a place's hours; there is at least one."""
    hours = place.hours
    most = max((max(one.high_kwh, one.naive_kwh or 0.0) for one in hours), default=0.0)
    step = _step(most)
    top = step * max(1, -int(-most // step))

    def x(at: float) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * at / len(hours), 1)

    def y(kwh: float) -> float:
        return round(HEIGHT - _BOTTOM - (HEIGHT - _BOTTOM - _TOP) * kwh / top, 1)

    middle = [x(number + 0.5) for number in range(len(hours))]
    upper = [(at, y(one.high_kwh)) for at, one in zip(middle, hours, strict=True)]
    lower = [(at, y(one.low_kwh)) for at, one in zip(middle, hours, strict=True)]
    count = round(top / step)
    return Picture(
        band=_points([*upper, *reversed(lower)]),
        expected=_points(
            [(at, y(one.expected_kwh)) for at, one in zip(middle, hours, strict=True)]
        ),
        naive=tuple(_runs(middle, hours, y)),
        across=tuple(
            Mark(y(step * number), de(step * number, 0 if step >= 1 else 2))
            for number in range(count + 1)
        ),
        down=tuple(
            Mark(x(number), day(one.begin_ms))
            for number, one in enumerate(hours)
            if number and day(one.begin_ms) != day(hours[number - 1].begin_ms)
        ),
        spoken=_spoken(place),
    )


def _runs(middle: Sequence[float], hours: Sequence[Step], y: Callable[[float], float]) -> list[str]:
    """Return the naive line's pieces: where it says nothing there is none."""
    runs: list[list[tuple[float, float]]] = [[]]
    for at, one in zip(middle, hours, strict=True):
        if one.naive_kwh is None:
            runs.append([])
        else:
            runs[-1].append((at, y(one.naive_kwh)))
    return [_points(run) for run in runs if len(run) > 1]


def _points(some: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{at},{height}" for at, height in some)


def _step(most: float) -> float:
    """Return a round step that gives the picture a few lines."""
    step = 0.01  # what two digits can say
    while True:
        for factor in (1, 2, 5):
            if most <= step * factor * _LINES:
                return step * factor
        step *= 10


def _spoken(place: Place) -> str:
    whole = sum(one.expected_kwh for one in place.hours)
    peak = max(place.hours, key=lambda one: one.expected_kwh)
    return (
        f"{name_of(place)}: in {len(place.hours)} Stunden zusammen {de(whole)} kWh, am meisten "
        f"{moment(peak.begin_ms)} mit {de(peak.expected_kwh)} kWh in der Stunde. "
        "Die Tage stehen in der Tabelle darunter."
    )


def _meters(place: Place) -> str:
    if place.meters == 1:
        return "1 Zähler"
    how = (
        "alle irren zur selben Seite, weil gemeinsame Fehler noch nicht bekannt sind"
        if place.together is None
        else f"gemeinsame Fehler {de(place.together, 2)}-mal so groß wie bei unabhängigen"
    )
    return f"{de(place.meters)} Zähler; {how}"


def _day(one: Step) -> Day:
    return Day(
        day(one.begin_ms),
        de(one.expected_kwh),
        f"{de(one.low_kwh)} bis {de(one.high_kwh)}",
        "-" if one.naive_kwh is None else de(one.naive_kwh),
    )
