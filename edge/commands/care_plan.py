"""`dorfhub care plan` and `pause`: what holds for one person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.care_rules import ACKNOWLEDGED, refused
from edge.commands.unlocked import find_person, now_ms, unlocked

if TYPE_CHECKING:
    from edge.care.rules.plan import Due, Limit, News2, Plan

_DAYS = ("mo", "di", "mi", "do", "fr", "sa", "so")
_WHY = {"holiday": "Urlaub", "hospital": "Krankenhaus", "other": "anderes"}
_RULES = (
    "limit", "baseline", "news2", "missed", "silent", "no_data", "heat", "sos", "inactivity",
)  # fmt: skip
_CALLS = {"low_urgent": "bis", "high_urgent": "ab"}


@click.group()
def plan() -> None:
    """Was für eine Person gilt: Grenzen, Messzeiten, NEWS2."""


@plan.command("set")
@click.argument("who", metavar="PERSON")
@click.option("--by", required=True, help="Wer das festlegt, zum Beispiel die Praxis.")
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="GRÖSSE:ENDE=ZAHL,...",
    help="Eigene Grenzen; Enden: low, high (heute), low_urgent, high_urgent (binnen einer Stunde), "
    "low_extreme, high_extreme (auch ohne zweite Messung binnen einer Stunde).",
)
@click.option(
    "--no-limit", "dropped", multiple=True, metavar="GRÖSSE", help="Wieder die allgemeinen."
)
@click.option(
    "--measure",
    "spans",
    multiple=True,
    metavar="ART=VON-BIS[@TAGE]",
    help="Wann gemessen wird; ersetzt alle bisherigen Zeiten.",
)
@click.option("--no-measure", is_flag=True, help="Keine festen Messzeiten mehr.")
@click.option(
    "--no-data",
    "silences",
    multiple=True,
    metavar="ART=STUNDEN",
    help="So lange darf von dieser Art nichts kommen, bis jemand nachsieht; 0: es wird nichts "
    "erwartet, measured: das tägliche Messen, button: der Rufknopf; ohne Zahl wieder allgemein.",
)
@click.option("--news2/--no-news2", "scored", default=None, help="NEWS2 rechnen; dazu --age.")
@click.option("--age", type=click.IntRange(0, 130), help="Alter in Jahren; NEWS2 gilt ab 16.")
@click.option("--pregnant", is_flag=True, help="Schwanger: NEWS2 gilt dann nicht.")
@click.option("--scale2-by", help="Skala 2 der Sauerstoffsättigung: welche Ärztin sie anordnet.")
@click.option("--on-oxygen", is_flag=True, help="Die Person bekommt Sauerstoff.")
@click.option("--off", multiple=True, type=click.Choice(_RULES), help="Regel, die nicht gilt.")
@click.option("--on", multiple=True, type=click.Choice(_RULES), help="Regel, die wieder gilt.")
@click.pass_obj
def set_(  # noqa: PLR0917  # its options
    config_path: Path,
    who: str,
    by: str,
    limits: tuple[str, ...],
    dropped: tuple[str, ...],
    spans: tuple[str, ...],
    no_measure: bool,  # noqa: FBT001
    silences: tuple[str, ...],
    scored: bool | None,  # noqa: FBT001
    age: int | None,
    pregnant: bool,  # noqa: FBT001
    scale2_by: str | None,
    on_oxygen: bool,  # noqa: FBT001
    off: tuple[str, ...],
    on: tuple[str, ...],
) -> None:
    """Lege fest, was für PERSON gilt; was nicht genannt wird, bleibt, wie es war.

    \b
    Beispiele:
      dorfhub care plan set "Erna Weber" --by "Praxis Dr. Beispiel" \\
        --limit oxygen_saturation:low=88,low_urgent=84 \\
        --measure blood_pressure=7:00-10:00 --measure weight=7:00-10:00@mo,do
      dorfhub care plan set "Erna Weber" --by "Tochter" --no-data home_activity=72
      dorfhub care plan set "Erna Weber" --by "Praxis" --news2 --age 81 \\
        --scale2-by "Dr. Beispiel"

    \b
    Rückgabewert (Exit code): 0 getan, 1 verweigert, 75 personal.db ist gesperrt,
    78 hub.toml ist falsch.
    """
    from edge.care.rules.plan import News2  # noqa: PLC0415  # `--help` is quick

    if not by.strip() or len(by) > 200:
        raise click.ClickException("--by hat 1 bis 200 Zeichen.")
    with unlocked(config_path) as store, refused():
        person = find_person(store, who)
        found = store.plan(person.person, now_ms())
        own = {name: one for name, one in found.limits.items() if name not in dropped}
        named = dict(map(_limit, limits))
        own |= named
        schedule = found.schedule
        if spans or no_measure:
            schedule = tuple(_due(one) for one in spans)
        no_data = dict(found.no_data)
        for kind, hours in map(_silence, silences):
            no_data.pop(kind, None)
            if hours is not None:
                no_data[kind] = hours
        news2: News2 | None = found.news2
        if scored:
            if age is None:
                raise click.ClickException("Zu --news2 gehört --age: NEWS2 gilt erst ab 16 Jahren.")
            news2 = News2(2 if scale2_by else 1, scale2_by or "", on_oxygen, age, pregnant)
        elif scored is not None:
            news2 = None
        after = replace(
            found,
            limits=own,
            schedule=schedule,
            no_data=no_data,
            news2=news2,
            off=(found.off | set(off)) - set(on),
        )
        store.set_plan(after, by.strip(), now_ms())
    click.echo(f"Festgelegt für {person.name}. Zeigen: dorfhub care plan show {person.person}")
    for text in _no_more_urgent(config_path, named):
        click.echo(text, err=True)
    if scored:
        click.echo(ACKNOWLEDGED)


@plan.command("show")
@click.argument("who", metavar="PERSON")
@click.option("--json", "as_json", is_flag=True, help="Als JSON, für Programme.")
@click.pass_obj
def show(config_path: Path, who: str, *, as_json: bool) -> None:
    """Zeige, was für PERSON gilt, und wer es festgelegt hat.

    \b
    Beispiel:
      dorfhub care plan show "Erna Weber"

    \b
    Rückgabewert (Exit code): 0 getan, 1 niemand heißt so, 75 personal.db ist gesperrt,
    78 hub.toml ist falsch.
    """
    from edge.care.rules.codec import plain  # noqa: PLC0415  # `--help` is quick
    from edge.care.rules.plan_words import moment  # noqa: PLC0415

    with unlocked(config_path) as store:
        person = find_person(store, who)
        found = store.plan(person.person, now_ms())
        changes = store.plan_changes(person.person)
        names = {one.recipient: one.name for one in store.contacts()}
    if as_json:
        told = {
            "plan": plain(found),
            "changes": [{"at": one.set_at, "by": one.by} for one in changes],
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return
    click.echo(f"{person.name}:")
    for line in _told(found):
        click.echo(f"  {line}")
    for one in changes[:5]:
        by = names.get(one.by, one.by)
        asked = f" (auf Wunsch von {one.asked.by}, {one.asked.day})" if one.asked else ""
        click.echo(f"  festgelegt am {moment(found, one.set_at)}: {by}{asked}")


@click.command()
@click.argument("who", metavar="PERSON")
@click.option("--from", "since", metavar="TAG", help="Ab wann; ohne: ab jetzt. 2026-12-24 [14:00]")
@click.option("--until", metavar="TAG", help="Bis wann; ohne: bis auf Weiteres.")
@click.option("--why", type=click.Choice(list(_WHY)), default="holiday", show_default=True)
@click.option("--end", is_flag=True, help="Die Pause ist jetzt vorbei; geplante entfallen.")
@click.option("--by", default="vor Ort", show_default=True, help="Wer das sagt.")
@click.pass_obj
def pause(  # noqa: PLR0917  # its options
    config_path: Path,
    who: str,
    since: str | None,
    until: str | None,
    why: str,
    end: bool,  # noqa: FBT001
    by: str,
) -> None:
    """Trage ein, dass PERSON nicht da ist: niemand wird erinnert, nichts gilt als vergessen.

    Rufe um Hilfe und Werte jenseits einer festen Grenze werden auch in der Pause gemeldet.

    \b
    Beispiele:
      dorfhub care pause "Erna Weber" --from 2026-12-24 --until 2027-01-02
      dorfhub care pause "Erna Weber" --why hospital
      dorfhub care pause "Erna Weber" --end

    \b
    Rückgabewert (Exit code): 0 getan, 1 verweigert, 75 personal.db ist gesperrt,
    78 hub.toml ist falsch.
    """
    from edge.care.rules import plan_words  # noqa: PLC0415  # `--help` is quick
    from edge.care.rules.plan import Pause  # noqa: PLC0415
    from edge.learning.errors import Refused  # noqa: PLC0415
    from edge.ward.plan_steps import with_pause, without_pause  # noqa: PLC0415

    now = now_ms()
    with unlocked(config_path) as store, refused():
        person = find_person(store, who)
        found = store.plan(person.person, now)
        said = "Pause beendet."
        if end:
            after = without_pause(found, now)
        else:
            begins = now if since is None else _parsed(found, since)
            one = Pause(begins, None if until is None else _parsed(found, until), why)
            said = plan_words.pause(found, one)
            try:
                after = with_pause(found, one)
            except Refused as error:
                raise click.ClickException(error.hint) from None
        store.set_plan(after, by.strip() or "vor Ort", now)
    click.echo(f"{person.name}: {said}")


def _no_more_urgent(config_path: Path, named: Mapping[str, Limit]) -> Iterable[str]:
    """Say of which limits an urgent end of the rule set holds no more, and nothing instead."""
    from edge.care.rules.plan import Limit  # noqa: PLC0415  # `--help` is quick
    from edge.care.rules.ruleset import readable  # noqa: PLC0415
    from edge.config import load  # noqa: PLC0415
    from edge.ward.asked_limits import weaker  # noqa: PLC0415
    from edge.ward.plans import general_limits  # noqa: PLC0415

    general = general_limits(readable(load(config_path).personal.rules))
    for quantity, own in named.items():
        for one in weaker(None, own, general.get(quantity, Limit())):
            if one.after is None and one.end in _CALLS:
                yield (
                    f"Achtung, {quantity}: Allgemein wird {_CALLS[one.end]} {one.before:g} jemand "
                    "binnen einer Stunde gerufen, hier nicht mehr. Soll das bleiben, auch "
                    f"{one.end}={one.before:g} angeben."
                )


def _limit(text: str) -> tuple[str, Limit]:
    from edge.care.rules.plan import Limit  # noqa: PLC0415  # as above

    quantity, _, ends = text.partition(":")
    values: dict[str, float] = {}
    for end in ends.split(","):
        name, _, number = end.partition("=")
        if name not in Limit.__dataclass_fields__:
            raise click.ClickException(
                f"--limit {text}: so zum Beispiel: oxygen_saturation:low=88,low_urgent=84"
            )
        try:
            values[name] = float(number.replace(",", "."))
        except ValueError:
            raise click.ClickException(f"--limit {text}: „{number}“ ist keine Zahl.") from None
    return quantity, Limit(**values)


def _silence(text: str) -> tuple[str, float | None]:
    """Return a kind and its hours, None to take the rule set's again."""
    kind, _, hours = text.partition("=")
    try:
        return kind, float(hours.replace(",", ".")) if hours else None
    except ValueError:
        raise click.ClickException(
            f"--no-data {text}: so zum Beispiel: home_activity=72 oder button=0"
        ) from None


def _due(text: str) -> Due:
    from edge.care.kinds import TO_MEASURE  # noqa: PLC0415  # as above
    from edge.care.rules.plan import Due  # noqa: PLC0415  # as above
    from edge.ward.plan_steps import NOT_MEASURED  # noqa: PLC0415  # as above

    found = re.fullmatch(
        r"(\w+)=(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)(?:@([a-z]{2}(?:,[a-z]{2})*))?", text
    )
    days = found[6].split(",") if found and found[6] else _DAYS
    if found is None or not set(days) <= set(_DAYS):
        raise click.ClickException(
            f"--measure {text}: so zum Beispiel: blood_pressure=7:00-10:00 oder "
            "weight=7:00-10:00@mo,do"
        )
    begin = int(found[2]) * 60 + int(found[3])
    end = int(found[4]) * 60 + int(found[5])
    if int(found[3]) > 59 or int(found[5]) > 59 or end > 24 * 60:
        raise click.ClickException(f"--measure {text}: Das ist keine Uhrzeit.")
    due = Due(found[1], begin, end, tuple(sorted({_DAYS.index(day) for day in days})))
    if due.kind not in TO_MEASURE:
        raise click.ClickException(f"--measure {text}: {NOT_MEASURED}")
    return due


def _told(found: Plan) -> Iterable[str]:
    from edge.care.rules import plan_words  # noqa: PLC0415  # as above
    from edge.care.rules.words import RULES  # noqa: PLC0415

    for quantity, limit in found.limits.items():
        said = plan_words.limit(quantity, limit)
        yield f"Grenze {plan_words.quantity_name(quantity)}: {said}"
    for due in found.schedule:
        yield f"zu messen: {plan_words.due(due)}"
    for kind, hours in sorted(found.no_data.items()):
        yield f"ohne Daten: {plan_words.no_data(kind, hours)}"
    for one in found.pauses:
        yield plan_words.pause(found, one)
    if found.news2 is not None:
        yield f"{plan_words.news2(found.news2)}. {ACKNOWLEDGED}"
    if found.off:
        yield f"gilt nicht: {', '.join(RULES[one] for one in sorted(found.off))}"
    own = (found.limits, found.schedule, found.no_data, found.pauses, found.news2, found.off)
    if not any(own):
        yield "nichts Eigenes; es gelten die allgemeinen Regeln (dorfhub care rules show)"


def _parsed(found: Plan, text: str) -> int:
    from zoneinfo import ZoneInfo  # noqa: PLC0415  # as above

    for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%d.%m.%Y", "%d.%m.%Y %H:%M"):
        try:
            wall = datetime.strptime(text.strip(), form)  # noqa: DTZ007  # the zone follows
        except ValueError:
            continue
        return round(wall.replace(tzinfo=ZoneInfo(found.zone)).timestamp() * 1000)
    raise click.ClickException(f"„{text}“ ist kein Tag; so zum Beispiel: 2026-12-24 14:00")
