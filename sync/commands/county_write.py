"""`dorfhub county notice|course|setting|software|distrust|reply`: what villages are told."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from sync import cbor, county_words, told_settings
from sync.commands.county import county_option, errors, opened
from sync.errors import FormatError

if TYPE_CHECKING:
    from sync.county.hub import County

_HELP = {"help_option_names": ["-h", "--help"]}
_MAX_FILE = 4 << 20  # a catalogue, not a library
_to = click.option("--to", "hub_name", metavar="HUB", help="Only this hub; default: all hubs.")


def tell(path: Path, kind: str, data: Mapping[str, object], hub_name: str | None) -> None:
    """Write one event for a hub, or for all."""
    with opened(path) as county:
        _write(county, [(kind, data)], hub_name)


@click.group(context_settings=_HELP)
def notice() -> None:
    """Put a notice on the villages' boards, or take it down."""


@notice.command("put")
@click.argument("title")
@click.option("--text", default="", help="What else there is to say.")
@click.option("--days", type=click.IntRange(1, 366), default=14, show_default=True)
@click.option("--id", "notice_id", help="To change a notice: its name; default: a new one.")
@_to
@county_option
def notice_put(
    title: str, path: Path, *, text: str, days: int, notice_id: str | None, hub_name: str | None
) -> None:
    """Hang a notice with this TITLE on the boards, beside the villages' own.

    \b
    Example:
      dorfhub county notice put "Sprechtag der Kreisverwaltung" --text "Dienstag ab 14 Uhr" --days 9

    \b
    Exit codes: 0 written, 1 it cannot be sent like that, 2 usage, 78 county.toml is wrong.
    """
    now = _now_ms()
    name = notice_id or f"{now:x}"
    data = {
        "id": name,
        "title": title.strip(),
        "text": text.strip(),
        "from": now,
        "until": now + days * county_words.DAY_MS,
    }
    tell(path, county_words.NOTICE, data, hub_name)
    click.echo(f"Aushang „{title.strip()}“ geht an {_whom(hub_name)}. Sein Name ist {name}.")


@notice.command("end")
@click.argument("notice_id", metavar="ID")
@_to
@county_option
def notice_end(notice_id: str, path: Path, hub_name: str | None) -> None:
    """Take the notice with this ID down.

    \b
    Example:
      dorfhub county notice end 19a1b2c3d4e

    \b
    Exit codes: 0 written, 1 it cannot be sent like that, 2 usage, 78 county.toml is wrong.
    """
    tell(path, county_words.NOTICE_END, {"id": notice_id}, hub_name)
    click.echo(f"Aushang {notice_id} wird abgenommen: {_whom(hub_name)}.")


@click.group(context_settings=_HELP)
def course() -> None:
    """Send courses of the county's catalogue, or take one out."""


@course.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@_to
@county_option
def course_import(file: Path, path: Path, hub_name: str | None) -> None:
    """Send the courses in FILE (TOML, a table [[course]] each); one with a known id is changed.

    A course has id and title, and may have text, place, sessions (list of [begin, end], times
    with offset), seats, cost_cents, language, level, area, access, statistics, contact.

    \b
    Example:
      dorfhub county course import herbst.toml

    \b
    Exit codes: 0 written, 1 the file cannot be sent like that, 2 usage, 78 county.toml is wrong.
    """
    with errors():
        courses = _courses(file)
    with opened(path) as county:
        _write(county, [(county_words.COURSE, one) for one in courses], hub_name)
    click.echo(f"{len(courses)} Kurse gehen an {_whom(hub_name)}.")


@course.command("end")
@click.argument("course_id", metavar="ID")
@_to
@county_option
def course_end(course_id: str, path: Path, hub_name: str | None) -> None:
    """Take the course with this ID out of the catalogue.

    \b
    Example:
      dorfhub county course end 26H-5011

    \b
    Exit codes: 0 written, 1 it cannot be sent like that, 2 usage, 78 county.toml is wrong.
    """
    tell(path, county_words.COURSE_END, {"id": course_id}, hub_name)
    click.echo(f"Kurs {course_id} wird herausgenommen: {_whom(hub_name)}.")


@click.command()
@click.argument("name")
@click.argument("value")
@_to
@county_option
def setting(name: str, value: str, path: Path, hub_name: str | None) -> None:
    """Set NAME to VALUE at the hubs, where hub.toml does not say it.

    \b
    seal-after-s N        a segment of meters is sealed after N seconds (60 to 86400)
    care-seal-after-s N   one of care values, if nobody asked (300 to 604800)
    retention-days N      acknowledged segments are kept N days (7 to 3650)
    weather-station ID    whose forecast and normals the pages show

    \b
    Example:
      dorfhub county setting weather-station K2204

    \b
    Exit codes: 0 written, 1 it cannot be sent like that, 2 usage, 78 county.toml is wrong.
    """
    known = told_settings.KNOWN.get(name)
    if known is None:
        raise click.UsageError(f"NAME: {', '.join(sorted(told_settings.KNOWN))}")
    number = value.isascii() and value.isdigit() and name != told_settings.WEATHER_STATION
    plain = int(value) if number else value
    if not known.good(plain):
        raise click.UsageError(f"VALUE: {known.allowed}")
    tell(path, county_words.SETTING, {"name": name, "value": plain}, hub_name)
    click.echo(f"{name} = {value} geht an {_whom(hub_name)}.")


@click.command()
@click.argument("version")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--text", default="", help="What is new.")
@click.option("--url", default="", help="Where it can be fetched.")
@_to
@county_option
def software(
    version: str, file: Path, path: Path, *, text: str, url: str, hub_name: str | None
) -> None:
    """Announce the software update VERSION, which is FILE: its size and SHA-256 are sent.

    Nothing is installed by it; the hub's people are told.

    \b
    Example:
      dorfhub county software 0.2.0 dorfhub-0.2.0.img.xz --text "Kurse am Terminal"

    \b
    Exit codes: 0 written, 1 it cannot be sent like that, 2 usage, 78 county.toml is wrong.
    """
    with errors(), file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").digest()
    data = {
        "version": version,
        "text": text,
        "url": url,
        "size": file.stat().st_size,
        "sha256": digest,
    }
    tell(path, county_words.SOFTWARE, data, hub_name)
    click.echo(f"Version {version} wird angekündigt: {_whom(hub_name)}.")


@click.command()
@click.argument("key")
@click.option("--what", default="bus", show_default=True, help="Whose key it is.")
@click.option("--why", default="", help="Why, in words.")
@county_option
def distrust(key: str, path: Path, what: str, why: str) -> None:
    """Tell all hubs that KEY (64 hex digits, of a bus or a hub) is believed no more.

    \b
    Example:
      dorfhub county distrust 0e1f...a9 --what bus --why "Gerät gestohlen"

    \b
    Exit codes: 0 written, 1 it cannot be sent like that, 2 usage, 78 county.toml is wrong.
    """
    try:
        name = bytes.fromhex(key)
    except ValueError as error:
        raise click.UsageError("KEY: 64 hex digits") from error
    from sync.county import buses  # noqa: PLC0415 - `--help` needs no lake

    tell(path, county_words.REVOKED, {"key": name, "what": what, "why": why}, None)
    with opened(path) as county:
        if buses.revoke(county, name):
            click.echo("Der Landkreis selbst holt bei diesem Bus nichts mehr ab.")
    click.echo(f"Allen Hubs wird gesagt, dass der Schlüssel {key[:16]} nicht mehr gilt.")


@click.command()
@click.argument("hub_name", metavar="HUB")
@click.argument("person", type=click.IntRange(min=1))
@click.argument("text")
@click.option("--from", "sender", default="", help="Who writes, such as the care service.")
@county_option
def reply(hub_name: str, person: int, text: str, path: Path, sender: str) -> None:
    """Send TEXT to PERSON (the hub's number of somebody in care) at HUB, sealed.

    Only the hub's unlocked personal.db opens it; the county and whoever carries it cannot.

    \b
    Example:
      dorfhub county reply 66687aadf862bd77 3 "Bitte morgen noch einmal messen." --from "Diakonie"

    \b
    Exit codes: 0 written, 1 the hub has no care key yet, 2 usage, 78 county.toml is wrong.
    """
    from sync.county import visits  # noqa: PLC0415 - `--help` needs no lake
    from sync.errors import SyncError  # noqa: PLC0415
    from sync.stream import seal_to  # noqa: PLC0415

    with opened(path) as county:
        hub = visits.find(county, hub_name)
        with county.streams() as streams:
            key = streams.care_key(hub.public_key)
        if key is None:
            raise SyncError(
                "Dieser Hub hat noch keinen Schlüssel für Pflegeantworten genannt.",
                hint="Nach dem nächsten Abruf oder Stick noch einmal versuchen.",
            )
        letter = cbor.dumps({"person": person, "text": text, "from": sender})
        sealed = seal_to(letter, [key])
        _write(county, [(county_words.REPLY, {"sealed": sealed})], hub_name)
    click.echo(f"Die Antwort liegt versiegelt bereit für {hub.name or hub.hub}.")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--by", default="", metavar="NAME", help="Who takes the stick along.")
@click.option(
    "--again",
    "ranges",
    type=(str, click.IntRange(min=1), click.IntRange(min=1)),
    multiple=True,
    metavar="HUB FIRST LAST",
    help="Ask HUB for its segments FIRST to LAST again; once for each hub.",
)
@county_option
def export(folder: Path, path: Path, by: str, ranges: tuple[tuple[str, int, int], ...]) -> None:
    """Lay what the county has for its hubs into FOLDER (a USB stick) that goes to them.

    A stick that came from a hub gets it with `dorfhub county import` already, and where a range is
    missing, a request for that too.

    \b
    Examples:
      dorfhub county export /media/usb --by "Frau Weber"
      dorfhub county export /media/usb --again 66687aadf862bd77 40 95

    \b
    Exit codes: 0 written, 1 the stick cannot be used, 2 usage, 78 county.toml is wrong.
    """
    from sync.county import asking, visits  # noqa: PLC0415 - see reply
    from sync.county.hub import label  # noqa: PLC0415

    if any(last < first for _, first, last in ranges):
        raise click.UsageError("--again: LAST liegt vor FIRST")
    with opened(path) as county:
        hubs = [visits.find(county, name) for name, _, _ in ranges]
        if len({hub.hub for hub in hubs}) < len(hubs):
            raise click.UsageError("--again: je Hub nur ein Bereich")
        laid = visits.export_folder(county, folder, by=by)
        for hub, (_, first, last) in zip(hubs, ranges, strict=True):
            asking.ask(county, folder, hub, first - 1, last, now_ms=_now_ms())
            click.echo(f"{label(hub)}: Bitte um die Sendungen {first} bis {last} liegt dabei.")
    for hub, count in laid:
        click.echo(f"{label(hub)}: {count} Sendungen")
    click.echo("Geschrieben und zurückgelesen. Den Stick jetzt sicher entfernen.")


def _write(
    county: County, told: list[tuple[str, Mapping[str, object]]], hub_name: str | None
) -> None:
    from edge.clock import SystemClock  # noqa: PLC0415 - see reply
    from sync.county import visits  # noqa: PLC0415
    from sync.county.streams import ALL  # noqa: PLC0415
    from sync.events import Event  # noqa: PLC0415

    to = visits.find(county, hub_name).public_key if hub_name else ALL
    stamp = SystemClock().stamp()
    written = [Event(stamp.wall_ms, int(stamp.quality), kind, data) for kind, data in told]
    with county.streams() as streams:
        streams.tell(to, written, stamp)


def _courses(file: Path) -> list[dict[str, object]]:
    with file.open("rb") as stream:
        data = stream.read(_MAX_FILE + 1)
    try:
        if len(data) > _MAX_FILE:
            raise FormatError(f"a file of more than {_MAX_FILE} bytes")
        table = tomllib.loads(data.decode("utf-8")).get("course")
    except ValueError as error:
        raise FormatError(f"{file.name}: {error}") from error
    if not isinstance(table, list) or not table:
        raise FormatError(f"{file.name}: no table [[course]]")
    return [_course(one, number) for number, one in enumerate(table, start=1)]


def _course(given: object, number: int) -> dict[str, object]:
    if not isinstance(given, dict):
        raise FormatError(f"course {number} is no table")
    known = county_words.KINDS[county_words.COURSE].fields
    if unknown := sorted(set(given) - set(known)):
        raise FormatError(f"course {number}: {unknown[0]} is not known; known: {', '.join(known)}")
    numbers: dict[str, object] = {"seats": 0, "cost_cents": 0, "sessions": []}
    empty = {name: numbers.get(name, "") for name in known}
    made: dict[str, object] = empty | given
    made["sessions"] = [_session(one, number) for one in cast("list[object]", made["sessions"])]
    try:
        county_words.check(county_words.COURSE, made)
    except FormatError as error:
        raise FormatError(f"course {number}: {error}") from error
    return made


def _session(given: object, number: int) -> list[int]:
    if not isinstance(given, list) or len(given) != 2:
        raise FormatError(f"course {number}: a session is [begin, end]")
    ends = []
    for one in given:
        if not isinstance(one, datetime) or one.utcoffset() is None:
            raise FormatError(f"course {number}: a session's time has no offset from UTC")
        ends.append(round(one.astimezone(UTC).timestamp() * 1000))
    return ends


def _whom(hub_name: str | None) -> str:
    return hub_name or "alle Hubs"


def _now_ms() -> int:
    from sync.county.visits import now_ms  # noqa: PLC0415 - see reply

    return now_ms()
