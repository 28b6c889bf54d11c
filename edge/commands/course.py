"""`dorfhub course`: the village's courses, beside the county's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from edge.commands.learning_point import euros, opened, read_cents, tag, uhrzeit, when

if TYPE_CHECKING:
    from edge.learning.course import Course

T = TypeVar("T")

_STATES = {
    "draft": "Entwurf",
    "published": "veröffentlicht",
    "moved": "verlegt",
    "cancelled": "abgesagt",
}
_REV = click.option(
    "--rev", type=int, help="Nur ändern, wenn der Kurs noch diese Fassung hat (course show)."
)


@click.command("list")
@click.option("--all", "all_", is_flag=True, help="Auch Entwürfe und was vorbei ist.")
@click.option("--season", help="Nur eine Saison; dann auch Entwürfe.")
@click.pass_obj
def list_(config_path: Path, *, all_: bool, season: str | None) -> None:
    """Zeigt, was läuft: die Kurse des Dorfs und die des Kreises in einer Liste, nach Beginn.

    \b
    Beispiel:
      dorfhub course list
      dorfhub course list --season 2026-2

    \b
    Exit codes: 0 gezeigt, 1 abgelehnt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        if season is not None or all_:
            found = point.village.courses(season)
            for course in found:
                begins = when(course.first_at) if course.first_at is not None else "ohne Termin"
                state = _STATES[course.state]
                click.echo(f"{course.course:>4}  {begins:<19}  {state:<14}  {course.title}")
            if season is not None:
                return
        for entry in point.courses.catalogue(past=all_):
            if entry.own is not None and all_:
                continue
            begins = when(entry.first_at) if entry.first_at is not None else "laufend"
            number = "vhs" if entry.own is None else str(entry.own.course)
            told = {"moved": " (verlegt)", "cancelled": " (fällt aus)"}.get(entry.state, "")
            free = "" if entry.free is None else f"  {_free(entry.free, waits=entry.waits)}"
            click.echo(f"{number:>4}  {begins:<19}  {entry.title}{told}{free}")


@click.command()
@click.argument("number", metavar="KURS", type=int)
@click.pass_obj
def show(config_path: Path, number: int) -> None:
    """Zeigt einen KURS mit seinen Terminen und deren Nummern.

    \b
    Beispiel:
      dorfhub course show 3

    \b
    Exit codes: 0 gezeigt, 1 gibt es nicht, 78 hub.toml ist falsch.
    """
    from edge.desk.courses import place_of  # noqa: PLC0415
    from edge.learning.course import AREAS, units  # noqa: PLC0415

    with opened(config_path) as point:
        course = point.village.course(number)
        rooms = {one.room_id: one.name for one in point.village.rooms()}
        click.echo(f"{course.title}  ({_STATES[course.state]}, Fassung {course.rev})")
        for language, text in course.texts.items():
            if language != "de":
                click.echo(f"  [{language}] {text.title}")
        if course.text("de").summary:
            click.echo(f"  {course.text('de').summary}")
        if course.note:
            click.echo(f"  Hinweis: {course.note}")
        free = point.desk.free_seats(number)
        told = "ohne Anmeldung" if free is None else f"{free} von {course.seats} frei"
        click.echo(f"  Plätze: {told}  Kosten: {euros(course.cost_cents)}")
        area = AREAS.get(course.area, "ohne Programmbereich")
        click.echo(f"  {area}  {units(course.minutes):.2f} UE".replace(".", ","))
        for one in course.digcomp:
            click.echo(f"  DigComp {course.digcomp_version}: Bereich {one.area} {one.level}")
        for session in course.sessions:
            off = "  fällt aus" if session.cancelled else ""
            click.echo(
                f"  {session.session:>5}  {when(session.starts_at, session.ends_at)}"
                f"  {place_of(session, rooms)}{off}"
            )


@click.command()
@click.argument("title", metavar="TITEL")
@click.option("--season", required=True, help="Kennung der Saison (dorfhub learning season list).")
@click.option("--first", "first_day", type=tag, required=True, help="Tag des ersten Termins.")
@click.option("--start", type=uhrzeit, required=True, help="Beginn, zum Beispiel 18:30.")
@click.option("--end", type=uhrzeit, required=True, help="Ende; nach Mitternacht am Tag darauf.")
@click.option("--times", "count", type=click.IntRange(1, 200), default=1, show_default=True)
@click.option("--every", "every_weeks", type=click.IntRange(1, 52), default=1, show_default=True)
@click.option("--without", multiple=True, type=tag, help="Ein Tag, an dem er nicht stattfindet.")
@click.option("--room", help="Kennung des Raums (dorfhub learning room list).")
@click.option("--place", default="", help="Ort, wenn es keiner der Räume ist.")
@click.option("--break", "pause", type=click.IntRange(0, 600), default=0, help="Pause in Minuten.")
@click.option("--summary", default="", help="Worum es geht.")
@click.option("--simple", default="", help="Titel in Leichter Sprache.")
@click.option("--title-in", nargs=2, multiple=True, metavar="SPRACHE TITEL")
@click.option("--kind", type=click.Choice(["course", "event", "stop"]), default="course")
@click.option("--seats", type=int, default=0, help="Plätze; 0: man kommt ohne Anmeldung.")
@click.option("--minimum", type=int, default=0, help="So viele müssen es mindestens sein.")
@click.option("--cost", default="0", help="Euro für eine Person, zum Beispiel 12,50.")
@click.option("--area", type=int, default=0, help="Programmbereich 1 bis 7.")
@click.option("--digcomp", nargs=2, multiple=True, type=(int, str), metavar="BEREICH STUFE")
@click.option("--digcomp-version", default="3.0", show_default=True)
@click.option("--language", "languages", multiple=True, default=("de",), show_default=True)
@click.option("--access", default="", help="Stufen, Aufzug, Höranlage.")
@click.option("--die", "die_number", default="", help="Nummer der DIE-Statistik.")
@click.option("--trainer", type=int, help="Nummer der Leitung (dorfhub learning trainer list).")
@click.option("--announced-as", default="", help="Wie die Leitung auf dem Plakat heißen möchte.")
@click.pass_obj
def create(config_path: Path, /, title: str, **given: object) -> None:
    """Legt einen Kurs als Entwurf an. Am Tag der Zeitumstellung bleibt die Uhrzeit im Saal gleich.

    An Tagen aus `dorfhub learning holiday` findet kein Termin statt; er wird angehängt.

    \b
    Beispiel:
      dorfhub course create "Sicher im Netz" --season 2026-2 --first 06.10.2026 \\
          --start 18:30 --end 20:00 --times 6 --room saal --seats 12 --area 5

    \b
    Exit codes: 0 angelegt, 1 abgelehnt, 2 Eingabe, 78 hub.toml ist falsch.
    """
    from edge.learning import series  # noqa: PLC0415
    from edge.learning.course import SIMPLE, Course, DigComp, Text  # noqa: PLC0415

    cents = read_cents(str(given.pop("cost")))
    if cents is None:
        raise click.ClickException("Die Kosten bitte in Euro, zum Beispiel 12,50.")
    texts = {"de": Text(title, str(given.pop("summary")))}
    if simple := str(given.pop("simple")):
        texts[SIMPLE] = Text(simple)
    for language, words in given.pop("title_in"):  # type: ignore[attr-defined]
        texts[language] = Text(words)
    meets = series.Series(
        first_day=_of(date, given.pop("first_day")),
        start=_of(time, given.pop("start")),
        end=_of(time, given.pop("end")),
        count=_of(int, given.pop("count")),
        every_weeks=_of(int, given.pop("every_weeks")),
        room_id=given.pop("room") or None,  # type: ignore[arg-type]
        place=_of(str, given.pop("place")),
        break_minutes=_of(int, given.pop("pause")),
        without=frozenset(given.pop("without")),  # type: ignore[call-overload]
    )
    digcomp = tuple(DigComp(area, level) for area, level in given.pop("digcomp"))  # type: ignore[attr-defined]
    season = _of(str, given.pop("season"))
    with opened(config_path) as point:
        course = Course(
            season_id=season,
            texts=texts,
            cost_cents=cents,
            digcomp=digcomp,
            sessions=series.sessions(meets, list(point.village.free_days())),
            **given,  # type: ignore[arg-type]  # click has read them as their types
        )
        (made,) = point.courses.create([course])
    click.echo(f"Angelegt als Entwurf: {made.title} (Nr. {made.course})")
    click.echo(f"Als Nächstes: dorfhub course publish {made.course}")


@click.command()
@click.argument("numbers", metavar="KURS...", nargs=-1, type=int, required=True)
@click.option("--to", "season", required=True, help="Kennung der Saison, in die kopiert wird.")
@click.pass_obj
def copy(config_path: Path, numbers: tuple[int, ...], season: str) -> None:
    """Kopiert Kurse in eine andere Saison, als Entwurf, um ganze Wochen verschoben.

    Wochentag und Uhrzeit bleiben. Was auf einen freien Tag fiele, entfällt.

    \b
    Beispiel:
      dorfhub course copy 3 4 7 --to 2027-2

    \b
    Exit codes: 0 kopiert, 1 abgelehnt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        for made in point.courses.copy(numbers, season):
            begins = when(made.first_at) if made.first_at is not None else "ohne Termin"
            click.echo(f"{made.course:>4}  {begins:<19}  {made.title}")


@click.command()
@click.argument("numbers", metavar="KURS...", nargs=-1, type=int, required=True)
@click.pass_obj
def publish(config_path: Path, numbers: tuple[int, ...]) -> None:
    """Veröffentlicht Kurse: Sie stehen im Kalender, und man kann sich anmelden.

    \b
    Beispiel:
      dorfhub course publish 3

    \b
    Exit codes: 0 veröffentlicht, 1 es fehlt etwas, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        for number in numbers:
            made = point.courses.publish(number)
            click.echo(f"Veröffentlicht: {made.title}")


@click.command()
@click.argument("number", metavar="KURS", type=int)
@click.pass_obj
def withdraw(config_path: Path, number: int) -> None:
    """Zieht einen KURS zurück, für den sich noch niemand angemeldet hat.

    Auch frühere Fassungen der offenen Daten mit ihm verschwinden.

    \b
    Beispiel:
      dorfhub course withdraw 3

    \b
    Exit codes: 0 zurückgezogen, 1 abgelehnt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        click.echo(f"Zurückgezogen: {point.courses.withdraw(number).title}")


@click.command()
@click.argument("number", metavar="KURS", type=int)
@click.option("--note", default="", help="Warum; das steht dann im Kalender und auf dem Zettel.")
@_REV
@click.pass_obj
def cancel(config_path: Path, number: int, note: str, rev: int | None) -> None:
    """Sagt einen KURS ab. Wer angemeldet ist, sieht es mit der Zettelnummer.

    \b
    Beispiel:
      dorfhub course cancel 3 --note "Zu wenige Anmeldungen"

    \b
    Exit codes: 0 abgesagt, 1 abgelehnt, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        made = point.courses.cancel(number, note, rev)
        seats = point.village.seats().get(number)
        click.echo(f"Abgesagt: {made.title}")
        if seats is not None and seats.taken:
            click.echo(f"Bitte anrufen: dorfhub signup list {number}")


@click.command()
@click.argument("number", metavar="KURS", type=int)
@click.option("--only", type=tag, help="Nur der Termin an diesem Tag.")
@click.option("--days", type=int, default=0, help="Um so viele Tage, auch zurück (-7).")
@click.option("--start", type=uhrzeit, help="Neuer Beginn.")
@click.option("--end", type=uhrzeit, help="Neues Ende; ohne: gleich lang.")
@click.option("--room", help="Kennung des neuen Raums.")
@click.option("--drop", is_flag=True, help="Der Termin fällt aus (mit --only).")
@click.option("--note", default="", help="Was sich ändert, in einem Satz.")
@_REV
@click.pass_obj
def move(config_path: Path, /, number: int, **given: object) -> None:
    """Verlegt einen KURS oder einen Termin. Wer angemeldet ist, sieht es mit der Zettelnummer.

    \b
    Beispiel:
      dorfhub course move 3 --only 13.10.2026 --days 1 --note "Einmal mittwochs"
      dorfhub course move 3 --only 20.10.2026 --drop

    \b
    Exit codes: 0 verlegt, 1 abgelehnt, 2 Eingabe, 78 hub.toml ist falsch.
    """
    from edge.desk.courses import shifted  # noqa: PLC0415
    from edge.learning.course import Session  # noqa: PLC0415
    from edge.learning.moment import local_day  # noqa: PLC0415

    only, drop = given["only"], given["drop"]
    if drop and only is None:
        raise click.UsageError("--drop braucht --only TAG")

    def change(sessions: tuple[Session, ...]) -> list[Session]:
        if drop:
            return [
                replace(one, cancelled=one.cancelled or local_day(one.starts_at) == only)
                for one in sessions
            ]
        names = ("days", "start", "end", "room")
        days, start, end, room = (given[name] for name in names)
        return shifted(sessions, days=days, start=start, end=end, room_id=room, only=only)  # type: ignore[arg-type]

    with opened(config_path) as point:
        made = point.courses.move(number, change, _of(str, given["note"]), given["rev"])  # type: ignore[arg-type]
        click.echo(f"Geändert: {made.title}")
        _times(made)


@click.command("import")
@click.argument("file", metavar="DATEI", type=click.Path(path_type=Path, exists=True))
@click.option("--season", required=True, help="Kennung der Saison.")
@click.pass_obj
def import_(config_path: Path, file: Path, season: str) -> None:
    """Liest Kurse aus einer Tabelle (CSV), alle als Entwurf, oder keinen.

    \b
    Spalten, in beliebiger Folge: titel; beschreibung; titel_leicht; beginn; von; bis; termine;
    alle_wochen; raum; ort; plaetze; mindestens; kosten; bereich; sprachen; die_nummer; leitung;
    barrierefrei; pause
    Nötig sind titel, beginn, von und bis.

    \b
    Beispiel:
      dorfhub course import herbst.csv --season 2026-2

    \b
    Exit codes: 0 angelegt, 1 eine Zeile ist falsch (nichts ist angelegt), 78 hub.toml ist falsch.
    """
    from edge.desk.course_table import TableError, read_table  # noqa: PLC0415

    with opened(config_path) as point:
        try:
            courses = read_table(file, season, list(point.village.free_days()))
        except TableError as error:
            raise click.ClickException(f"{error.hint} Nichts ist angelegt.") from None
        for made in point.courses.create(courses):
            begins = when(made.first_at) if made.first_at is not None else "ohne Termin"
            click.echo(f"{made.course:>4}  {begins:<19}  {made.title}")


@click.command()
@click.argument("file", metavar="[DATEI]", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def ical(config_path: Path, file: Path | None) -> None:
    """Schreibt den Kalender als iCal, für die Dorf-App und Telefone.

    \b
    Beispiel:
      dorfhub course ical kurse.ics

    \b
    Exit codes: 0 geschrieben, 78 hub.toml ist falsch.
    """
    with opened(config_path) as point:
        content = point.courses.calendar(f"Kurse in {point.config.hub.village}")
    if file is None:
        click.echo(content.decode(), nl=False)
    else:
        file.write_bytes(content)


def _times(course: Course) -> None:
    for one in course.sessions:
        off = "  fällt aus" if one.cancelled else ""
        click.echo(f"  {when(one.starts_at, one.ends_at)}{off}")


def _free(free: int, *, waits: bool) -> str:
    if waits or not free:
        return "Warteliste"
    return "1 Platz frei" if free == 1 else f"{free} Plätze frei"


def _of(kind: type[T], value: object) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
