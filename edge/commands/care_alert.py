"""`dorfhub care alert`: who has which alert, and whether the paths work."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.unlocked import unlocked

if TYPE_CHECKING:
    from edge.care.ladder import Alert
    from edge.store.personal import PersonalStore
    from edge.store.personal_alert_calls import Message

_STATES = {
    "noted": "für den nächsten Rundgang",
    "asked": "die Person soll noch einmal messen",
    "climbing": "wartet auf Antwort",
    "top": "alle gerufen, niemand hat geantwortet",
    "taken": "übernommen",
    "handed": "weitergegeben, noch nicht angenommen",
    "over": "von selbst vorbei",
    "cancelled": "von der Person selbst abgesagt",
    "closed": "erledigt",
}
_SENT = {
    "new": "noch nicht",
    "sent": "verschickt",
    "arrived": "angekommen",
    "failed": "gescheitert",
}
_TEST_S = 60.0  # a modem that looks for its network first takes half of it
_PAUSE_S = 0.3


@click.group()
def alert() -> None:
    """Alarme: wer wartet, wer sich kümmert, und ob die Wege funktionieren."""


@alert.command("list")
@click.option("--all", "everything", is_flag=True, help="Auch die erledigten.")
@click.option("--json", "as_json", is_flag=True, help="Als JSON, für Programme.")
@click.pass_obj
def list_(config_path: Path, *, everything: bool, as_json: bool) -> None:
    """Nenne die offenen Alarme, den dringendsten zuerst. Das steht danach im Buch der Personen.

    \b
    Beispiel:
      dorfhub care alert list --all

    \b
    Rückgabewert (Exit code): 0 keiner wartet auf Antwort, 1 mindestens einer, 75 personal.db ist
    gesperrt, 78 hub.toml ist falsch.
    """
    from edge.ward.office import alerts_at_the_hub  # noqa: PLC0415  # `--help` is quick

    with unlocked(config_path) as store:
        found = alerts_at_the_hub(store, "Liste der Alarme", open_only=not everything)
        names = {one.person: one.name for one in store.persons()}
        contacts = {one.contact: one.name for one in store.contacts()}
        messages = {one.number: store.alert_messages(one.number) for one in found}
    if as_json:
        told = [_as_json(one, messages[one.number]) for one in found]
        click.echo(json.dumps({"alerts": told}, ensure_ascii=False, indent=2))
    else:
        for one in found:
            name = "der Hub selbst" if one.person is None else names.get(one.person, "?")
            _tell(one, name, contacts, messages[one.number])
        if not found:
            click.echo("Kein offener Alarm.")
    if any(one.is_unanswered for one in found):
        raise SystemExit(1)


@alert.command()
@click.argument("number", metavar="NUMMER", type=click.IntRange(1))
@click.option("--by", type=click.IntRange(1), help="Nummer des Kontakts, der sich kümmert.")
@click.pass_obj
def ack(config_path: Path, number: int, by: int | None) -> None:
    """Übernimm den Alarm NUMMER: dann wird niemand weiter gerufen. Wer zuerst kommt, hat ihn.

    \b
    Beispiel:
      dorfhub care alert ack 17 --by 4

    \b
    Rückgabewert (Exit code): 0 übernommen, 1 jemand anderes hat ihn schon, 75 personal.db ist
    gesperrt, 78 hub.toml ist falsch.
    """
    from edge.clock import SystemClock  # noqa: PLC0415  # `--help` is quick

    with unlocked(config_path) as store:
        if by is not None:
            store.contact(by)
        answer = store.acknowledge(number, by, SystemClock().stamp())
    if not answer.won:
        raise click.ClickException(
            f"Alarm {number} ist nicht mehr zu übernehmen: {_STATES[answer.alert.state]}."
        )
    click.echo(f"Alarm {number} ist übernommen.")


@alert.command("hand-over")
@click.argument("number", metavar="NUMMER", type=click.IntRange(1))
@click.option("--to", type=click.IntRange(1), required=True, help="Nummer des Kontakts.")
@click.pass_obj
def hand_over(config_path: Path, number: int, to: int) -> None:
    """Gib den Alarm NUMMER, den jemand übernommen hat, an jemand anderen weiter.

    Bis dort jemand annimmt, bleibt verantwortlich, wer ihn hatte.

    \b
    Beispiel:
      dorfhub care alert hand-over 17 --to 5

    \b
    Rückgabewert (Exit code): 0 weitergegeben, 1 niemand hat ihn, 75 personal.db ist gesperrt,
    78 hub.toml ist falsch.
    """
    from edge.clock import SystemClock  # noqa: PLC0415

    with unlocked(config_path) as store:
        name = store.contact(to).name
        after = store.hand_over(number, to, SystemClock().stamp())
    if after.handed_to != to:
        raise click.ClickException(
            f"Alarm {number} kann nicht weitergegeben werden: {_STATES[after.state]}."
        )
    click.echo(f"{name} wird gefragt, ob sie oder er Alarm {number} annimmt.")


@alert.command()
@click.argument("number", metavar="NUMMER", type=click.IntRange(1))
@click.argument("outcome", metavar="WIE_ES_AUSGING")
@click.option("--by", type=click.IntRange(1), help="Nummer des Kontakts.")
@click.pass_obj
def close(config_path: Path, number: int, outcome: str, by: int | None) -> None:
    """Schließe den Alarm NUMMER und sag, wie es ausging.

    \b
    Beispiel:
      dorfhub care alert close 17 "Telefoniert, es geht gut" --by 4

    \b
    Rückgabewert (Exit code): 0 geschlossen, 1 es gibt ihn nicht, 75 personal.db ist gesperrt,
    78 hub.toml ist falsch.
    """
    from edge.clock import SystemClock  # noqa: PLC0415

    with unlocked(config_path) as store:
        store.close_alert(number, by, outcome, SystemClock().stamp())
    click.echo(f"Alarm {number} ist erledigt.")


@alert.command()
@click.option("--to", type=click.IntRange(1), help="Kontakt, der eine SMS bekommt (Nummer).")
@click.pass_obj
def test(config_path: Path, to: int | None) -> None:
    """Schicke einen Probealarm über jeden Weg; überall steht dabei, dass es eine Probe ist.

    Sirene und Lampe gehen für eine Sekunde an. Eine SMS geht nur hinaus, wenn --to sagt, an wen.

    \b
    Beispiel:
      dorfhub care alert test --to 4

    \b
    Rückgabewert (Exit code): 0 alle Wege gehen, 1 mindestens einer nicht, 75 personal.db ist
    gesperrt, 78 hub.toml ist falsch.
    """
    from edge.alarm.house import paths  # noqa: PLC0415
    from edge.alarm.routes import SMS  # noqa: PLC0415
    from edge.care.finding import Finding, Stage, Urgency  # noqa: PLC0415
    from edge.clock import SystemClock  # noqa: PLC0415
    from edge.config import load  # noqa: PLC0415
    from edge.worker.ladder import TEST  # noqa: PLC0415

    clock = SystemClock()
    with unlocked(config_path) as store:
        config = load(config_path)
        names = list(paths(config))
        stamp = clock.stamp()
        finding = Finding(
            0, f"test:{stamp.wall_ms}", TEST, Stage.RAISE, Urgency.NOTE, stamp.wall_ms,
            stamp.wall_ms,
        )  # fmt: skip
        number = store.raise_hub_alert(finding, stamp)
        lived = store.look_at_clock(stamp).lived
        house = [one for one in names if one != SMS]
        store.call_for_a_test(number, None, house, lived, stamp.wall_ms)
        if to is not None and SMS in names:
            store.contact(to)
            store.call_for_a_test(number, to, [SMS], lived, stamp.wall_ms)
        try:
            messages = _sent(config_path, store, number)
        finally:
            store.close_alert(number, None, "Probe", clock.stamp())
    for one in messages:
        click.echo(f"{one.path}: {_SENT[one.state]}{f' ({one.said})' if one.said else ''}")
    if SMS in names and to is None:
        click.echo(f"{SMS}: nicht geprobt, mit --to einen Kontakt nennen")
    if any(one.state in ("new", "failed") or one.tries > 1 for one in messages):
        raise SystemExit(1)


def _sent(config_path: Path, store: PersonalStore, number: int) -> list[Message]:
    """Wait until the worker has tried each path; without a worker try them here."""
    from edge.alarm.house import paths  # noqa: PLC0415
    from edge.clock import SystemClock  # noqa: PLC0415
    from edge.config import load  # noqa: PLC0415
    from edge.process.heartbeat import read_all  # noqa: PLC0415
    from edge.process.log import Log  # noqa: PLC0415
    from edge.worker.ladder import LadderCalls  # noqa: PLC0415

    config = load(config_path)
    beat = read_all(config).get("worker")
    if beat is None or not beat.alive:
        there = paths(config)
        try:
            LadderCalls(SystemClock(), Log(), there, config.hub.village).run(store)
        finally:
            time.sleep(1.2)  # a siren's test lasts a second
            for path in there.values():
                path.close()
        return store.alert_messages(number)
    deadline = time.monotonic() + _TEST_S
    while time.monotonic() < deadline:
        messages = store.alert_messages(number)
        if all(one.state != "new" or one.tries for one in messages):
            return messages
        time.sleep(_PAUSE_S)
    return store.alert_messages(number)


def _as_json(one: Alert, messages: list[Message]) -> dict[str, object]:
    kept: dict[str, object] = json.loads(one.to_json())
    paths = [{"path": m.path, "state": m.state, "contact": m.call.contact} for m in messages]
    return {"number": one.number, "person": one.person, **kept, "messages": paths}


def _tell(one: Alert, name: str, contacts: dict[int, str], messages: list[Message]) -> None:
    from edge.care.ladder.words import RUNGS, URGENCIES  # noqa: PLC0415

    click.echo(f"Alarm {one.number}: {URGENCIES[one.urgency]}, {name} ({one.rule})")
    click.echo(f"  seit {_moment(one.since)}: {_STATES[one.state]}")
    if one.acknowledged_by is not None:
        click.echo(f"  bei {contacts.get(one.acknowledged_by, f'Nr. {one.acknowledged_by}')}")
    if one.handed_to is not None:
        click.echo(f"  weitergegeben an {contacts.get(one.handed_to, f'Nr. {one.handed_to}')}")
    if one.rung is not None:
        due = f", nächster Schritt {_moment(one.due_at)}" if one.due_at is not None else ""
        click.echo(f"  Stufe: {RUNGS[one.rung]}{due}")
    for sent in messages:
        whom = "" if sent.call.contact is None else contacts.get(sent.call.contact, "?")
        said = f" ({sent.said})" if sent.said else ""
        click.echo(f"  {sent.path} {whom}: {_SENT[sent.state]}{said}".replace(" :", ":"))


def _moment(at_ms: int) -> str:
    from edge.clock import to_datetime  # noqa: PLC0415  # `--help` is quick

    return to_datetime(at_ms).astimezone().strftime("%d.%m.%Y %H:%M")
