"""Reading `hub.toml`: every mistake at once, each with its line and what is allowed.

Relative paths in the file count from the file's folder.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast

from edge.config.agreeing import check
from edge.config.alarm import alarm
from edge.config.asking import OPTICAL, asking
from edge.config.model import (
    Config,
    Datasette,
    Hub,
    Materials,
    Meter,
    Personal,
    Publish,
    Radio,
    Site,
    Sync,
    Web,
)
from edge.config.receivers import (
    line,
    receiver,
    short_name,
    wireless,
    wireless_address,
)
from edge.config.section import Problem, Problems, Section
from edge.config.syntax import explain

MAX_FILE_BYTES = 1_000_000  # ten thousand meters; more is not this file


class ConfigError(Exception):
    """hub.toml cannot be used. ``problems`` holds all that is wrong, in the file's order."""

    hint = "Bitte hub.toml berichtigen; docs/hub.toml.md erklärt jeden Eintrag."

    def __init__(self, source: Path, problems: Sequence[Problem], *, hint: str = "") -> None:
        self.source = source
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        if hint:
            self.hint = hint
        super().__init__("\n".join(self._lines()))

    def _lines(self) -> list[str]:
        return [
            f"{self.source}"
            + (f", Zeile {problem.line}" if problem.line else "")
            + (f", {problem.key}" if problem.key else "")
            + f": {problem.message}"
            for problem in self.problems
        ]


def load(path: Path) -> Config:
    """Read `hub.toml`.

    :raises ConfigError: with every problem at once, if there is any.
    """
    source = path.absolute()
    text = _read(source)
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also numbers and nests beyond all measure
        raise ConfigError(source, [explain(text, error)]) from error
    problems = Problems(text)
    config = _config(source, Section(values, (), problems), problems)
    if problems.found:
        raise ConfigError(source, problems.found)
    return config


def _read(source: Path) -> str:
    try:
        with source.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            message = f"größer als {MAX_FILE_BYTES} Bytes"
            raise ConfigError(source, [Problem(None, "", message)])
        return data.decode()
    except FileNotFoundError as error:
        raise ConfigError(
            source,
            [Problem(None, "", "die Datei gibt es nicht")],
            hint="Mit `dorfhub init` anlegen oder mit --config die richtige nennen.",
        ) from error
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(source, [Problem(line, "", "kein UTF-8")]) from error
    except OSError as error:
        message = f"nicht lesbar: {error.strerror}"
        raise ConfigError(source, [Problem(None, "", message)]) from error


def _config(source: Path, root: Section, problems: Problems) -> Config:
    hub = _hub(root.table("hub"), source.parent)
    servers = [root.table(name) for name in ("web", "datasette", "sync")]
    config = Config(
        source=source,
        hub=hub,
        web=_web(servers[0], source.parent, hub),
        datasette=_datasette(servers[1]),
        sync=_sync(servers[2], source.parent),
        radio=_radio(root.table("radio"), source.parent),
        personal=_personal(root.table("personal"), source.parent, hub),
        publish=_publish(root.table("publish")),
        sites=tuple(_site(section) for section in root.tables("sites")),
        meters=tuple(_meter(section, source.parent) for section in root.tables("meters")),
        receivers=tuple(receiver(one, source.parent) for one in root.tables("receivers")),
        wireless=wireless(root.table("wireless")),
        materials=_materials(root.table("materials"), source.parent),
        alarm=alarm(root.table("alarm")),
        stated=frozenset(name for name in _TOLD if name in servers[2]),
    )
    root.finish()
    check(config, problems)
    return config


def _hub(section: Section, folder: Path) -> Hub:
    level = section.choice("log_level", ("debug", "info", "warning", "error"), "info")
    hub = Hub(
        name=section.text("name", longest=100),
        village=section.text("village", longest=100),
        state=section.path("state", folder, Path("state")),
        log_level=cast('Literal["debug", "info", "warning", "error"]', level),
        profiles=section.path("profiles", folder) if "profiles" in section else None,
    )
    section.finish()
    return hub


_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"


def _web(section: Section, folder: Path, hub: Hub) -> Web:
    default = Web()
    web = Web(
        host=_host(section, default.host),
        port=_port(section, default.port),
        threads=section.whole("threads", default.threads, 1, 256),
        name=_optional(
            section,
            "name",
            rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+{_LABEL}",
            'ein Name in kleinen Buchstaben wie "dorfhub.wetterfeld.example"',
        ),
        tls=section.path("tls", folder, hub.state / "tls"),
        weather_station=_optional(
            section,
            "weather_station",
            r"[A-Za-z0-9_.-]{1,20}",
            'der Name einer Station wie "K2204"',
        ),
    )
    section.finish()
    return web


def _datasette(section: Section) -> Datasette:
    default = Datasette()
    datasette = Datasette(
        host=_host(section, default.host),
        port=_port(section, default.port),
        base_url=section.matching(
            "base_url",
            r"/(?:[A-Za-z0-9._~-]+/)*",
            'ein Pfad, der mit / beginnt und endet, wie "/daten/"',
            default.base_url,
        ),
    )
    section.finish()
    return datasette


_CALL = r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):[0-9]{1,5}"


# of what does not stand here the county may say something (`dorfhub county setting`)
_TOLD = ("seal_after_s", "care_seal_after_s", "retention_days")


def _sync(section: Section, folder: Path) -> Sync:
    default = Sync()
    calls = section.texts("calls", most=4)
    for call in calls:
        if not re.fullmatch(_CALL, call) or not 0 < int(call.rpartition(":")[2]) < 65536:
            section.problem("calls", f'"{call}" ist nicht von der Form "kreis.example:8443".')
    sync = Sync(
        host=_host(section, default.host),
        port=_port(section, default.port),
        advertise=section.flag("advertise", default.advertise),
        seal_after_s=section.number("seal_after_s", default.seal_after_s, 0.1, 86_400),
        care_seal_after_s=section.number(
            "care_seal_after_s", default.care_seal_after_s, 0.1, 604_800
        ),
        retention_days=section.whole("retention_days", default.retention_days, 1, 3650),
        calls=calls,
        sticks=tuple(folder / Path(one) for one in section.texts("sticks")),
    )
    section.finish()
    return sync


def _radio(section: Section, folder: Path) -> Radio:
    default = Radio()
    kind = section.choice("kind", ("off", "bluez", "strict", "virtual"), default.kind)
    pattern, allowed = {
        "virtual": (r"tcp:[A-Za-z0-9.-]+:[0-9]{1,5}", 'die Form "tcp:HOST:PORT"'),
    }.get(kind, (r"hci[0-9]{1,2}", 'der Name eines Adapters wie "hci0"'))
    radio = Radio(
        kind=cast('Literal["off", "bluez", "strict", "virtual"]', kind),
        adapter=section.matching("adapter", pattern, allowed, default.adapter)
        if kind != "virtual" or "adapter" in section
        else section.text("adapter"),  # a virtual radio has no usual place: it must be named
        scan_interval_s=section.number("scan_interval_s", default.scan_interval_s, 0.1, 86_400),
        links=section.whole("links", default.links, 1, 60),
        alarm_command=section.texts("alarm_command"),
        record=section.path("record", folder) if "record" in section else None,
    )
    if radio.record is not None and kind not in ("strict", "virtual"):
        section.problem(
            "record",
            'geht nur mit kind = "strict" oder "virtual"; mit "bluez" zeichnet'
            " `sudo btmon -w DATEI` auf",
        )
    section.finish()
    return radio


def _personal(section: Section, folder: Path, hub: Hub) -> Personal:
    personal = Personal(
        key_file=section.path("key_file", folder, hub.keys / "personal.key"),
        rules=section.path("rules", folder) if "rules" in section else None,
        alerts=section.flag("alerts", default=True),
    )
    section.finish()
    return personal


def _optional(
    section: Section, name: str, pattern: str = "", allowed: str = "", *, longest: int = 200
) -> str:
    """Return a text, empty if it is absent; without ``pattern`` any up to ``longest``."""
    if name not in section:
        section.optional(name)
        return ""
    if pattern:
        return section.matching(name, pattern, allowed)
    return section.text(name, longest=longest)


def _publish(section: Section) -> Publish:
    publish = Publish(
        interval_s=section.number("interval_s", Publish().interval_s, 0.5, 86_400),
        publisher=_optional(section, "publisher"),
        email=_optional(
            section, "email", r"[^@\s<>\"]{1,64}@[^@\s<>\"]{1,190}", "eine Adresse für E-Mail"
        ),
        region=_optional(
            section,
            "region",
            r"(?:[0-9]{2}|[0-9]{5}|[0-9]{8}|[0-9]{12})",
            'ein Regionalschlüssel wie "06531"',
        ),
        contributor=_optional(
            section, "contributor", r"[A-Za-z0-9_-]{1,60}", 'ein Name wie "hessen"'
        ),
        health=section.flag("health", Publish().health),
    )
    section.finish()
    return publish


def _materials(section: Section, folder: Path) -> Materials:
    default = Materials()
    materials = Materials(
        folder=section.path("folder", folder) if "folder" in section else None,
        keep_free_mb=section.whole("keep_free_mb", default.keep_free_mb, 10, 1_000_000),
        zim_port=section.whole("zim_port", default.zim_port, 1, 65_535),
    )
    section.finish()
    return materials


def _site(section: Section) -> Site:
    site = Site(
        site_id=short_name(section, "site_id"),
        name=section.text("name", longest=100),
        communal=section.flag("communal"),
    )
    section.finish()
    return site


def _meter(section: Section, folder: Path) -> Meter:
    protocol = section.choice("protocol", ("mbus", "telegrams", "wmbus", *OPTICAL), "mbus")
    by_radio = protocol == "wmbus"
    asked = asking(section, protocol)
    meter = Meter(
        meter_id=short_name(section, "meter_id"),
        name=section.text("name", longest=100),
        site_id=short_name(section, "site_id"),
        transport="" if by_radio else section.parsed("transport", lambda text: line(text, folder)),
        protocol=cast('Literal["mbus", "telegrams", "wmbus", "iec62056", "kmp"]', protocol),
        address=section.whole("address", 254, 0, 254),
        poll_s=section.number("poll_s", 900.0, 0.1, 604_800),
        timeout_s=section.number("timeout_s", 2.0, 0.05, 60),
        wireless=wireless_address(section) if by_radio else "",
        secondary=asked.secondary,
        poll_at=asked.poll_at,
        polls_per_day=asked.polls_per_day,
        daily_at=asked.daily_at,
        feeds=_optional(section, "feeds", longest=100),
        air=cast(
            'Literal["", "outdoor", "room"]',
            _optional(section, "air", "outdoor|room", '"outdoor" oder "room"'),
        ),
    )
    if 250 < meter.address < 254:
        section.problem(
            "address", f"{meter.address} geht nicht; erlaubt ist 0 bis 250, oder 254 für jeden"
        )
    section.finish()
    return meter


def _host(section: Section, default: str) -> str:
    return section.matching(
        "host", r"[A-Za-z0-9.:_-]{1,253}", 'ein Name oder eine Adresse wie "127.0.0.1"', default
    )


def _port(section: Section, default: int) -> int:
    return section.whole("port", default, 1, 65_535)
