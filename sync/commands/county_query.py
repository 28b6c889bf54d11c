"""`dorfhub county query`: ask the lake."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from sync.commands.county import county_option, errors, print_json


@click.command()
@click.argument("name")
@click.argument("at_ms", type=int, required=False)
@click.option("--hub", default="", help="Only this hub (its id).")
@click.option("--device", default="", help="Only this device.")
@click.option("--quantity", default="", help="Only this quantity, such as energy.")
@click.option("--from", "begin", default="", help="From this time on, such as 2026-11-23 (UTC).")
@click.option("--until", default="", help="Until before this time.")
@county_option
def query(  # noqa: PLR0917 - one for each option
    name: str,
    at_ms: int | None,
    hub: str,
    device: str,
    quantity: str,
    begin: str,
    until: str,
    path: Path,
) -> None:
    """Ask the lake the question NAME; one JSON object a line, times in UTC.

    \b
    hubs    each hub and quantity: rows, first, last, sum, mean
    hourly  each hour and quantity: rows, lowest, mean, highest
    week    one series for seven days: needs --device, --quantity, --from
    top     each day the 20 devices whose counter went on most

    With a device's name and a time in ms since 1970 instead: its readings of that moment.

    What a hub measured before its clock was set counts at the time it was placed at later; while
    it is not placed, what stands in 1970 or in years to come is left out.

    \b
    Examples:
      dorfhub county query top --from 2026-11-01
      dorfhub county query week --device mbus:LUG-66000007-07-04 --quantity energy --from 2026-11-23
      dorfhub county query mbus:LUG-66000007-07-04 1795448777446 --quantity energy

    \b
    Exit codes: 0 found, 1 the lake has none or cannot be asked, 2 usage, 78 county.toml is wrong.
    """
    from sync.county import placed, questions, store  # noqa: PLC0415
    from sync.county import query as lake  # noqa: PLC0415 - see init
    from sync.county.config import load  # noqa: PLC0415

    if (at_ms is None) != (name in questions.QUESTIONS):
        known = ", ".join(questions.QUESTIONS)
        raise click.UsageError(f"NAME is one of {known}, or a device with a time")
    with errors():
        config = load(path)
        place = store.place(config)
        asked = questions.Asked(
            hub=hub,
            device=device,
            quantity=quantity,
            begin=questions.moment(begin) if begin else None,
            until=questions.moment(until) if until else None,
        )
        lake.use(config.engine)
        now = datetime.now(UTC)
        if at_ms is None:
            question = questions.QUESTIONS[name]
            answer = lake.ask(lambda: question(placed.frame(place, now), asked))
            found = [_plain(row) for row in answer]
        else:
            rows = placed.find(place, now, device=name, observed_at_ms=at_ms, quantity=quantity)
            found = [_plain(dataclasses.asdict(row)) for row in rows]
    for one in found:
        print_json(one)
    lake.leave(0 if found else 1)


def _plain(row: Mapping[str, object]) -> dict[str, object]:
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in row.items()
    }
