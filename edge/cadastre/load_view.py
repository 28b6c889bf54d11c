"""A meter's forecast in plain German, from what is stored: for the terminal and the page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from edge.heat.german import de
from edge.learning.moment import to_local
from edge.store.village import VillageStore
from edge.store.village_forecast import LoadForecast, LoadScore, LoadValue

HOUR_MS = 3_600_000
OLD_MS = 36 * HOUR_MS  # a forecast, or weather: a new one was due by then
SILENT_MS = 6 * HOUR_MS
BIASED = 5.0  # percent too much or too little, from which on that is worth a sentence


@dataclass(frozen=True, slots=True)
class LoadView:
    """A forecast as it is shown; ``made`` is None before the first one.

    ``sum_text`` is the day's sum and band, ``peak_text`` its hour of most heat, ``doubts`` what to
    be careful about, ``quality`` how good forecasts were; sentences, or empty.
    """

    name: str
    made: LoadForecast | None
    hours: tuple[LoadValue, ...]
    days: tuple[LoadValue, ...]
    tomorrow: LoadValue | None
    peak: LoadValue | None
    sum_text: str
    peak_text: str
    weather: str
    doubts: tuple[str, ...]
    quality: str


def load_view(village: VillageStore, meter: str, name: str, station: str, now_ms: int) -> LoadView:
    """Return a meter's newest forecast in words."""
    last = village.last_load(meter)
    if last is None:
        text = "Noch keine Prognose. Sie entsteht am Morgen von selbst."
        return LoadView(name, None, (), (), None, None, "", "", "", (text,), "")
    number, made = last
    hours = tuple(village.load_values(number, "hour"))
    signature = village.load_values(number, "signature")
    days = tuple(village.load_values(number, "day")) or tuple(signature)
    now = to_local(now_ms)
    tomorrow_on = (now + timedelta(days=1)).date()
    tomorrow = next((one for one in days if to_local(one.begin).date() == tomorrow_on), None)
    its = [one for one in hours if to_local(one.begin).date() == tomorrow_on]
    peak = max(its, key=lambda one: one.expected_kwh, default=None) if tomorrow else None
    return LoadView(
        name,
        made,
        hours,
        days,
        tomorrow,
        peak,
        _sum_text(tomorrow),
        "" if peak is None else _peak_text(peak),
        _weather(made),
        tuple(_doubts(village, made, station, now_ms)),
        _quality(village.load_score(meter, 24)),
    )


def kwh(value: float) -> str:
    """Return an energy as people read it: `1.234` or `4,2`."""
    return de(value, 1 if value < 10 else 0)


def moment(at_ms: int) -> str:
    """Return `Donnerstag, 26.11., 5 Uhr`."""
    then = to_local(at_ms)
    return f"{_DAYS[then.weekday()]}, {then.day}.{then.month}., {then.hour} Uhr"


def _sum_text(tomorrow: LoadValue | None) -> str:
    if tomorrow is None:
        return ""
    then = to_local(tomorrow.begin)
    return (
        f"Morgen, {_DAYS[then.weekday()]}, werden {kwh(tomorrow.expected_kwh)} kWh Wärme erwartet, "
        f"mit 80 % Sicherheit zwischen {kwh(tomorrow.low_kwh)} und {kwh(tomorrow.high_kwh)} kWh."
    )


def _peak_text(peak: LoadValue) -> str:
    hour = to_local(peak.begin).hour
    return (
        f"Am meisten zwischen {hour} und {hour + 1} Uhr: {kwh(peak.expected_kwh)} kW "
        f"({kwh(peak.low_kwh)} bis {kwh(peak.high_kwh)})."
    )


def _weather(made: LoadForecast) -> str:
    when = "" if made.weather_at is None else f", Stand {moment(made.weather_at)}"
    return {
        "county": f"Gerechnet mit der Wettervorhersage des Kreises{when}.",
        "part": (
            f"Die Wettervorhersage des Kreises{when} reicht nicht über alle drei Tage. Danach ist "
            "mit dem gerechnet, was in dieser Jahreszeit üblich ist; das Band ist dort breiter."
        ),
        "normals": (
            "Ohne Wettervorhersage: gerechnet mit den Temperaturen, die in dieser Jahreszeit "
            "üblich sind. Das Band ist deshalb breiter."
        ),
        "season": (
            "Ohne Wettervorhersage: gerechnet mit dem Wetter, das dieser Ort um diese Jahreszeit "
            "bisher hatte. Das Band ist deshalb breiter."
        ),
        "none": "Ohne Wetter: gerechnet nur nach Kalender und bisherigem Verbrauch.",
    }[made.weather]


def _doubts(village: VillageStore, made: LoadForecast, station: str, now_ms: int) -> list[str]:
    found = []
    if made.why:
        found.append(made.why if made.method else f"Keine Prognose. {made.why}")
    if now_ms - made.made_at > OLD_MS:
        found.append(f"Diese Prognose ist alt. Sie entstand am {moment(made.made_at)}.")
    if made.heard_until is not None and now_ms - made.heard_until > SILENT_MS:
        since = moment(made.heard_until)
        who = "Mindestens ein Zähler" if ":" in made.meter else "Der Zähler"
        found.append(f"{who} schweigt seit {since}. Was seither war, weiß die Prognose nicht.")
    weather_at = village.last_weather(station)
    if weather_at is not None and now_ms - weather_at > OLD_MS:
        found.append(f"Seit {moment(weather_at)} kam vom Kreis kein neues Wetter.")
    return found


def _quality(score: LoadScore | None) -> str:
    if score is None or score.cv_rmse_percent is None:
        return "Wie gut die Prognosen sind, zeigt sich nach etwa einer Woche."
    text = "Die Prognosen der letzten vier Wochen lagen"
    if score.basis == "rehearsed":
        text = "Rechnet man die letzten vier Wochen mit dem Wetter nach, das kam, liegen Prognosen"
    text += (
        " für eine Stunde des nächsten Tages üblicherweise um "
        f"{score.cv_rmse_percent:.0f} % der mittleren Wärme daneben"
    )
    if score.naive_cv_rmse_percent is not None:
        text += f"; wer einfach den Vortag nimmt, um {score.naive_cv_rmse_percent:.0f} %"
    text += "."
    if score.coverage80_percent is not None:
        text += f" Im Band lagen {score.coverage80_percent:.0f} von 100 Stunden, 80 sollen es sein."
    bias = score.nmbe_percent or 0.0
    if abs(bias) > BIASED:
        side = "viel" if bias > 0 else "wenig"
        text += f" Im Ganzen war es um {abs(bias):.0f} % zu {side}."
    return text


_DAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
