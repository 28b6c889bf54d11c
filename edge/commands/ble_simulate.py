"""`dorfhub ble simulate`: virtual sensors and the air they are in."""

from __future__ import annotations

import asyncio
import io
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from hardware.errors import DecodeError

if TYPE_CHECKING:
    from hardware.sim.ether import Ether
    from hardware.sim.ward import Member
    from hardware.sim.ward_run import Ward


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="0 nimmt einen freien.")
@click.option(
    "--ward",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="TOML-Datei mit einem Abschnitt [[device]] je Gerät.",
)
@click.option(
    "--device",
    "devices",
    multiple=True,
    metavar="NAME=WERT,...",
    help="Ein Gerät, zum Beispiel kind=cuff,name=Oma,stored=3; mehrfach, bis zu 60 Geräte.",
)
@click.option(
    "--replay",
    "recording",
    type=click.File("rb"),
    metavar="DATEI",
    help="Dazu noch einmal senden, was eine Aufzeichnung (btsnoop) enthält.",
)
@click.option(
    "--replay-speed",
    type=click.FloatRange(min=0.1, max=1000),
    default=1.0,
    help="So viel schneller.",
)
@click.option("--deaf-after-s", type=click.FloatRange(min=0), help="Der Adapter hört nichts mehr.")
@click.option("--silent-after-s", type=click.FloatRange(min=0), help="Der Adapter verstummt.")
@click.option("--commands", is_flag=True, help="Von der Standardeingabe lesen, was geschehen soll.")
@click.option("--name", default="Blutdruck Sim", show_default=True, help="Wie es sich nennt.")
@click.option("--seed", type=int, default=1, show_default=True, help="Bestimmt Adresse und Werte.")
@click.option("--stored", type=click.IntRange(0, 10_000), default=0, help="Werte zu Beginn.")
@click.option("--every-s", type=click.FloatRange(min=0.01), help="So oft von selbst messen.")
@click.option("--drop-after", type=click.IntRange(min=0), help="Nach N Werten abreißen.")
@click.option("--passkey", type=click.IntRange(0, 999_999), help="Kopplungscode der Anzeige.")
@click.option("--always-advertise", is_flag=True, help="Auch ohne gespeicherte Werte melden.")
@click.option(
    "--confirmed",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Datei, die jeden bestätigten Wert bekommt, eine Zeile Hex, mit fsync.",
)
def simulate(
    *,
    port: int,
    ward: Path | None,
    devices: tuple[str, ...],
    recording: BinaryIO | None,
    replay_speed: float,
    deaf_after_s: float | None,
    silent_after_s: float | None,
    commands: bool,
    **cuff: object,
) -> None:
    """Lass virtuelle Sensoren laufen, bis SIGTERM oder Strg-C kommt.

    Ohne --ward und --device ist es ein Blutdruckmessgerät, eingestellt mit den Optionen von
    --name bis --confirmed, und es erscheint eine JSON-Zeile, sobald es bereit ist. Mit --ward
    oder --device ist es eine Station: eine JSON-Zeile je Gerät. Der Hub erreicht den
    virtuellen Adapter über TCP: [radio] kind = "virtual", adapter = das gedruckte "hci".

    Arten: cuff, thermometer, scale, glucose, cgm, oximeter, belt; door, motion, button, bed,
    climate. docs/ble-simulate.md sagt, was man jedem mitgeben kann, auch an Fehlern.

    Mit --replay DATEI sendet, wozu die Aufzeichnung eine Verbindung enthält, noch einmal seine
    Werte an den Hub, der sich verbindet (eine JSON-Zeile mehr je Gerät); von allen anderen die
    Meldungen.

    Mit --commands je Zeile eines davon, NUMMER zählt die Geräte von 1 an:

    \b
      measure NUMMER                  misst jetzt
      ill NUMMER KRANKHEIT [SEKUNDEN] wird krank, am schlimmsten nach so vielen Sekunden
      forget NUMMER                   vergisst seine Kopplungen
      unuser NUMMER BENUTZER          löscht einen Benutzer der Waage
      unlock NUMMER                   sperrt die Waage nicht mehr
      heat NUMMER GRAD [SEKUNDEN [SEKUNDEN LANG]]  der Raum wird so heiß
      press, press2, hold NUMMER      Knopf: einmal, zweimal, lang
      on, off NUMMER                  Tür, Bewegung, Bett: an, aus
      deaf, silent                    der Adapter hört oder sagt nichts mehr

    \b
    Beispiele:
      $ dorfhub ble simulate --stored 3 --every-s 60
      {"hci": "tcp:127.0.0.1:40011", "cuff": "F5:B1:65:22:B7:91"}
      $ dorfhub ble simulate --device kind=cuff,stored=3,count=20 --device kind=button
      {"hci": "tcp:127.0.0.1:40012", "kind": "cuff", "name": "Blutdruck Sim", ...

    \b
    Rückgabewerte (Exit codes):
      0  beendet
      1  Bumble fehlt, oder der Port ist belegt
      2  falscher Aufruf, oder die Station ist falsch beschrieben
    """
    try:
        from hardware.sim.ward import WardError  # noqa: PLC0415  # an optional extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "bumble":
            raise
        raise click.ClickException(
            'Bumble fehlt. Bitte nachinstallieren: pip install "dorfhub[virtual]".'
        ) from None
    try:
        members, single = _members(ward, devices, cuff)
    except WardError as error:
        raise click.UsageError(str(error)) from None
    faults = {"deaf": deaf_after_s, "silent": silent_after_s}
    try:
        playing = None if recording is None else (recording, replay_speed)
        asyncio.run(_run(members, port, faults, playing, single=single, commands=commands))
    except DecodeError as error:
        raise click.ClickException(f"Das ist keine Aufzeichnung: {error}.") from None
    except OSError as error:
        raise click.ClickException(f"Port {port} geht nicht: {error.strerror or error}.") from None


def _members(
    ward: Path | None, devices: tuple[str, ...], cuff: dict[str, object]
) -> tuple[tuple[Member, ...], bool]:
    from hardware.sim.cuff import CuffOptions  # noqa: PLC0415
    from hardware.sim.ward import Member, WardError, read_file, read_lines  # noqa: PLC0415

    if ward is not None and devices:
        raise WardError("Entweder --ward oder --device.")
    if ward is not None:
        return read_file(ward.read_bytes()), False
    if devices:
        return read_lines(devices), False
    stored = cuff["stored"]
    memory = max(200, stored if isinstance(stored, int) else 0)
    options = CuffOptions(**cuff, memory=memory)  # type: ignore[arg-type]  # click checked them
    return (Member("cuff", options),), True


async def _run(
    members: tuple[Member, ...],
    port: int,
    faults: dict[str, float | None],
    playing: tuple[BinaryIO, float] | None,
    *,
    single: bool,
    commands: bool,
) -> None:
    from hardware.sim.ether import Ether  # noqa: PLC0415
    from hardware.sim.ward_run import Ward  # noqa: PLC0415

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    ether = Ether()
    ward = Ward(ether.link, members)
    recording = None if playing is None else _Recording(ether, *playing)
    running: list[Ward | _Recording] = [ward]
    tasks: list[asyncio.Task[None]] = []
    try:
        actual = await ether.listen(port)
        await ward.start()
        hci = {"hci": f"tcp:127.0.0.1:{actual}"}
        told = ward.describe()
        lines = [{"cuff": told[0]["address"]}] if single else told
        if recording is not None:
            running.append(recording)
            lines += await recording.start()
            tasks.append(asyncio.create_task(recording.play()))
        for line in lines:
            click.echo(json.dumps(hci | line, ensure_ascii=False))
        _break_later(ether, faults)
        if commands:
            tasks.append(asyncio.create_task(_obey(ward, ether)))
        stopping = asyncio.create_task(stop.wait())
        waiting: set[asyncio.Task[Any]] = {stopping, *tasks}
        while not stopping.done():
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for part in running:
            await part.stop()
        await ether.close()


class _Recording:
    """A recording that is played. :raises DecodeError: if it is none."""

    def __init__(self, ether: Ether, file: BinaryIO, speed: float) -> None:
        from hardware.sim.reenacted import Reenacted, recorded_devices  # noqa: PLC0415

        self._ether, self._speed = ether, speed
        self._file = file if file.seekable() else io.BytesIO(file.read())
        found = recorded_devices(self._file)
        self._connected = {one.address for one in found}
        self.devices = [Reenacted(ether.link, one, speed) for one in found]

    async def start(self) -> list[dict[str, object]]:
        """Switch on who was connected to; return what a person must know of each."""
        for device in self.devices:
            await device.start()
        return [device.describe() for device in self.devices]

    async def stop(self) -> None:
        """Switch them off."""
        for device in self.devices:
            await device.stop()

    async def play(self) -> None:
        """Wait for a hub, then say again what was heard of all others."""
        from hardware.sim.playback import advertisements, play  # noqa: PLC0415

        while not self._ether.scanned:  # noqa: ASYNC110  # a hub comes when it comes
            await asyncio.sleep(0.1)
        self._file.seek(0)
        said = advertisements(self._file)
        others = (one for one in said if one.address not in self._connected)
        await play(self._ether.link, others, self._speed)


def _break_later(ether: Ether, faults: dict[str, float | None]) -> None:
    for name, after_s in faults.items():
        if after_s is not None:
            asyncio.get_running_loop().call_later(after_s, _break, ether, name)


def _break(ether: Ether, how: str) -> None:
    if how == "deaf":
        ether.make_deaf()
    else:
        ether.silence()


async def _obey(ward: Ward, ether: Ether) -> None:
    """Do what is typed, one line at a time; what cannot be done is answered and changes nothing."""
    from hardware.sim.ward import WardError  # noqa: PLC0415

    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        while line := await reader.readline():
            word = line.decode("utf-8", "replace").strip()
            try:
                if word in {"deaf", "silent"}:
                    _break(ether, word)
                else:
                    await ward.command(word)
            except WardError as error:
                click.echo(str(error), err=True)
    finally:
        transport.close()
