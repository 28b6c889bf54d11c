"""`/karte/haus/N/vergleich`: what is said and drawn of a house beside houses like it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from edge.cadastre.household import Home
from edge.cadastre.own_house import beside, house_of
from edge.heat.alike import Comparison, House, Missing
from edge.heat.bill import UNITS
from edge.heat.building import Refurbishment
from edge.heat.typology import Typology
from edge.web import home_words, words
from edge.web.tongue import later, say

WIDE = 600  # drawing units
NO_VALUES = later(
    "Hier sind noch keine Kennwerte von Häusern hinterlegt. Darum gibt es noch keinen Vergleich."
)
NO_VALUES_READ = later("Die Kennwerte von Häusern sind gerade nicht lesbar.")
_STEP = 50  # kWh/(m2 a): the scale ends at one of these
_MISSING: Mapping[Missing, str] = {
    Missing.TYPE: later("Für Häuser wie Ihres fehlt die Art des Hauses."),
    Missing.AREA: later("Ohne die Wohnfläche lässt sich nichts auf den Quadratmeter umrechnen."),
    Missing.AREA_KIND: later("Die Kennwerte gelten für eine andere Fläche als Ihre."),
    Missing.BILLS: later("Ohne eine Rechnung kennen wir Ihren Verbrauch nicht."),
    Missing.ELECTRICITY: later(
        "Ihre Rechnungen zählen Strom. Eine Wärmepumpe macht daraus ein Mehrfaches an Wärme. "
        "Darum passen sie nicht neben diese Kennwerte."
    ),
    Missing.UNLIKELY: later(
        "Wohnfläche und Rechnungen passen nicht zusammen. Bitte prüfen Sie beides."
    ),
}
_VERDICTS = {
    -1: later("Ihr Haus braucht weniger als die meisten Häuser wie Ihres."),
    0: later("Ihr Haus braucht ungefähr so viel wie die meisten Häuser wie Ihres."),
    1: later("Ihr Haus braucht mehr als die meisten Häuser wie Ihres."),
}
_AFTER = {
    Refurbishment.PART: later("Nach einem Teil: Dach, Fenster oder Wände"),
    Refurbishment.FULL: later("Nach einer vollen Sanierung"),
}


@dataclass(frozen=True, slots=True)
class Strip:
    """One line of the drawing: what it is, its number in words, and how long it is (0: none)."""

    label: str
    value: str
    end: int
    kind: str
    less: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """The comparison as the page shows it.

    ``low``, ``middle`` and ``high`` are the band in drawing units, None without one. ``top`` is
    the scale's end in words. ``notes`` say how the numbers were come by, ``missing`` what is not.
    """

    strips: tuple[Strip, ...]
    band: tuple[int, int, int] | None
    top: str
    alike: str
    verdict: str
    from_own: bool
    is_done: bool
    notes: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def after(self) -> tuple[Strip, ...]:
        """The lines of refurbishments."""
        return tuple(one for one in self.strips if one.kind == "after")

    @property
    def now(self) -> tuple[Strip, ...]:
        """The others."""
        return tuple(one for one in self.strips if one.kind != "after")


def picture(home: Home, values: Typology, degree_days: Mapping[int, float]) -> Picture:
    """Return how a house looks beside houses like it, in the tongue of the request."""
    house, found = house_of(home), beside(home, values, degree_days)
    own, band = found.own, found.band
    amounts = [one.kwh_m2 for one in found.after]
    amounts += [] if own is None else [own.kwh_m2]
    amounts += [] if band is None else [band.high]
    top = _STEP * max(1, math.ceil(max(amounts, default=1) / _STEP))

    def at(kwh_m2: float) -> int:
        return round(kwh_m2 / top * WIDE)

    strips: list[Strip] = []
    if own is not None:
        strips.append(Strip(say("Ihr Haus"), _per_m2(own.kwh_m2), at(own.kwh_m2), "own"))
    if band is not None:
        between = say(
            "zwischen {low} und {high} kWh je m² im Jahr",
            low=words.number(band.low),
            high=words.number(band.high),
        )
        strips.append(Strip(say("Häuser wie Ihres"), between, 0, "band"))
    for one in found.after:
        less = "" if one.less_kwh is None else say(
            "etwa {kwh} kWh im Jahr weniger", kwh=words.number(_rounded(one.less_kwh))
        )  # fmt: skip
        strips.append(
            Strip(say(_AFTER[one.state]), _per_m2(one.kwh_m2), at(one.kwh_m2), "after", less)
        )
    return Picture(
        strips=tuple(strips),
        band=None if band is None else (at(band.low), at(band.middle), at(band.high)),
        top=_per_m2(top),
        alike=_alike(house),
        verdict="" if own is None or band is None else say(_VERDICTS[band.where(own.kwh_m2)]),
        from_own=own is not None,
        is_done=band is not None and not found.after,
        notes=_notes(home, house, found),
        missing=tuple(say(text) for one, text in _MISSING.items() if one in found.missing),
    )


def _alike(house: House) -> str:
    """Return which houses are like it: type, age and how far they are refurbished."""
    if house.type is None:
        return ""
    kind = home_words.value("type", house.type)
    if house.age is None:
        alike = say("{kind}, Baujahr nicht bekannt", kind=kind)
    else:
        years = home_words.value("age_class", house.age)
        alike = say("{kind}, gebaut {years}", kind=kind, years=years)
    if house.state is None:
        return alike
    asked = say(home_words.LABELS["refurbishment"])
    return f"{alike} · {asked} {home_words.value('refurbishment', house.state)}"


def _notes(home: Home, house: House, found: Comparison) -> tuple[str, ...]:
    notes: list[str] = []
    if found.own is not None:
        mean = found.own.mean
        years = ", ".join(map(str, mean.years))
        if mean.adjusted:
            notes.append(
                say(
                    "Ihr Haus: das Mittel der Jahre {years}, umgerechnet auf normales Wetter.",
                    years=years,
                )
            )
        else:
            notes.append(
                say(
                    "Ihr Haus: das Mittel der Jahre {years}. Das Wetter dieser Jahre ist noch "
                    "darin, denn hier sind keine Gradtage hinterlegt.",
                    years=years,
                )
            )
        if any(one.unit == "gas_kwh" for one in home.bills):
            notes.append(
                say(
                    "Eine Gasrechnung zählt nach dem Brennwert. Wir haben sie durch 1,11 geteilt, "
                    "wie es {source} sagt: Das ist der Heizwert. Rechnen die Kennwerte mit dem "
                    "Brennwert, ist Ihr Haus ein Zehntel höher einzuordnen.",
                    source=UNITS["gas_kwh"].source,
                )
            )
    if not house.hot_water:
        notes.append(
            say(
                "Das warme Wasser macht nicht Ihre Heizung. Darum ist es auch aus den "
                "Kennwerten herausgerechnet."
            )
        )
    if found.band is not None and house.state is None:
        notes.append(
            say("Ob Ihr Haus gedämmt ist, wissen wir nicht. Gerechnet ist mit dem Üblichen.")
        )
    return tuple(notes)


def _per_m2(kwh_m2: float) -> str:
    return say("{value} kWh je m² im Jahr", value=words.number(kwh_m2))


def _rounded(kwh: float) -> float:
    return round(kwh, -2)  # more would be believed
