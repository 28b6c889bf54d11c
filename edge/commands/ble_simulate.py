"""`dorfhub ble simulate`: a virtual cuff and the air it is in."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hardware.sim.cuff import CuffOptions


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="0 takes a free one.")
@click.option("--name", default="Blutdruck Sim", show_default=True, help="As it advertises.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of address and readings.")
@click.option("--stored", type=click.IntRange(0, 200), default=0, help="Readings it starts with.")
@click.option("--every-s", type=click.FloatRange(min=0.01), help="Measure so often.")
@click.option("--drop-after", type=click.IntRange(min=0), help="Cut the link after N readings.")
@click.option("--passkey", type=click.IntRange(0, 999_999), help="Show this passkey when pairing.")
@click.option("--always-advertise", is_flag=True, help="Also without stored readings.")
@click.option(
    "--confirmed",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that is given each confirmed reading, one line of hex, synced.",
)
def simulate(
    *,
    port: int,
    name: str,
    seed: int,
    stored: int,
    every_s: float | None,
    drop_after: int | None,
    passkey: int | None,
    always_advertise: bool,
    confirmed: Path | None,
) -> None:
    """Run a virtual blood pressure cuff until SIGTERM or Ctrl-C.

    Prints one JSON line once it is ready. A hub reaches the virtual adapter over TCP, again and
    again: [radio] kind = "virtual", adapter = the printed "hci".

    \b
    Example:
      $ dorfhub ble simulate --stored 3 --every-s 60
      {"hci": "tcp:127.0.0.1:40011", "cuff": "F5:B1:65:22:B7:91"}

    \b
    Exit codes:
      0  stopped
      1  Bumble is not installed, or the port is taken
      2  wrong usage
    """
    try:
        from hardware.sim.cuff import CuffOptions  # noqa: PLC0415  # an optional extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "bumble":
            raise
        raise click.ClickException(
            'Bumble fehlt. Bitte nachinstallieren: pip install "dorfhub[virtual]".'
        ) from None
    options = CuffOptions(
        name=name,
        passkey=passkey,
        seed=seed,
        stored=stored,
        every_s=every_s,
        drop_after=drop_after,
        confirmed=confirmed,
        always_advertise=always_advertise,
    )
    try:
        asyncio.run(_run(options, port))
    except OSError as error:
        raise click.ClickException(f"Port {port} geht nicht: {error.strerror or error}.") from None


async def _run(options: CuffOptions, port: int) -> None:
    from hardware.sim.cuff import Cuff  # noqa: PLC0415
    from hardware.sim.ether import Ether  # noqa: PLC0415

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    ether = Ether()
    cuff = Cuff(ether.link, options, time.monotonic)
    try:
        actual = await ether.listen(port)
        await cuff.start()
        ready = {"hci": f"tcp:127.0.0.1:{actual}", "cuff": cuff.address_text}
        click.echo(json.dumps(ready))
        await stop.wait()
    finally:
        await cuff.stop()
        await ether.close()
