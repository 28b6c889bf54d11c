"""`dorfhub care fhir`: a person's care out as FHIR R4, checks of it, a practice's answer in."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from edge.commands.unlocked import EXIT_LOCKED, find_person, now_ms
from edge.process.lifecycle import EXIT_CONFIG

if TYPE_CHECKING:
    from edge.care.people import Reader
    from edge.desk.vault import Vault
    from edge.fhir.answer import Reply
    from edge.fhir.definitions import Definitions
    from edge.fhir.issue import Issue
    from edge.fhir.limits import AskedLimit
    from edge.store.personal import PersonalStore
    from edge.ward.interchange import Export, Interchange, Taken

DAY_MS = 86_400_000
_SELF = "self"
_ZONE = ZoneInfo("Europe/Berlin")


@click.group()
def fhir() -> None:
    """FHIR R4: Daten einer Person ausgeben, prüfen, Antworten einer Praxis übernehmen."""


_PROFILES = click.option(
    "--profiles",
    "folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Ordner mit weiteren Profilen und ValueSets (JSON), auch in Unterordnern; mehrfach.",
)


@fhir.command()
@click.argument("who", metavar="PERSON")
@click.option(
    "--for",
    "recipient",
    required=True,
    metavar="KONTAKT",
    help="Für wen: die Nummer des Kontakts (Praxis, ...), oder „self“ für die Person selbst.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 36_500),
    default=365,
    show_default=True,
    help="So viele Tage zurück.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["bundle", "ndjson"]),
    default="bundle",
    show_default=True,
    help="Ein Bundle, oder eine Datei je Ressourcentyp.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="In diese Datei (nur Bundle); ohne das in die Ausgabe.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="In diesen Ausgangsordner, als Unterordner, der ganz da ist oder gar nicht.",
)
@click.option(
    "--recipient",
    "keys",
    multiple=True,
    metavar="AGE1…",
    help="Für diesen Schlüssel versiegeln (age); mehrfach.",
)
@click.option(
    "--why",
    default="Ausgabe als FHIR am Hub",
    show_default=True,
    help="Wozu; das steht der Person in „Wer hat was gesehen?“.",
)
@click.pass_obj
def export(
    config_path: Path,
    who: str,
    recipient: str,
    *,
    days: int,
    form: str,
    out: Path | None,
    folder: Path | None,
    keys: tuple[str, ...],
    why: str,
) -> None:
    """Gib aus, was über PERSON (Name oder Nummer) da ist, unter einem Pseudonym.

    Nur, worin die Person für diesen Kontakt eingewilligt hat; dass gelesen wurde, steht danach in
    ihrem Buch. Namen, Geburtstage und Adressen gehen nicht mit hinaus.

    \b
    Beispiele:
      dorfhub care fhir export "Erna Weber" --for 3 --folder /srv/praxis/ausgang
      dorfhub care fhir export "Erna Weber" --for self --out erna.json

    \b
    Rückgabewert (Exit code): 0 getan, 1 verweigert oder nicht zu schreiben, 2 falsch aufgerufen,
    75 personal.db ist gesperrt, 78 hub.toml ist falsch.
    """
    from edge.fhir import folder as files  # noqa: PLC0415  # `--help` is quick

    if out is not None and (form == "ndjson" or folder is not None):
        raise click.UsageError("--out ist für ein Bundle allein; sonst --folder angeben.")
    if form == "ndjson" and folder is None:
        raise click.UsageError("Für --format ndjson einen Ordner angeben: --folder.")
    if keys and out is None and folder is None:
        raise click.UsageError("Versiegelt wird nur in eine Datei: --out oder --folder angeben.")
    with _said(), _opened(config_path) as (vault, desk):
        to = files.recipients(keys)
        with vault.open() as store:
            person = find_person(store, who).person
            reader = _reader(store, recipient)
        made = desk.export(person, reader, now_ms() - days * DAY_MS, None, why=why)
        written = _written(made, form)
        if folder is not None:
            name = f"{made.whose.pseudonym[:12]}-{made.at}"
            whole = files.put(folder, name, written, to)
            click.echo(f"{len(made.resources)} Ressourcen liegen in {whole}", err=True)
        elif out is not None:
            files.put_file(out, written["bundle.json"], to)
            click.echo(f"{len(made.resources)} Ressourcen stehen in {out}", err=True)
        else:
            click.echo(written["bundle.json"].decode(), nl=False)


@fhir.command("check")
@click.argument(
    "paths",
    metavar="DATEI…",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
)
@_PROFILES
@click.option(
    "--profile",
    "claimed",
    multiple=True,
    metavar="URL",
    help="Auch gegen dieses Profil prüfen, als nennte die Ressource es selbst.",
)
@click.option("--quiet", is_flag=True, help="Nur Fehler nennen, keine Hinweise.")
@click.option("--json", "as_json", is_flag=True, help="Ein JSON-Objekt je Fund.")
def check_(
    paths: tuple[Path, ...],
    folders: tuple[Path, ...],
    claimed: tuple[str, ...],
    *,
    quiet: bool,
    as_json: bool,
) -> None:
    """Prüfe Ressourcen: FHIR R4, die Profile, die sie nennen, Codes, Einheiten, Verweise.

    DATEI ist JSON oder NDJSON (eine Ressource je Zeile; endet auf .ndjson); „-“ ist die Eingabe.

    \b
    Beispiel:
      dorfhub care fhir check bundle.json --profiles /srv/profile

    \b
    Rückgabewert (Exit code): 0 kein Fehler, 1 Fehler gefunden oder nicht lesbar.
    """
    from edge.fhir.issue import Severity, errors  # noqa: PLC0415  # `--help` is quick

    definitions = _definitions(folders)
    count = unknown = 0
    for path in paths:
        try:
            for place, text in _texts(path):
                found = _found(text, definitions, claimed)
                count += len(errors(found))
                unknown += sum(one.severity is Severity.UNCHECKED for one in found)
                for issue in errors(found) if quiet else found:
                    click.echo(_line(place, issue, as_json=as_json))
        except OSError as error:
            raise click.ClickException(f"{path}: {error}") from None
    if count:
        click.echo(f"{count} Fehler.", err=True)
        raise SystemExit(1)
    rest = f" {unknown} Punkte waren nicht prüfbar." if unknown else ""
    click.echo(f"Kein Fehler.{rest}", err=True)


@fhir.command("import")
@click.argument("source", metavar="DATEI|ORDNER", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--from", "sender", required=True, metavar="KONTAKT", help="Von wem: die Nummer des Kontakts."
)
@_PROFILES
@click.pass_obj
def import_(config_path: Path, source: Path, sender: str, folders: tuple[Path, ...]) -> None:
    """Übernimm Grenzen und Antworten einer Praxis: ganz, oder nichts davon.

    Aus einem Ordner wird jede Datei (.json, versiegelt .json.age) danach beiseite gelegt:
    uebernommen/ oder, mit dem Grund, abgelehnt/; beides versiegelt, 90 Tage lang. Eine einzelne
    DATEI bleibt, wo sie ist. Was auf einen Fall verweist, steht danach als Antwort darin.

    \b
    Beispiel:
      dorfhub care fhir import /srv/praxis/eingang --from 3

    \b
    Rückgabewert (Exit code): 0 alles übernommen, 1 etwas ist abgelehnt oder verweist auf etwas, das
    es hier nicht gibt, 75 personal.db ist gesperrt, 78 hub.toml ist falsch.
    """
    from edge.care.people import Contact  # noqa: PLC0415  # `--help` is quick
    from edge.fhir import folder as files  # noqa: PLC0415
    from edge.fhir.issue import FhirError  # noqa: PLC0415
    from edge.ward.reading import NotAllowed  # noqa: PLC0415

    definitions = _definitions(folders)
    refused = astray = 0
    with _said(), _opened(config_path) as (vault, desk):
        with vault.open() as store:
            practice = _reader(store, sender)
            identity, care_key = store.care_identity(), store.care_recipient()
        if not isinstance(practice, Contact):
            raise click.ClickException("Antworten kommen von einem Kontakt; „self“ ist keiner.")
        is_folder = source.is_dir()
        for path in files.incoming(source) if is_folder else [source]:
            content, why = b"", ""
            try:
                content = files.content_of(path, identity)
                taken = desk.take(practice, content, definitions)
                astray += len(taken.astray)
                _tell(path, taken)
            except (FhirError, NotAllowed) as error:
                why = _reasons(error, error.hint)
                refused += 1
                click.echo(f"{path.name}: abgelehnt. {why}", err=True)
            if is_folder:
                kept = content or path.read_bytes()
                where = files.REFUSED if why else files.TAKEN
                files.set_aside(path, where, kept, why, care_key)
        if is_folder:
            files.tidy(source, now_ms())
    if refused or astray:
        raise SystemExit(1)


@fhir.command()
@click.argument("who", metavar="PERSON")
@click.pass_obj
def answers(config_path: Path, who: str) -> None:
    """Zeige, was Praxen über PERSON (Name oder Nummer) geantwortet haben, das Neueste zuerst.

    \b
    Beispiel:
      dorfhub care fhir answers "Erna Weber"

    \b
    Rückgabewert (Exit code): 0 getan, 75 personal.db ist gesperrt, 78 hub.toml ist falsch.
    """
    with _said(), _opened(config_path) as (vault, desk):
        with vault.open() as store:
            person = find_person(store, who).person
        found = desk.answers(person)
        if not found:
            click.echo("Noch keine Antwort.")
        for at, name, answer in found:
            when = datetime.fromtimestamp(at / 1000, _ZONE).strftime("%d.%m.%Y %H:%M")
            click.echo(f"{when}  {name or 'ein früherer Kontakt'}")
            for line in _lines(answer.limits, answer.replies):
                click.echo(f"  {line}")


@contextmanager
def _opened(config_path: Path) -> Iterator[tuple[Vault, Interchange]]:
    from edge.clock import SystemClock  # noqa: PLC0415  # `--help` is quick
    from edge.config import ConfigError, load  # noqa: PLC0415
    from edge.desk.vault import Vault  # noqa: PLC0415
    from edge.ward.interchange import Interchange  # noqa: PLC0415

    try:
        config = load(config_path)
    except ConfigError as error:
        click.echo(f"{error}\n{error.hint}", err=True)
        raise SystemExit(EXIT_CONFIG) from None
    with Vault.of(config) as vault:
        yield vault, Interchange(config, vault, SystemClock())


@contextmanager
def _said() -> Iterator[None]:
    """Say in German what is in the way."""
    from edge.fhir.issue import FhirError  # noqa: PLC0415  # `--help` is quick
    from edge.store.errors import Locked, StoreError  # noqa: PLC0415

    try:
        yield
    except Locked as error:
        click.echo(error.hint, err=True)
        raise SystemExit(EXIT_LOCKED) from None
    except StoreError as error:
        raise click.ClickException(error.hint or str(error)) from None
    except FhirError as error:
        raise click.ClickException(_reasons(error, error.hint)) from None
    except OSError as error:
        raise click.ClickException(
            f"Nicht zu lesen oder zu schreiben: {error.strerror} ({error.filename})"
        ) from None


def _reader(store: PersonalStore, text: str) -> Reader:
    from edge.care.people import OWNER  # noqa: PLC0415  # `--help` is quick

    if text == _SELF:
        return OWNER
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        listed = ", ".join(f"{one.contact} ({one.name})" for one in store.contacts())
        raise click.ClickException(f"„{text}“ ist keine Nummer. Kontakte: {listed or 'keine'}")
    return store.contact(int(text))


def _written(made: Export, form: str) -> Mapping[str, bytes]:
    from edge.fhir.bundle import bundle, ndjson  # noqa: PLC0415  # `--help` is quick
    from edge.fhir.json_text import write  # noqa: PLC0415

    if form == "ndjson":
        files = ndjson(made.resources)
        return {f"{name}.ndjson": text.encode() for name, text in files.items()}
    whole = bundle(made.whose, made.resources, made.at)
    return {"bundle.json": (write(whole) + "\n").encode()}


def _definitions(folders: tuple[Path, ...]) -> Definitions:
    """Return R4's definitions and what lies in the folders; what is no resource is left out."""
    from edge.fhir.definitions import Definitions, standard  # noqa: PLC0415  # `--help` is quick

    if not folders:
        return standard()
    found = []
    for path in sorted(one for folder in folders for one in folder.rglob("*.json")):
        try:
            one = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise click.ClickException(f"{path} ist kein lesbares JSON: {error}") from None
        if isinstance(one, dict):
            found.append(one)
    return Definitions(found)


def _texts(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each resource's text with the place it stands in."""
    from edge.fhir.json_text import MOST_BYTES  # noqa: PLC0415  # `--help` is quick

    if path == Path("-"):
        yield "-", sys.stdin.buffer.read(MOST_BYTES + 1)
    elif path.suffix == ".ndjson":
        with path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                if line.strip():
                    yield f"{path}:{number}", line
    else:
        with path.open("rb") as stream:
            yield str(path), stream.read(MOST_BYTES + 1)


def _found(text: bytes, definitions: Definitions, claimed: tuple[str, ...]) -> list[Issue]:
    """Return what a check finds; that a text is no JSON or a profile no profile as well."""
    from edge.fhir.checker import check  # noqa: PLC0415  # `--help` is quick
    from edge.fhir.issue import FhirError, Issue  # noqa: PLC0415
    from edge.fhir.json_text import read  # noqa: PLC0415

    try:
        resource = read(text)
    except FhirError as error:
        return [Issue("", "json", str(error), error.hint)]
    try:
        return check(resource, definitions, claimed)
    except FhirError as error:
        return [Issue("", "profile", str(error), error.hint)]


def _line(place: str, issue: Issue, *, as_json: bool) -> str:
    if not as_json:
        words = {"error": "Fehler", "warning": "Hinweis", "unchecked": "Nicht geprüft"}
        return f"{place}: {words[issue.severity.value]}: {issue}"
    found = {
        "file": place,
        "severity": issue.severity.value,
        "path": issue.path,
        "rule": issue.rule,
        "message": issue.message,
        "hint": issue.hint,
    }
    return json.dumps(found, ensure_ascii=False)


def _reasons(error: Exception, hint: str) -> str:
    issues = getattr(error, "issues", ())
    found = issues if isinstance(issues, tuple) else ()
    return "\n".join([str(error), *(f"  {one}" for one in found[:20]), hint]).rstrip()


def _tell(path: Path, taken: Taken) -> None:
    again = "" if taken.is_new else " (war schon übernommen)"
    click.echo(f"{path.name}: übernommen für Person {taken.person}{again}.")
    for line in _lines(taken.limits, taken.replies):
        click.echo(f"  {line}")
    for one in taken.left:
        click.echo(f"  Nicht verstanden, bitte ansehen: {one}")
    for number in taken.cases:
        click.echo(f"  Steht als Antwort in Fall {number}.")
    for one in taken.astray:
        click.echo(
            f"{path.name}: verweist auf „{_printable(one)}“, das es hier für diese Person und "
            "Praxis nicht gibt. Die Worte sind aufbewahrt (dorfhub care fhir answers), stehen "
            "aber in keinem Fall: bei der Praxis nachfragen.",
            err=True,
        )


def _lines(limits: tuple[AskedLimit, ...], replies: tuple[Reply, ...]) -> Iterator[str]:
    from edge.fhir.vitals import VITALS  # noqa: PLC0415  # `--help` is quick
    from hardware.quantity import CANONICAL_UNIT  # noqa: PLC0415

    for one in limits:
        unit = CANONICAL_UNIT[one.quantity].value
        ends = [f"ab {one.low:f} abwärts"] if one.low is not None else []
        ends += [f"ab {one.high:f} aufwärts"] if one.high is not None else []
        said = f"Grenze {' und '.join(ends)} ({unit})" if ends else "Grenze der Praxis endet"
        yield f"{VITALS[one.quantity].text}: {said}"
    for reply in replies:
        state = f" [{reply.status}]" if reply.status else ""
        yield f"Antwort{state}: {_printable(reply.text) or '(ohne Text)'}"


def _printable(text: str) -> str:
    """Return a practice's words without what could steer a terminal."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)
