"""`/pult/waermelast`: what the village's heat networks and meters will need, hour by hour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template, request

from edge.cadastre.load_view import LoadView, kwh, load_view, moment
from edge.cadastre.network_view import (
    network_key,
    network_view,
    networks_of,
    station_row,
)
from edge.clock import Clock
from edge.config import Config
from edge.config.communal import communal_meters
from edge.store.shared import looking
from edge.store.village_forecast import LoadValue
from edge.web import words
from edge.web.desk.point import desk_blueprint

STEP, HEIGHT, LOW_HEIGHT = 12, 240, 90  # drawing units
AXIS_H = 12  # hours from one word below the drawing to the next
_TOPS = (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10)


def load_pages(config: Config, clock: Clock) -> Blueprint:
    """Return the page."""
    pages = desk_blueprint("desk_load", "/pult/waermelast")

    def load() -> str:
        meters = [(one.meter_id, one.name) for one in communal_meters(config)]
        view, network, choices, chosen = None, None, meters, ""
        if meters:
            with looking(config.hub.village_db) as village:
                station = village.chosen_station(config.web.weather_station)
                now_ms = clock.stamp().wall_ms
                feeds = [(one.meter_id, one.feeds) for one in communal_meters(config)]
                networks = {
                    network_key(one.name): one for one in networks_of(village, feeds, now_ms)
                }
                choices = [(key, f"Netz: {one.name}") for key, one in networks.items()] + meters
                known = dict(choices)
                chosen = request.args.get("zaehler", "")
                chosen = chosen if chosen in known else next(iter(known))
                if chosen in networks:
                    one = networks[chosen]
                    network = network_view(village, one, communal_meters(config), station, now_ms)
                    view = network.load
                else:
                    view = load_view(village, chosen, known[chosen], station, now_ms)
        return render_template(
            "desk/load.html",
            meters=choices,
            meter=chosen,
            view=view,
            network=network,
            stations=[] if network is None else [station_row(one) for one in network.stations],
            made="" if view is None or view.made is None else moment(view.made.made_at),
            chart=_chart(view.hours) if view else None,
            days=_days(view) if view else [],
        )

    pages.add_url_rule("", view_func=load, endpoint="load")
    return pages


@dataclass(frozen=True, slots=True)
class Chart:
    """The drawing of the hours: points of a polygon and of lines, and what the scales say."""

    width: int
    band: str
    expected: str
    naive: tuple[str, ...]
    temperature: tuple[str, ...]
    scale: tuple[str, ...]  # kW from the top
    degrees: tuple[str, ...]  # degC from the top
    midnights: tuple[int, ...]
    axis: tuple[str, ...]  # at equal distances
    summary: str
    rows: tuple[tuple[str, ...], ...]


def _chart(hours: Sequence[LoadValue]) -> Chart | None:
    if not hours:
        return None
    top = _top(max(max(one.high_kwh, one.naive_kwh or 0.0) for one in hours))

    def y(value: float) -> str:
        return f"{HEIGHT * (1 - value / top):.1f}"

    x = [n * STEP for n in range(len(hours))]
    upper = [f"{at},{y(one.high_kwh)}" for at, one in zip(x, hours, strict=True)]
    lower = [f"{at},{y(one.low_kwh)}" for at, one in zip(x, hours, strict=True)]
    most = max(hours, key=lambda one: one.expected_kwh)
    least = min(hours, key=lambda one: one.expected_kwh)
    temperatures = [one.temperature_degc for one in hours]
    coldest, warmest = _ends(temperatures)
    span = warmest - coldest
    heights = [None if one is None else LOW_HEIGHT * (warmest - one) / span for one in temperatures]
    digits = 0 if (top / 2).is_integer() else 1
    return Chart(
        width=x[-1],
        band=" ".join([*upper, *reversed(lower)]),
        expected=" ".join(f"{at},{y(one.expected_kwh)}" for at, one in zip(x, hours, strict=True)),
        naive=_lines([None if one.naive_kwh is None else float(y(one.naive_kwh)) for one in hours]),
        temperature=_lines(heights),
        scale=(words.number(top, digits), words.number(top / 2, digits), "0"),
        degrees=(words.number(warmest), words.number(coldest)) if any(heights) else (),
        midnights=tuple(
            at for at, one in zip(x, hours, strict=True) if words.local(one.begin).hour == 0
        ),
        axis=tuple(_mark(one.begin) for one in hours[::AXIS_H]),
        summary=(
            f"Am meisten {moment(most.begin)}: {kwh(most.expected_kwh)} kW. "
            f"Am wenigsten {moment(least.begin)}: {kwh(least.expected_kwh)} kW."
        ),
        rows=tuple(_row(one) for one in hours),
    )


def _top(highest: float) -> float:
    """Return the least plain number that nothing exceeds."""
    highest = max(highest, 1.0)
    power = 10.0 ** math.floor(math.log10(highest))
    return next(one * power for one in _TOPS if one * power >= highest * (1 - 1e-9))


def _ends(temperatures: Sequence[float | None]) -> tuple[float, float]:
    known = [one for one in temperatures if one is not None] or [0.0]
    coldest = math.floor(min(known) / 5) * 5.0
    return coldest, max(math.ceil(max(known) / 5) * 5.0, coldest + 5.0)


def _lines(heights: Sequence[float | None]) -> tuple[str, ...]:
    """Return the points of polylines, which end where a value is missing."""
    parts: list[list[str]] = [[]]
    for n, one in enumerate(heights):
        if one is None:
            parts.append([])
        else:
            parts[-1].append(f"{n * STEP},{one:.1f}")
    return tuple(" ".join(points) for points in parts if len(points) > 1)


def _mark(begin: int) -> str:
    then = words.local(begin)
    return f"{_SHORT[then.weekday()]} {then.hour} Uhr"


def _day(begin: int) -> str:
    then = words.local(begin)
    return f"{_SHORT[then.weekday()]} {then.day}.{then.month}."


def _row(one: LoadValue) -> tuple[str, ...]:
    degc = one.temperature_degc
    return (
        moment(one.begin),
        kwh(one.expected_kwh),
        f"{kwh(one.low_kwh)} bis {kwh(one.high_kwh)}",
        "–" if one.naive_kwh is None else kwh(one.naive_kwh),
        "–" if degc is None else words.number(degc, 1),
    )


def _days(view: LoadView) -> list[tuple[str, ...]]:
    return [
        (
            _day(one.begin),
            kwh(one.expected_kwh),
            f"{kwh(one.low_kwh)} bis {kwh(one.high_kwh)}",
            "–" if one.naive_kwh is None else kwh(one.naive_kwh),
            "–" if one.temperature_degc is None else words.number(one.temperature_degc, 1),
        )
        for one in view.days
    ]


_SHORT = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
