"""`--how` of the commands that note a consent: how the person gave it."""

from __future__ import annotations

import click

SPOKEN = "mündlich, vor Ort"
how_given = click.option(
    "--how",
    "given_how",
    default=SPOKEN,
    show_default=True,
    help="Wie sie gegeben wurde: auf Papier, mündlich, ...",
)
