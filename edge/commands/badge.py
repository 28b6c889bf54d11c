"""`dorfhub badge`: certificates that are signed, checked and taken back, without the pages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.commands.learning_point import opened, when

if TYPE_CHECKING:
    from edge.badges.proof import Proof
    from edge.desk.awards import Awards, Candidate

MAX_FILE_BYTES = 8 * 1024 * 1024
EXIT_NOT_VALID = 3
_STATES = {
    "valid": "ECHT: von diesem Hub, und nichts daran wurde verändert.",
    "foreign": "FREMD: unverändert, aber mit einem Schlüssel, den dieser Hub nicht kennt.",
    "revoked": "ZURÜCKGENOMMEN: war echt, gilt nicht mehr.",
    "stolen": "GILT NICHT: mit einem gestohlenen Schlüssel unterschrieben.",
}


@click.command("list")
@click.argument("course", metavar="KURS", type=int)
@click.pass_obj
def list_(config_path: Path, course: int) -> None:
    """Zeigt, wer in einem KURS oft genug da war, und wer eine Bescheinigung hat.

    \b
    Beispiel:
      dorfhub badge list 12

    \b
    Exit codes: 0 gezeigt, 1 gibt es nicht, 75 gesperrt, 78 hub.toml ist falsch.
    """
    with _awards(config_path) as awards:
        for one in awards.candidates(course):
            mark = "ja  " if one.has_earned else "nein"
            who = one.name or f"({one.seat}. Person, Name fehlt)"
            click.echo(f"{mark} {_key(one):>8}  {one.present} von {one.sessions}  {who}")
        for given in awards.given(course):
            state = " (zurückgenommen)" if given.is_revoked else ""
            click.echo(
                f"Nr. {given.award.award}: {given.kind} {given.number}, {given.day}, "
                f"{given.award.name}{state}"
            )


@click.command()
@click.argument("course", metavar="KURS", type=int)
@click.argument("who", metavar="[ANMELDUNG-PLATZ[=NAME]]...", nargs=-1)
@click.option("--digcomp", is_flag=True, help="Ein DigComp-Nachweis statt einer Teilnahme.")
@click.option("--competence", "competences", multiple=True, help="Kompetenz, wie 1.1; mehrfach.")
@click.option("--percent", type=int, help="Von nun an reicht diese Prozentzahl der Termine.")
@click.option("--by", default="", help="Wer es bestätigt; steht auf dem Papier.")
@click.pass_obj
def issue(
    config_path: Path,
    course: int,
    who: tuple[str, ...],
    *,
    digcomp: bool,
    competences: tuple[str, ...],
    percent: int | None,
    by: str,
) -> None:
    """Stellt Bescheinigungen eines KURSes aus: für alle, die oft genug da waren, oder einzelne.

    Wer eine ohne Namen hat (die zweite Person einer Gruppe), bekommt nur mit NAME eine.

    \b
    Beispiele:
      dorfhub badge issue 12 --by "Petra Volz"
      dorfhub badge issue 12 17-1 "17-2=Ayşe Yılmaz" --digcomp --competence 1.1

    \b
    Exit codes: 0 ausgestellt, 1 geht nicht, 75 gesperrt, 78 hub.toml ist falsch.
    """
    from edge.desk.awards import Choice  # noqa: PLC0415  # `--help` is quick

    with _awards(config_path) as awards:
        if percent is not None:
            awards.set_threshold(course, percent)
        found = awards.candidates(course)
        if who:
            names = dict(_split(one) for one in who)
            known = {_key(one): one for one in found}
            strange = [one for one in names if one not in known]
            if strange:
                raise click.ClickException(
                    f"{', '.join(strange)} gibt es hier nicht. Alle zeigt: "
                    f"dorfhub badge list {course}"
                )
            chosen = [known[key] for key in names]
        else:
            chosen = [one for one in found if one.has_earned and one.name]
            names = {}
        made = awards.give(
            course,
            [Choice(one.enrolment, one.seat, names.get(_key(one), "")) for one in chosen],
            "digcomp" if digcomp else "attendance",
            by=by,
            competences=competences,
        )
        for award in made:
            paper = awards.paper(award)
            click.echo(f"Nr. {award.award}: {paper.kind} {paper.number} für {award.name}")
    if not made:
        click.echo("Niemand war oft genug da.")


@click.command()
@click.argument("number", metavar="NUMMER", type=int)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Der Nachweis.")
@click.option("--pdf", "pdf_file", type=click.Path(path_type=Path), help="Das Papier.")
@click.option("--text", "as_text", is_flag=True, help="Den Text des QR-Codes zeigen.")
@click.pass_obj
def export(
    config_path: Path,
    number: int,
    *,
    json_file: Path | None,
    pdf_file: Path | None,
    as_text: bool,
) -> None:
    """Schreibt die Bescheinigung mit dieser NUMMER (aus `badge list`) als Datei.

    \b
    Beispiel:
      dorfhub badge export 4 --pdf bescheinigung.pdf --json nachweis.json

    \b
    Exit codes: 0 geschrieben, 1 geht nicht, 75 gesperrt, 78 hub.toml ist falsch.
    """
    from edge.badges.compact import Shown, packed  # noqa: PLC0415
    from edge.paper.press import Press  # noqa: PLC0415

    with _awards(config_path) as awards:
        award = awards.award(number)
        try:
            if json_file is not None:
                json_file.write_text(awards.document(award), "utf-8")
            if pdf_file is not None:
                press = Press()
                try:
                    pdf_file.write_bytes(press.pdf(awards.paper(award), award.issued_at))
                finally:
                    press.close()
        except OSError as error:
            raise click.ClickException(f"Das lässt sich nicht schreiben: {error}") from None
    if as_text or (json_file is None and pdf_file is None):
        click.echo(packed(Shown(award.token, award.name)))


@click.command()
@click.argument("file", metavar="[DATEI]", type=click.Path(path_type=Path), required=False)
@click.option("--name", default="", help="Der Name auf dem Papier, wenn er nicht dabei ist.")
@click.pass_obj
def verify(config_path: Path, file: Path | None, *, name: str) -> None:
    """Prüft eine Bescheinigung: ein Bild des QR-Codes, seinen Text oder die JSON-Datei.

    Ohne DATEI wird gelesen, was der Scanner tippt. Braucht kein Netz und keinen Schlüssel.

    \b
    Beispiele:
      dorfhub badge verify foto.jpg
      dorfhub badge verify nachweis.json --name "Ayşe Yılmaz"

    \b
    Exit codes: 0 echt, 1 keine oder verändert, 3 fremd oder zurückgenommen, 78 hub.toml ist falsch.
    """
    text = _read(file)
    with _awards(config_path) as awards:
        proof = awards.check(text, name)
    for line in _told(proof):
        click.echo(line)
    if proof.state != "valid":
        raise SystemExit(EXIT_NOT_VALID)


@click.command()
@click.argument("what", metavar="NUMMER|DATEI")
@click.pass_obj
def revoke(config_path: Path, what: str) -> None:
    """Nimmt eine Bescheinigung zurück: mit ihrer NUMMER oder mit dem, was jemand vorzeigt.

    \b
    Beispiele:
      dorfhub badge revoke 4
      dorfhub badge revoke foto.jpg

    \b
    Exit codes: 0 zurückgenommen, 1 geht nicht, 75 gesperrt, 78 hub.toml ist falsch.
    """
    if what.isdecimal():
        with _awards(config_path) as awards:
            new = awards.revoke(int(what))
        click.echo("Zurückgenommen." if new else "War schon zurückgenommen.")
        return
    text = _read(Path(what))
    with _awards(config_path) as awards:
        proof = awards.revoke_shown(text)
    click.echo(f"Zurückgenommen: {proof.course}, Nummer {proof.number}.")


@click.command()
@click.option("--rotate", is_flag=True, help="Den Schlüssel wechseln.")
@click.option("--stolen", is_flag=True, help="Mit --rotate: Jemand anderes hatte den alten.")
@click.option("--revoked", type=click.Path(path_type=Path), help="Die Sperrliste schreiben (JWT).")
@click.pass_obj
def key(config_path: Path, *, rotate: bool, stolen: bool, revoked: Path | None) -> None:
    """Zeigt den Schlüssel, der Bescheinigungen unterschreibt, und die früheren; oder wechselt ihn.

    Nach einem Wechsel gilt weiter, was der alte unterschrieb; nach --stolen nicht mehr.

    \b
    Beispiel:
      dorfhub badge key --rotate

    \b
    Exit codes: 0 gezeigt, 1 geht nicht, 78 hub.toml ist falsch.
    """
    if stolen and not rotate:
        raise click.UsageError("--stolen gibt es nur mit --rotate.")
    with _awards(config_path) as awards:
        found = awards.rotate_key(stolen=stolen) if rotate else awards.key()
        if revoked is not None:
            try:
                revoked.write_text(awards.revocation_list() + "\n", "ascii")
            except OSError as error:
                raise click.ClickException(f"Das lässt sich nicht schreiben: {error}") from None
    click.echo(found.did)
    for old in found.retired:
        why = "gestohlen" if old.stolen else "gewechselt"
        click.echo(f"früher: {old.did}, {why} {when(old.at)}")


@contextmanager
def _awards(config_path: Path) -> Iterator[Awards]:
    from edge.clock import SystemClock  # noqa: PLC0415  # `--help` is quick
    from edge.desk.awards import Awards  # noqa: PLC0415

    with opened(config_path) as point:
        yield Awards.at(point.config, point.village, point.vault, SystemClock())


def _key(one: Candidate) -> str:
    return f"{one.enrolment}-{one.seat}"


def _split(text: str) -> tuple[str, str]:
    key, _, name = text.partition("=")
    return key.strip(), name.strip()


def _read(file: Path | None) -> str:
    """Return the text of what is shown: of a file, a picture, or what the scanner types."""
    from edge.paper.scanner import scan  # noqa: PLC0415
    from edge.store.errors import StoreError  # noqa: PLC0415

    if file is None:
        return sys.stdin.readline()
    try:
        with file.open("rb") as source:
            data = source.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise click.ClickException(f"{file} lässt sich nicht lesen: {error.strerror}") from None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        try:
            return scan(data)
        except StoreError as error:
            raise click.ClickException(error.hint) from None


def _told(proof: Proof) -> Iterator[str]:
    yield _STATES[proof.state]
    yield f"Für:        {proof.name or '(der Name steht nicht dabei; vergleichen: --name)'}"
    yield f"Was:        {proof.course}"
    yield f"Umfang:     {proof.extent}"
    yield f"Bedingung:  {proof.criteria}"
    for one in proof.alignments:
        level = f" ({one.level})" if one.level else ""
        yield f"            {one.framework} {one.code} {one.name}{level}"
    yield f"Von:        {proof.issuer}, {when(proof.at_ms)}, Nummer {proof.number}"
    yield f"Schlüssel:  {proof.signer}"
