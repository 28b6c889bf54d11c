"""Buildings whose faults are known: a room of first order, its heating, water and meter."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from edge.heat.faults.operation import Operation
from tests.made_heat import BEGIN, Floats, times, weather

FIRST_HOUR = int(BEGIN.timestamp()) // 3600
WATER = 1.15  # kWh/(m3 K)


@dataclass(frozen=True)
class House:
    """``loss`` kW/K, ``constant`` h, ``gains`` K; ``water`` kWh of hot water a day."""

    loss: float = 1.0
    constant: float = 60.0
    gains: float = 3.0
    night_c: float = 16.0
    water: float = 40.0
    return_c: float = 42.0
    cooling: float = 0.3  # kW for each K above 24 degC
    noise: float = 0.05


def healthy(seed: int) -> House:
    rng = np.random.default_rng(seed)
    loss = float(10 ** rng.uniform(-0.7, 1.0))
    return House(
        loss=loss,
        constant=float(rng.uniform(30, 120)),
        gains=float(rng.uniform(1, 5)),
        night_c=float(rng.uniform(15, 17)),
        water=loss * 15 * 24 * float(rng.uniform(0.03, 0.12)),
        return_c=float(rng.uniform(32, 48)),
        cooling=loss * float(rng.choice([0.0, 0.3])),
        noise=float(rng.uniform(0.02, 0.12)),
    )


def run(house: House | None = None, days: int = 365, seed: int = 1) -> Operation:
    """Return what the meter of a house sees, hour by hour."""
    house = house or House()
    rng = np.random.default_rng(seed)
    outdoor = weather(days, rng)
    clock = np.arange(days * 24) % 24  # winter time: the hours of summer are one early
    rooms, heat = 20.0, np.empty(outdoor.size)
    most = house.loss * 38.0
    keep = float(np.exp(-1 / house.constant))
    day = outdoor.reshape(-1, 24).mean(axis=1).repeat(24)
    for hour, out in enumerate(outdoor.tolist()):
        night = clock[hour] >= 22 or clock[hour] < 5
        wanted = house.night_c if night else 20.0
        free = out + house.gains
        still = free + (rooms - free) * keep
        # power that brings the rooms to what is wanted within the hour
        power = house.loss * (wanted - still) / (1 - keep)
        on = day[hour] < 20.0 - house.gains
        heat[hour] = min(max(power, 0.0), most) if on else 0.0
        rooms = still + heat[hour] / house.loss * (1 - keep)
    tapped = np.where((clock >= 6) & (clock < 22), 1.0, 0.2)
    heat += house.water / 24 * tapped / tapped[:24].mean()
    heat *= np.maximum(0.2, 1 + house.noise * rng.normal(size=heat.size))
    flow = np.clip(70.0 - 0.8 * outdoor, 66.0, 85.0) + rng.normal(0, 0.5, heat.size)
    back = house.return_c + rng.normal(0, 1.0, heat.size)
    cooling = house.cooling * np.maximum(0.0, outdoor - 24.0)
    return Operation(
        FIRST_HOUR,
        heat,
        heat / (WATER * (flow - back)),
        flow,
        back,
        cooling,
        outdoor,
        np.zeros(heat.size),
    )


def table(operation: Operation) -> list[str]:
    """Return the lines of the table that a logger would write; NaN is an empty cell."""
    columns = {
        "heat": operation.heat,
        "volume": operation.volume,
        "flow_c": operation.flow_c,
        "return_c": operation.return_c,
        "cooling": operation.cooling,
        "temp_c": operation.outdoor_c,
    }
    rows = zip(times(operation.heat.size), *columns.values(), strict=True)
    cells = (
        ",".join([at, *("" if np.isnan(one) else f"{one:.3f}" for one in row)]) for at, *row in rows
    )
    return [",".join(["time_utc", *columns]), *cells]


def changed(operation: Operation, **columns: Floats | float | bool) -> Operation:
    """Return it with other columns."""
    return replace(operation, **columns)
