"""What a scenario assumes, in plain German, each with who says so; and what is still missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from edge.heat.german import de
from edge.heat.scenario.plan import Change, Course, Plan, Supply
from edge.heat.scenario.words import CARRIER_WORDS

LAW = (
    "Die Faktoren des Gebäudeenergiegesetzes (Anlagen 4 und 9) stehen ausgefüllt im Muster "
    "docs/heat-scenario.example.toml und dürfen von dort übernommen werden. Für ein Wärmenetz "
    "nennt sie der Betreiber."
)


@dataclass(frozen=True, slots=True)
class Assumed:
    """One assumption: what it is about, what is assumed, and who says so."""

    what: str
    said: str
    source: str


def assumed(plan: Plan) -> list[Assumed]:
    """Return a scenario's assumptions, factors of carriers left out: they have a table."""
    gain = f"{_number(plan.stock_gain)} kWh Wärme je kWh der Kennwerte"
    mix = ", ".join(
        f"{_supply(plan, name)} {_percent(share)}" for name, share in plan.mix.items() if share
    )
    return [
        Assumed("Bezugsjahr", f"Das Kataster steht für {plan.base}.", plan.source),
        Assumed("Nutzungsgrad heute", f"{gain}.", plan.stock_source),
        Assumed("Heizung, wo keine bekannt ist", f"{mix}.", plan.mix_source),
        *(
            Assumed(f"Heizung: {_named(plan, one)}", _gain(one), one.source)
            for one in plan.supplies
        ),
        Assumed("Sanierung", _refurbishment(plan), plan.refurbishment.source),
        *(Assumed(one.name, _change(plan, one), one.source) for one in plan.changes),
        Assumed("Klima", _climate(plan), plan.climate_source),
    ]


def missing(keys: Sequence[str]) -> list[tuple[str, str]]:
    """Return what is still to be filled in, by part of the file: its name, and the keys."""
    found: dict[str, list[str]] = {}
    for key in keys:
        part, _, rest = key.strip("[]").partition(".")
        found.setdefault(part, []).append(rest or part)
    return [(_PARTS.get(part, part), ", ".join(_key(part, one) for one in rest))
            for part, rest in found.items()]  # fmt: skip


def lacks_factors(keys: Sequence[str]) -> bool:
    """Tell whether factors of carriers are among what is missing."""
    return any(key.strip("[]").startswith("carrier") for key in keys)


def _key(part: str, key: str) -> str:
    name, _, rest = key.partition(".")
    if part == "carrier" and name in CARRIER_WORDS:
        return f"{CARRIER_WORDS[name]} ({_FACTORS.get(rest, rest) or 'alles'})"
    return key


def _refurbishment(plan: Plan) -> str:
    one = plan.refurbishment
    order = "wer je m² am meisten braucht, zuerst" if one.worst_first else "überall gleich viel"
    left = sorted(set(one.left.values()))
    much = _percent(left[0])
    if len(left) > 1:
        much = f"{much} bis {_percent(left[-1])}"
    return (
        f"{_course(one.rate, _percent)} der Fläche im Jahr, {order}. Danach bleiben {much} der "
        "Raumwärme, je nach Zustand oder Alter."
    )


def _change(plan: Plan, one: Change) -> str:
    origin = ", ".join(_supply(plan, name) for name in one.origin)
    to = ", ".join(f"{_supply(plan, name)} {_percent(share)}" for name, share in one.to.items())
    if one.rate is not None:
        when = f"jedes Jahr {_course(one.rate, _percent)} davon"
    elif one.at_age is not None:
        when = (
            f"sobald die Anlage {one.at_age} Jahre alt ist; was heute schon älter ist, binnen "
            f"{one.overdue} Jahren"
        )
    else:
        when = f"{_percent(one.share or 0.0)} davon, von {one.start} bis {one.by}"
    return f"Von {origin} zu {to}: {when}.{''.join(_where(one))}"


def _where(one: Change) -> Iterator[str]:
    if one.blocks:
        yield f" Nur in: {', '.join(sorted(one.blocks))}."
    if one.types:
        yield f" Nur Bauart: {', '.join(sorted(one.types))}."


def _climate(plan: Plan) -> str:
    if plan.kd_per_decade == 0:
        return "Die Winter bleiben, wie sie sind."
    more = "weniger" if plan.kd_per_decade < 0 else "mehr"
    return f"Jahrzehnt für Jahrzehnt {de(abs(plan.kd_per_decade))} Gradtage (K d) {more}."


def _gain(one: Supply) -> str:
    carrier = CARRIER_WORDS[one.carrier]
    return f"Träger {carrier}, {_number(one.gain)} kWh Wärme je kWh."


def _supply(plan: Plan, name: str) -> str:
    return next(_named(plan, one) for one in plan.supplies if one.name == name)


def _named(plan: Plan, one: Supply) -> str:
    """Return a way to heat in German: its carrier, and its own name where that is not enough."""
    if one.name in SUPPLY_WORDS:
        return SUPPLY_WORDS[one.name]
    carrier = CARRIER_WORDS[one.carrier]
    alone = sum(each.carrier == one.carrier for each in plan.supplies) == 1
    return carrier if alone else f"{carrier} ({one.name})"


def _course(course: Course, said: Callable[[float], str]) -> str:
    if len(set(course.values())) == 1:
        return said(next(iter(course.values())))
    return ", ".join(f"{said(value)} ({year})" for year, value in sorted(course.items()))


def _percent(share: float) -> str:
    return f"{share * 100:.3g} %".replace(".", ",")


def _number(value: float) -> str:
    return f"{value:.4g}".replace(".", ",")


SUPPLY_WORDS = {
    "gas": "Gasheizung",
    "oil": "Ölheizung",
    "liquid_gas": "Flüssiggasheizung",
    "wood": "Holzheizung",
    "coal": "Kohleheizung",
    "heat_pump": "Wärmepumpe",
    "electric": "Stromheizung",
    "district": "Wärmenetz",
    "solar": "Solarwärme",
}
_FACTORS = {"primary": "Primärenergie", "co2": "CO2", "source": "Quelle"}
_PARTS = {
    "about": "Über das Szenario [about]",
    "stock": "Nutzungsgrad heute [stock]",
    "mix": "Heizung, wo keine bekannt ist [mix]",
    "refurbishment": "Sanierung [refurbishment]",
    "climate": "Klima [climate]",
    "supply": "Heizungen [supply]",
    "carrier": "Faktoren der Träger [carrier]",
    "change": "Was sich ändert [[change]]",
}
