"""`dorfhub notice`: what hangs on the village's board."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.process.lifecycle import EXIT_CONFIG

if TYPE_CHECKING:
    from edge.store.village import VillageStore

DAY_MS = 86_400_000
MAX_TITLE = 80  # one line at the terminal's size
MAX_TEXT = 1000  # a notice, not a newspaper


@click.command()
@click.argument("title")
@click.option("--text", default="", help="What else there is to say.")
@click.option(
    "--days",
    type=click.IntRange(1, 366),
    default=14,
    show_default=True,
    help="How long it hangs.",
)
@click.pass_obj
def add(config_path: Path, title: str, text: str, days: int) -> None:
    """Put up a notice with this TITLE.

    \b
    Example:
      dorfhub notice add "Kaffeenachmittag am Donnerstag" --text "Ab 15 Uhr im Saal." --days 5

    \b
    Exit codes: 0 done, 1 refused, 2 usage, 78 hub.toml is wrong.
    """
    title, text = title.strip(), text.strip()
    if not 1 <= len(title) <= MAX_TITLE or len(text) > MAX_TEXT:
        raise click.ClickException(
            f"Die Überschrift hat 1 bis {MAX_TITLE} Zeichen, der Text höchstens {MAX_TEXT}."
        )
    now = _now_ms()
    with _village(config_path) as village:
        number = village.add_notice(title, text, now, now + days * DAY_MS)
    click.echo(f"Ausgehängt für {days} Tage: {title} (Nr. {number})")


@click.command("list")
@click.pass_obj
def list_(config_path: Path) -> None:
    """List what hangs now, newest first.

    \b
    Example:
      dorfhub notice list

    \b
    Exit codes: 0 done, 1 village.db cannot be read, 2 usage, 78 hub.toml is wrong.
    """
    with _village(config_path) as village:
        notices = village.notices(_now_ms())
    for notice in notices:
        click.echo(f"{notice.notice:>4}  {notice.title}")
    if not notices:
        click.echo("Es hängt nichts. Aushängen: dorfhub notice add TITEL")


@click.command()
@click.argument("number", type=int)
@click.pass_obj
def remove(config_path: Path, number: int) -> None:
    """Take the notice with this NUMBER down.

    \b
    Example:
      dorfhub notice remove 3

    \b
    Exit codes: 0 done, 1 no such notice hangs, 2 usage, 78 hub.toml is wrong.
    """
    with _village(config_path) as village:
        if not village.end_notice(number, _now_ms()):
            raise click.ClickException(f"Einen Aushang mit der Nr. {number} gibt es nicht.")
    click.echo(f"Abgenommen: Nr. {number}")


@contextmanager
def _village(config_path: Path) -> Iterator[VillageStore]:
    from edge.config import ConfigError, load  # noqa: PLC0415  # `--help` is quick
    from edge.store.errors import StoreError  # noqa: PLC0415
    from edge.store.village import VillageStore  # noqa: PLC0415

    try:
        with VillageStore(load(config_path).hub.village_db) as village:
            yield village
    except ConfigError as error:
        click.echo(f"{error}\n{error.hint}", err=True)
        raise SystemExit(EXIT_CONFIG) from None
    except StoreError as error:
        raise click.ClickException(f"{error}\n{error.hint}".rstrip()) from None


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
