"""`dorfhub care case key|open|answer`: what a practice runs. It needs no hub and no network."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from edge.commands.case_files import SUFFIX, as_path, case_files, now_ms, read_file, write_file
from edge.commands.unlocked import EXIT_LOCKED

if TYPE_CHECKING:
    from edge.care.case import Answer, Case, Receipt
    from edge.care.case_key import KeyPair
    from edge.care.case_letter import Part

_QUESTION, _VALUES, _ABOUT = "frage.txt", "werte.csv", "fall.json"
_BAD = 1
_KNOWN = ".bekannt"  # beside a key: the villages that were compared


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def key(file: Path) -> None:
    """Lege einer Praxis ein Schlüsselpaar an: das Geheimnis nach FILE, die Adresse auf den Schirm.

    \b
    Beispiel:
      dorfhub care case key praxis.schluessel

    \b
    Rückgabewert (Exit code): 0 angelegt, 1 die Datei gibt es schon oder sie geht nicht.
    """
    from edge.care.case_key import SEED_BYTES, new_pair  # noqa: PLC0415 - `--help` is quick

    pair = new_pair(os.urandom(SEED_BYTES))
    text = f"# Geheim. Wer diese Datei hat, liest alle Fragen.\n{pair.secret_text()}\n"
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(text)
    except FileExistsError:
        raise click.ClickException(f"{file} gibt es schon; es wird nicht überschrieben.") from None
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    click.echo("Diese Zeile bekommt das Dorf; sie ist nicht geheim:")
    click.echo(str(pair.address))
    click.echo(f"Am Telefon vergleichen: {pair.address.groups}")


@click.command("open")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=as_path())
@click.option("--key", "key_file", required=True, type=as_path(), help="Der Schlüssel der Praxis.")
@click.option("--to", "folder", default=Path(), type=click.Path(path_type=Path), help="Wohin.")
@click.option("--name", default="", help="Wie die Praxis heißt.")
@click.option("--yes", is_flag=True, help="Neuem Absender glauben, ohne zu fragen.")
def open_(paths: tuple[Path, ...], key_file: Path, folder: Path, name: str, *, yes: bool) -> None:
    """Öffne Fragen an eine Praxis: FILE sind Dateien oder Ordner, in beliebiger Reihenfolge.

    Je Fall entsteht ein Ordner mit Frage, Werten und Bildern, und eine Empfangsbestätigung für
    das Dorf. Fehlt noch ein Teil, wartet der Fall. Was nicht für diesen Schlüssel ist, bleibt
    liegen.

    \b
    Beispiel:
      dorfhub care case open /media/stick/faelle --key praxis.schluessel --to Faelle

    \b
    Rückgabewert (Exit code): 0 alles geöffnet, 1 etwas ist beschädigt, 75 Teile fehlen noch.
    """
    pair, bad, waits = read_key_file(key_file), 0, 0
    letters: dict[tuple[bytes, bytes, bytes, int], list[Part]] = {}
    for file in case_files(paths):
        for part in _parts(file, pair):
            if part is None:
                bad += 1
            else:
                letters.setdefault(part.letter, []).append(part)
    for parts in letters.values():
        left = _open_one(parts, pair, key_file, folder, name, yes=yes)
        bad += left == _BAD
        waits += left == EXIT_LOCKED
    if not letters and not bad:
        click.echo("Für diesen Schlüssel ist nichts dabei.")
    if bad or waits:
        raise SystemExit(_BAD if bad else EXIT_LOCKED)


@click.command()
@click.argument("folder", metavar="FALLORDNER", type=as_path())
@click.option("--key", "key_file", required=True, type=as_path(), help="Der Schlüssel der Praxis.")
@click.option("--text", default=None, help="Die Antwort; ohne sie wird von der Eingabe gelesen.")
@click.option("--name", default="", help="Wie die Praxis heißt.")
def answer(folder: Path, key_file: Path, text: str | None, name: str) -> None:
    """Beantworte einen geöffneten Fall; die Antwort liegt dann als Datei im FALLORDNER.

    \b
    Beispiel:
      dorfhub care case answer Faelle/fall-3fa94c01 --key praxis.schluessel --text "Bitte kühlen."

    \b
    Rückgabewert (Exit code): 0 geschrieben, 1 verweigert.
    """
    from edge.care import case  # noqa: PLC0415 - `--help` is quick

    asked = _asked(folder)
    said = (sys.stdin.read() if text is None else text).strip()
    if not said or len(said) > case.MAX_ANSWER:
        raise click.ClickException(f"Eine Antwort hat 1 bis {case.MAX_ANSWER} Zeichen.")
    made = case.Answer(
        bytes.fromhex(asked["case"]), os.urandom(case.ID_BYTES), now_ms(), _short(name), said
    )
    file = folder / f"antwort-{asked['case'][:8]}-{made.id.hex()[:4]}{SUFFIX}"
    _seal_back(file, made, read_key_file(key_file), asked["reply_to"])
    click.echo(f"Geschrieben: {file}")
    click.echo("Sie darf auf jedem Weg ins Dorf: Stick, E-Mail, über den Landkreis.")


def read_key_file(file: Path) -> KeyPair:
    """Return the keys of a practice; say so in words if there are none."""
    from edge.care.case_errors import CaseError  # noqa: PLC0415 - `--help` is quick
    from edge.care.case_key import read_pair  # noqa: PLC0415

    try:
        return read_pair(read_file(file).decode("utf-8", "replace"))
    except CaseError as error:
        raise click.ClickException(f"{file}: {error.hint}") from None


def _parts(file: Path, pair: KeyPair) -> Iterator[Part | None]:
    """Yield what of a file is for this key; None for what is damaged, which is said."""
    from edge.care import case_letter  # noqa: PLC0415 - `--help` is quick
    from edge.care.case_errors import Damaged, NotForUs  # noqa: PLC0415

    try:
        recipient, parts = case_letter.unpack(read_file(file))
        # where a packet says whom it is for, and it is us, what does not open was changed
        ours = recipient == pair.address.recipient
        for one in parts:
            try:
                yield case_letter.open_part(one, pair)
            except NotForUs as error:
                if ours:
                    raise Damaged(str(error)) from error
    except Damaged as error:
        click.echo(f"{file.name}: {error.hint}", err=True)
        yield None


def _open_one(
    parts: Sequence[Part], pair: KeyPair, key_file: Path, folder: Path, name: str, *, yes: bool
) -> int:
    """Lay out one case; return what a program that waits for it ends with."""
    from edge.care import case, case_letter  # noqa: PLC0415 - `--help` is quick
    from edge.care.case_errors import CaseError, Damaged  # noqa: PLC0415

    number = parts[0].case.hex()[:8]
    try:
        letter = case_letter.gather(parts)
        if not isinstance(letter, case.Case):
            raise Damaged("no question", hint="Das ist eine Antwort, keine Frage.")
        _require_known(key_file, parts[0].sender, letter, yes=yes)
        _lay_out(folder, letter, pair, name)
    except case_letter.Incomplete as error:
        click.echo(f"Fall {number}: {error.hint}")
        return EXIT_LOCKED
    except CaseError as error:
        click.echo(f"Fall {number}: {error.hint}", err=True)
        return _BAD
    return 0


def _require_known(key_file: Path, sender: bytes, letter: Case, *, yes: bool) -> None:
    """Let a person compare a village's key the first time that it asks.

    :raises Damaged: if the village that asks is not the one that the answer would go to.
    """
    from edge.care.case_errors import Damaged  # noqa: PLC0415 - `--help` is quick
    from edge.care.case_key import read_address  # noqa: PLC0415

    reply_to = read_address(letter.reply_to)
    if reply_to.verify_key != sender:
        raise Damaged("signed by somebody else than it names")
    known = key_file.with_name(key_file.name + _KNOWN)
    if known.exists() and str(reply_to) in known.read_text("utf-8").split():
        return
    click.echo(f"Zum ersten Mal fragt: {_line(letter.village) or 'ein Dorf ohne Namen'}")
    click.echo(f"Am Telefon vergleichen: {reply_to.groups}")
    if not yes:
        click.confirm("Stimmt das überein?", abort=True)
    with known.open("a", encoding="utf-8") as out:
        out.write(f"{reply_to}\n")


def _lay_out(folder: Path, letter: Case, pair: KeyPair, name: str) -> None:
    """Write an opened case into a folder of its own, the same again over itself."""
    from edge.care.case import Receipt  # noqa: PLC0415 - `--help` is quick

    number = letter.id.hex()
    place = folder / f"fall-{number[:8]}"
    day = time.strftime("%d.%m.%Y, %H:%M Uhr", time.localtime(letter.at / 1000))
    text = (
        f"Frage aus {letter.village or 'dem Dorf'}, {day}\n"
        f"Person: {letter.about or 'ohne Angabe'}\n\n{letter.question}\n"
    )
    write_file(place / _QUESTION, text.encode())
    if letter.values:
        write_file(place / _VALUES, _table(letter).encode("utf-8-sig"))
    for one in letter.files:
        write_file(place / one.name, one.data)
    receipt = Receipt(letter.id, now_ms(), _short(name))
    _seal_back(place / f"empfangen-{number[:8]}{SUFFIX}", receipt, pair, letter.reply_to)
    about = {"case": number, "reply_to": letter.reply_to, "village": letter.village}
    write_file(place / _ABOUT, json.dumps(about, ensure_ascii=False, indent=1).encode())
    click.echo(f"Geöffnet: {place}")


def _table(letter: Case) -> str:
    from edge.care.kinds import WORDS  # noqa: PLC0415 - `--help` is quick

    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(("Zeit", "Art", "Größe", "Wert", "Einheit"))
    for one in letter.values:
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.at / 1000))
        value = f"{one.value:g}".replace(".", ",")
        words = (WORDS.get(one.data_kind, one.data_kind), one.quantity, value, one.unit)
        # a spreadsheet takes what begins so for a formula
        writer.writerow((at, *(f"'{word}" if word[:1] in "=+-@" else word for word in words)))
    return out.getvalue()


def _asked(folder: Path) -> Mapping[str, str]:
    try:
        found = json.loads((folder / _ABOUT).read_text("utf-8"))
        bytes.fromhex(found["case"])
        return cast("Mapping[str, str]", found)
    except (OSError, ValueError, KeyError, TypeError):
        raise click.ClickException(
            f"{folder} ist kein geöffneter Fall. Öffnen: dorfhub care case open DATEI"
        ) from None


def _seal_back(file: Path, letter: Answer | Receipt, pair: KeyPair, reply_to: str) -> None:
    from edge.care import case, case_letter  # noqa: PLC0415 - `--help` is quick
    from edge.care.case_key import read_address  # noqa: PLC0415

    to = read_address(reply_to)
    parts = case_letter.seal(case.encode(letter), letter.case, pair, to)
    write_file(file, case_letter.pack(to.recipient, parts))


def _short(name: str) -> str:
    return _line(name)[:100]


def _line(text: str) -> str:
    """Return text as one line that does nothing to a terminal."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
