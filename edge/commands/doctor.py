"""`dorfhub doctor`: what works, what does not, and what to do about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import click

from edge.config import ConfigError, load
from edge.doctor import (
    check_access,
    check_alarm,
    check_certificate,
    check_events,
    check_keys,
    check_lines,
    check_profiles,
    check_scales,
    check_sensors,
    check_software,
    check_status,
    check_street,
    check_unlock,
    check_values,
    checks,
)
from edge.doctor.checks import Check, Finding, check_all

CHECKS: Mapping[str, Check] = {
    "folder": checks.folders,
    "disk": checks.disk,
    "database": checks.databases,
    "personal": checks.personal,
    "unlock": check_unlock.unlocking,
    "process": checks.processes,
    "port": checks.ports,
    "line": check_lines.lines,
    "radio": check_lines.radio,
    "alarm": check_alarm.alarms,
    "clock": checks.clock,
    "device": checks.devices,
    "sensor": check_sensors.sensors,
    "scale": check_scales.scales,
    "receiver": check_street.receivers,
    "key": check_keys.keys,
    "status": check_status.statuses,
    "values": check_values.values,
    "profile": check_profiles.profiles,
    "event": check_events.events,
    "county": checks.county,
    "software": check_software.software,
    "access": check_access.access,
    "certificate": check_certificate.certificates,
    "snapshot": checks.snapshot,
}

_MARKS = {"ok": "ok", "warn": "ACHTUNG", "fail": "FEHLER"}
_EXIT = {"ok": 0, "warn": 1, "fail": 2}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.pass_obj
def doctor(config_path: Path, *, as_json: bool) -> None:
    """Say what works, what does not, and what a volunteer should do about it.

    Changes nothing. Works without a configuration, without a hub and while it runs.

    \b
    Examples:
      dorfhub doctor
      dorfhub --config /srv/dorfhub/hub.toml doctor --json

    \b
    Exit codes: 0 all is well, 1 something needs attention, 2 something does not work.
    """
    findings = list(_findings(config_path))
    code = max(_EXIT[finding.level] for finding in findings)
    if as_json:
        record = {"exit": code, "findings": [asdict(finding) for finding in findings]}
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            click.echo(f"{_MARKS[finding.level]:8} {finding.message}")
            if finding.advice:
                click.echo(f"{'':8} -> {finding.advice}")
        click.echo()
        click.echo(_SUMMARY[code])
    raise SystemExit(code)


_SUMMARY = (
    "Alles in Ordnung.",
    "Nichts ist kaputt; bei ACHTUNG bitte nachsehen.",
    "Etwas geht nicht: bei FEHLER bitte tun, was dabei steht.",
)


def _findings(config_path: Path) -> Iterator[Finding]:
    try:
        config = load(config_path)
    except ConfigError as error:
        for line in str(error).splitlines():
            yield Finding("config", "fail", line, error.hint)
        return
    yield Finding("config", "ok", f"{config.source} ist lesbar und richtig.")
    yield from check_all(config, CHECKS)
