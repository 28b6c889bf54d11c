"""What `hub.toml` says of alarms: by which paths they leave the hub without a network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

from edge.config.section import Section
from hardware.relay import BOARDS, MOST_CHANNELS, Board


@dataclass(frozen=True, slots=True)
class Modem:
    """A GSM modem. ``line`` is a moniker."""

    line: str
    pin: str = ""


@dataclass(frozen=True, slots=True)
class Sounding:
    """A siren or lamp: a relay board at ``line``, or else the pin ``pin`` of ``chip``."""

    seconds: float
    line: str = ""
    board: Board = "lctech"
    channel: int = 1
    chip: Path | None = None
    pin: int = 0
    active_low: bool = False


@dataclass(frozen=True, slots=True)
class Alarm:
    """The paths that there are. ``printer`` is a name, `usual` for the system's, empty for none."""

    sms: Modem | None = None
    siren: Sounding | None = None
    lamp: Sounding | None = None
    printer: str = ""


_SIREN_S, _LAMP_S = 30.0, 600.0


def alarm(section: Section) -> Alarm:
    """Read `[alarm]`."""
    found = Alarm(
        sms=_modem(section.table("sms")) if "sms" in section else None,
        siren=_sounding(section.table("siren"), _SIREN_S) if "siren" in section else None,
        lamp=_sounding(section.table("lamp"), _LAMP_S) if "lamp" in section else None,
        printer=section.text("printer", "") if "printer" in section else "",
    )
    for name in ("sms", "siren", "lamp", "printer"):
        if name not in section:
            section.optional(name)
    section.finish()
    return found


def _modem(section: Section) -> Modem:
    modem = Modem(
        line=section.parsed("line", _line),
        pin=section.matching("pin", "[0-9]{4,8}", "4 bis 8 Ziffern in Anführungszeichen")
        if "pin" in section
        else "",
    )
    section.optional("pin")
    section.finish()
    return modem


def _sounding(section: Section, seconds: float) -> Sounding:
    has_pin = "chip" in section
    board = "lctech" if has_pin else section.choice("board", BOARDS, "lctech")
    found = Sounding(
        seconds=section.number("seconds", seconds, 1, 3600),
        line="" if has_pin else section.parsed("line", _line),
        board=cast("Board", board),
        channel=1 if has_pin else section.whole("channel", 1, 1, MOST_CHANNELS),
        chip=Path(section.matching("chip", "/dev/gpiochip[0-9]{1,3}", '"/dev/gpiochip0"'))
        if has_pin
        else None,
        pin=section.whole("pin", -1, 0, 1023) if has_pin else 0,
        active_low=section.flag("active_low", default=False) if has_pin else False,
    )
    section.optional("chip")
    section.finish()
    return found


def _line(text: str) -> str:
    from hardware.transport.moniker import Moniker  # noqa: PLC0415 - a hub without alarms needs none

    Moniker.parse(text)
    return text
