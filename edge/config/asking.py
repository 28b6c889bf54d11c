"""When and by which address a meter is asked: what `[[meters]]` says of it, checked."""

from __future__ import annotations

from dataclasses import dataclass

from edge.config.section import Section

OPTICAL = ("iec62056", "kmp")
CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
BATTERY = "jede Ablesung kostet diesen Zähler etwa 30 Minuten der Lebensdauer seiner Batterie"

_PACES = ("poll_s", "poll_at", "polls_per_day")
_ADDRESSES = ("address", "secondary")


@dataclass(frozen=True, slots=True)
class Asking:
    """The entries of one meter that say how it is asked; empty and 0 where there are none."""

    secondary: str
    poll_at: str
    polls_per_day: int
    daily_at: str


def asking(section: Section, protocol: str) -> Asking:
    """Read the entries and note which of them do not go together."""
    found = Asking(
        secondary=_secondary(section),
        poll_at=section.matching(
            "poll_at",
            rf"|quarter-hour|hour|{CLOCK}",
            '"quarter-hour", "hour" oder eine Uhrzeit wie "03:00"',
            "",
        ),
        polls_per_day=section.whole("polls_per_day", 0, 0, 86_400),
        daily_at=section.matching("daily_at", rf"|{CLOCK}", 'eine Uhrzeit wie "03:00"', ""),
    )
    if protocol in OPTICAL:
        _check_optical(section, protocol)
    elif "daily_at" in section:
        section.problem("daily_at", "gibt es nur bei optischen Leseköpfen; sonst heißt es poll_at")
    if protocol != "mbus" and protocol not in OPTICAL:
        for name in ("poll_at", "polls_per_day", "secondary"):
            if name in section:
                section.problem(name, 'gibt es nur bei protocol = "mbus": sonst fragt niemand')
    if "poll_s" in section and found.poll_at:
        section.problem("poll_at", "geht nicht zusammen mit poll_s; eines von beiden weglassen")
    if "address" in section and found.secondary:
        section.problem("secondary", "geht nicht zusammen mit address; eines von beiden weglassen")
    return found


def _check_optical(section: Section, protocol: str) -> None:
    why = f"; {BATTERY}" if protocol == "iec62056" else ""
    for name in _PACES:
        if name in section:
            section.problem(
                name,
                "geht bei einem optischen Lesekopf nicht: gelesen wird von Hand, höchstens dazu "
                f'einmal am Tag mit daily_at = "03:00"{why}',
            )
    for name in _ADDRESSES:
        if name in section:
            section.problem(name, "geht nicht: unter einem Lesekopf ist nur ein Zähler")


def _secondary(section: Section) -> str:
    text = section.matching(
        "secondary",
        r"|[0-9A-Za-z?/]{8,25}",
        'eine Sekundäradresse wie "76348799", "7634????" oder "76348799KAM1B04"',
        "",
    ).upper()
    if text:
        from hardware.mbus.secondary import SecondaryAddress  # noqa: PLC0415 - few hubs need it

        try:
            SecondaryAddress.parse(text)
        except ValueError:
            section.problem(
                "secondary",
                f'"{text}" ist keine Sekundäradresse; erlaubt ist etwa "76348799", "7634????" '
                'oder "76348799KAM1B04" (`dorfhub meter scan` nennt sie)',
            )
            return ""
    return text
