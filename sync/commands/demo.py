"""`dorfhub demo`: a village and a county on this machine, with real parts, until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from sync.demo.story import Stage, Story
from sync.demo.world import ENDING, DemoError, World

ROUND_S = 20.0  # pause between two rounds: long enough to read the page, short enough to wait for


@click.command()
@click.option("--once", is_flag=True, help="One full round, then end with code 0.")
@click.option(
    "--replay",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Lines of M-Bus telegrams (hex) that the village hears beside its own meter.",
)
def demo(*, once: bool, replay: Path | None) -> None:
    """Show the whole road: a meter and a cuff, a village, open data, a bundle, the county's lake.

    Starts real processes on this machine's loopback interface in a temporary folder and ends
    them again.

    \b
    Examples:
      dorfhub demo
      dorfhub demo --once --replay telegrams.txt

    \b
    Exit codes: 0 all went well, 1 a stage failed; its name is the last line, 2 wrong usage.
    """
    asked: list[int] = []

    def interrupt(number: int, frame: object) -> None:
        del frame
        asked.append(number)
        raise KeyboardInterrupt

    for number in ENDING:
        signal.signal(number, interrupt)
    started = time.monotonic()
    try:
        with World() as world:
            story = Story(world, replay)
            if _play(story.stages(), asked):
                click.echo(f"\nEine ganze Runde in {time.monotonic() - started:.0f} Sekunden.")
                if once:
                    return
                _go_on(story, asked)
            sys.exit(1)
    except KeyboardInterrupt:
        click.echo("\nDas Dorf ist wieder leer: kein Prozess, keine Datei bleibt zurück.")


def _go_on(story: Story, asked: Sequence[int]) -> None:
    click.echo("\nZum Ansehen, bis Strg-C:")
    for name, url in story.addresses():
        click.echo(f"  {name:<15} {url}")
    click.echo(f"  {'Erster Zugang':<15} {story.first_account()}")
    while True:
        time.sleep(ROUND_S)
        click.echo("")
        if not _play(story.again(), asked):
            sys.exit(1)


def _play(stages: Iterable[Stage], asked: Sequence[int]) -> bool:
    """Run the stages, each lighting up as it is done; False if one failed, which is told.

    A signal that was ``asked`` ends it before the next stage at the latest: what is raised within
    an import or a finalizer can be swallowed by it.
    """
    for stage in stages:
        if asked:
            raise KeyboardInterrupt
        live = sys.stdout.isatty()
        if live:
            click.echo(f"  ○ {stage.name:<17} …", nl=False)
        began = time.monotonic()
        try:
            said = stage.run()
        except DemoError as error:
            click.echo(("\r" if live else "") + f"  ✗ {stage.name:<17}")
            click.echo(f"Die Stufe „{stage.name}“ ist gescheitert: {error}", err=True)
            return False
        seconds = time.monotonic() - began
        lines = said.splitlines() or [""]
        mark = click.style("●", fg="green")
        click.echo(
            ("\r" if live else "") + f"  {mark} {stage.name:<17} {lines[0]}  ({seconds:.1f} s)"
        )
        for line in lines[1:]:
            click.echo(f"    {'':<17} {line}")
    return True
