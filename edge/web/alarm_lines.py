"""Alarms on the board, in words: that somebody is needed, and what whoever reads it can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.store.village_alarms import HallAlarm
from edge.web import words
from edge.web.tongue import say


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """One alarm as the template shows it."""

    title: str
    place: str
    since: str
    advice: str


@dataclass(frozen=True, slots=True)
class AlarmPart:
    """The alarms alone, as a part of the board that is renewed by itself."""

    alarms: tuple[AlarmLine, ...]

    @property
    def alarm_mark(self) -> str:
        """What is another once other alarms are shown."""
        return mark(self.alarms)


def mark(alarms: Sequence[AlarmLine]) -> str:
    """Return what is another once other alarms are shown."""
    return "|".join(f"{one.title}{one.place}{one.since}" for one in alarms)


def alarm_lines(alarms: Sequence[HallAlarm], *, is_on: bool) -> list[AlarmLine]:
    """Return them in words, in their order.

    Where alarms are not on (`[personal] alerts`), nobody is called, and what stood there from
    before calls nobody either: a test alone is shown.
    """
    titles = {
        "button": say("Jemand hat den Rufknopf gedrückt"),
        "help": say("Jemand im Dorf braucht Hilfe"),
        "rescue": say("Niemand hat geantwortet"),
        "test": say("Probe: kein Alarm"),
    }
    help_ = say("Wer helfen kann: Bitte bei den Ehrenamtlichen melden. In Lebensgefahr 112 wählen.")
    advices = {
        "rescue": say("Bitte jetzt die 112 wählen. Auf der Alarmseite steht, was vorzulesen ist."),
        "test": say("So sieht es aus, wenn jemand Hilfe braucht. Es ist nichts zu tun."),
    }
    return [
        AlarmLine(
            titles[one.kind],
            one.place,
            say("Seit {time} Uhr.", time=words.clock_time(words.local(one.since))),
            advices.get(one.kind, help_),
        )
        for one in alarms
        if is_on or one.kind == "test"
    ]
