"""What `hub.toml` says of receivers and of the meters that they hear."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, cast, get_args

from edge.config.model import Config, Receiver, ReceiverKind, Wireless
from edge.config.section import Problems, Section

KINDS: tuple[str, ...] = get_args(ReceiverKind)
MODES = ("T1", "C1", "S1", "C1+T1")


def receiver(section: Section, folder: Path) -> Receiver:
    """Read one `[[receivers]]`."""
    kind = section.choice("kind", KINDS, "")
    modes = _modes(kind)
    usual = "C1+T1" if "C1+T1" in modes else "T1"
    mode = section.choice("mode", MODES, usual)
    if mode not in modes:
        section.problem("mode", f"{mode} kann {kind} nicht (erlaubt: {', '.join(modes)})")
    found = Receiver(
        receiver_id=short_name(section, "receiver_id"),
        kind=cast("ReceiverKind", kind),
        transport=section.parsed("transport", lambda text: line(text, folder)),
        mode=cast('Literal["T1", "C1", "S1", "C1+T1"]', mode),
    )
    section.finish()
    return found


def wireless(section: Section) -> Wireless:
    """Read `[wireless]`."""
    default = Wireless()
    found = Wireless(
        keep_every_s=section.number("keep_every_s", default.keep_every_s, 0, 86_400),
        raw_retention_days=section.whole("raw_retention_days", default.raw_retention_days, 1, 365),
    )
    section.finish()
    return found


def wireless_address(section: Section) -> str:
    """Read how a meter is recognised on the air."""
    if "transport" in section:
        section.text("transport", "", longest=4096)
        section.problem(
            "transport", 'ein Zähler mit protocol = "wmbus" hat keine Leitung: weglassen'
        )
    return section.matching(
        "wireless",
        r"[A-Z]{3}-[0-9A-F]{8}(-[0-9A-F]{2}-[0-9A-F]{2})?",
        'Hersteller und Zählernummer wie "KAM-76348799", oder der ganze Name wie'
        ' "KAM-76348799-1B-04"; `dorfhub meter listen` zeigt sie',
    )


def check_wireless(config: Config, problems: Problems) -> None:
    """Note receivers and meters that do not fit each other."""
    seen: set[str] = set()
    lines: dict[str, str] = {}
    for index, one in enumerate(config.receivers):
        key = ("receivers", index)
        if one.receiver_id and one.receiver_id in seen:
            problems.add((*key, "receiver_id"), f'"{one.receiver_id}" gibt es schon')
        seen.add(one.receiver_id)
        other = lines.setdefault(one.transport, one.receiver_id)
        if one.transport and other != one.receiver_id:
            problems.add((*key, "transport"), f'an dieser Leitung hängt schon "{other}"')
    heard: dict[str, str] = {}
    for index, meter in enumerate(config.meters):
        if not meter.wireless:
            continue
        other = heard.setdefault(meter.wireless, meter.meter_id)
        if other != meter.meter_id:
            problems.add(("meters", index, "wireless"), f'das ist schon der Zähler "{other}"')
        if not config.receivers:
            problems.add(
                ("meters", index, "wireless"),
                "niemand hört diesen Zähler: es fehlt ein Abschnitt [[receivers]]",
            )


def short_name(section: Section, name: str) -> str:
    """Read the short name of a thing."""
    return section.matching(
        name,
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
        "ein Kurzname aus Buchstaben ohne Umlaute, Ziffern, Punkt, - und _, höchstens 64 Zeichen",
    )


def line(text: str, folder: Path) -> str:
    """Check a line's name, and make the file it names absolute.

    :raises MonikerError: if it names no line.
    """
    from hardware.transport.moniker import (  # noqa: PLC0415 - a hub without meters needs none
        Moniker,
        PipeName,
        RecordName,
        ReplayName,
    )

    name = Moniker.parse(text).line
    scheme, _, rest = text.partition(":")
    if isinstance(name, RecordName):
        return f"{scheme}:{(folder / name.file).absolute()}+{name.inner.text}"
    if isinstance(name, ReplayName | PipeName):
        _, mark, options = rest.partition("?")
        return f"{scheme}:{(folder / name.file).absolute()}{mark}{options}"
    return text


def _modes(kind: str) -> tuple[str, ...]:
    """Return what a kind can be set to, all modes if there is no such kind."""
    from hardware.receiver import receiver_of  # noqa: PLC0415 - as above

    if kind not in KINDS:
        return MODES
    able = receiver_of(kind).modes
    return tuple(mode for mode in MODES if mode in able)
