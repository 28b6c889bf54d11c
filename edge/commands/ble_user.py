"""`dorfhub ble user`: the users of a scale that hands over readings only with their consent code.

A code is made by the hub, or read from the prompt or standard input, never from the command line,
and never shown again. What else is private is read so, too, for who asks for it: what stands on
the command line can be read by everybody on this machine while the command runs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge.commands.ble_request import NO_ANSWER, ask_and_wait, failed
from edge.commands.meter_key import secret
from edge.commands.unlocked import find_person, now_ms, unlocked
from edge.process.running import ask_config
from edge.process.words import said
from edge.store.errors import StoreError
from edge.store.scale_data import lay_down, remove
from edge.store.scale_users import MAX_CODE, MAX_INDEX, ScaleUsers
from edge.store.village import VillageStore

if TYPE_CHECKING:
    from edge.config import Config
    from edge.store.village_rows import BleDevice

WAIT_S = 120.0
GRACE_S = 70.0  # a visit that began in time may take that long
_INDEX = click.IntRange(0, MAX_INDEX)
_DATE = click.DateTime(["%Y-%m-%d", "%d.%m.%Y"])
_HEIGHT = click.IntRange(50, 250)
_SEX = {"w": 1, "m": 0}
_HOW = "bei der Anmeldung an der Waage"


@click.group()
def user() -> None:
    """Benutzer einer Waage: anmelden, Code, auflisten, Angaben, vergessen."""


@user.command()
@click.argument("sensor")
@click.option(
    "--person", metavar="PERSON", help="Wessen Nummer das ab jetzt ist (Name, Nummer; - fragt)."
)
@click.option(
    "--index", type=_INDEX, help="Zuletzt war es unklar: die Waage zeigt diesen neuen Benutzer."
)
@click.option(
    "--anew", is_flag=True, help="Zuletzt war es unklar: die Waage zeigt keinen neuen Benutzer."
)
@click.pass_obj
def register(
    config_path: Path, sensor: str, person: str | None, index: int | None, *, anew: bool
) -> None:
    """Melde an SENSOR (Adresse, Kennung oder Name) einen neuen Benutzer an; den Code macht der Hub.

    Mit --person - wird der Name erfragt oder von der Eingabe gelesen: in der Befehlszeile können
    ihn andere an diesem Rechner sehen, solange der Befehl läuft.

    Dies eintippen, während der Hub läuft, und auf die Waage steigen, damit sie wach ist.

    \b
    Beispiele:
      dorfhub ble user register "Waage Küche" --person -    # fragt nach dem Namen
      dorfhub ble user register "Waage Küche" --index 3     # es war unklar, und es gibt Benutzer 3

    \b
    Rückgabewerte (Exit codes):
      0   angemeldet
      1   nicht; die Meldung sagt, warum und was zu tun ist
      2   falscher Aufruf
      75  personal.db ist gesperrt (mit --person)
      78  hub.toml fehlt oder ist falsch
    """
    if anew and index is not None:
        raise click.UsageError("Entweder --index oder --anew.")
    config = ask_config(config_path)
    found = _sensor(config, sensor)
    person = _named(person)
    _check_person(config_path, person)
    more = {"index": index} if index is not None else {"anew": True} if anew else {}
    result = _ask(config, found, "register", more)
    number = result.get("index")
    if not isinstance(number, int):
        raise failed(_unclear(result, found))
    click.echo(f"Angemeldet: Benutzer {number} an {found.name}.")
    click.echo(f"Zum Messen an der Waage Benutzer {number} wählen, wenn sie danach fragt.")
    _give(config_path, found, number, person)


@user.command()
@click.argument("sensor")
@click.argument("index", metavar="NUMMER", type=_INDEX)
@click.option(
    "--person",
    metavar="PERSON",
    help="Wessen er ist (Name, Nummer; - fragt), wenn der Code stimmt.",
)
@click.option("--later", is_flag=True, help="Erst beim nächsten Wiegen ausprobieren.")
@click.pass_obj
def code(config_path: Path, sensor: str, index: int, person: str | None, *, later: bool) -> None:
    """Lies den Code des Benutzers mit dieser NUMMER an SENSOR, verdeckt oder von der Eingabe.

    Die Waage zeigt ihn, oder er wurde in der App des Herstellers gewählt. Ein Code, den jemand
    anderswo benutzt (der einer Bankkarte), gehört nicht hierher: dann die Person lieber neu
    anmelden. Mit --person - wird vor dem Code der Name gelesen, jeder aus einer Zeile: in der
    Befehlszeile können ihn andere sehen.

    \b
    Beispiel:
      dorfhub ble user code "Waage Küche" 1 --person -

    \b
    Rückgabewerte (Exit codes):
      0   die Waage hat ihn angenommen (mit --later: er ist gespeichert)
      1   nicht; die Meldung sagt, warum und was zu tun ist
      75  personal.db ist gesperrt (mit --person)
      78  hub.toml fehlt oder ist falsch
    """
    config = ask_config(config_path)
    found = _sensor(config, sensor)
    person = _named(person)
    _check_person(config_path, person)
    digits = secret("Code (bis zu vier Ziffern)").strip()
    if not digits.isdecimal() or len(digits) > 4 or int(digits) > MAX_CODE:
        raise failed("Ein Code hat ein bis vier Ziffern.")
    try:
        ScaleUsers(config.hub.scale_users).enter(found.address, index, int(digits), now_ms())
    except StoreError as error:
        raise failed(said(error)) from None
    if later:
        click.echo("Gespeichert; beim nächsten Wiegen probiert der Hub den Code aus.")
    else:
        _ask(config, found, "try", {"index": index})
        click.echo(f"Der Code stimmt: Benutzer {index} an {found.name}.")
    _give(config_path, found, index, None if later else person)


@user.command("list")
@click.argument("sensor", required=False)
@click.pass_obj
def list_(config_path: Path, sensor: str | None) -> None:
    """Nenne die Benutzer von SENSOR, sonst von jeder Waage, und wie es steht; nie einen Code.

    \b
    Beispiel:
      dorfhub ble user list

    \b
    Rückgabewert (Exit code): 0 getan, 1 den Sensor gibt es nicht, 78 hub.toml ist falsch.
    """
    from edge.collect.ble.user_words import state_hint, state_word  # noqa: PLC0415  # quick help

    config = ask_config(config_path)
    wanted = [_sensor(config, sensor)] if sensor is not None else _sensors(config)
    users = ScaleUsers(config.hub.scale_users)
    try:
        shown = [one for one in wanted if sensor is not None or one.address in users.devices()]
        for one in shown:
            click.echo(f"{one.name} ({one.address}):")
            known = users.users(one.address)
            for each in known:
                name = "neu" if each.index is None else f"Benutzer {each.index}"
                click.echo(f"  {name}: {state_word(each)}")
                if hint := state_hint(each):
                    click.echo(f"    {hint}")
            if not known:
                click.echo("  Der Hub kennt noch keinen Code.")
    except StoreError as error:
        raise failed(said(error)) from None
    if not shown:
        click.echo("Keine gekoppelte Waage hat Benutzer.")


@user.command()
@click.argument("sensor")
@click.argument("index", metavar="NUMMER", type=_INDEX)
@click.option("--born", type=_DATE, metavar="TT.MM.JJJJ", help="Geburtsdatum.")
@click.option("--sex", type=click.Choice(list(_SEX)), help="So, wie die Waage rechnet.")
@click.option("--height-cm", type=_HEIGHT, help="Größe.")
@click.pass_obj
def data(  # noqa: PLR0917  # the options
    config_path: Path,
    sensor: str,
    index: int,
    born: date | None,
    sex: str | None,
    height_cm: int | None,
) -> None:
    """Sag SENSOR, was sie vom Benutzer NUMMER wissen muss, um Fett von Muskeln zu unterscheiden.

    Nur wenn die Person das will. Es bleibt allein auf der Waage; der Hub behält nichts davon. Ohne
    Optionen wird gefragt, oder es wird aus drei Zeilen der Eingabe gelesen (Geburtsdatum, w oder m,
    Größe); eine leere Zeile lässt eines aus. Optionen können andere an diesem Rechner sehen,
    solange der Befehl läuft.

    \b
    Beispiel:
      dorfhub ble user data "Waage Küche" 1

    \b
    Rückgabewert (Exit code): 0 eingetragen, 1 nicht; die Meldung sagt, warum, 2 falscher Aufruf,
    78 hub.toml ist falsch.
    """
    from hardware.ble.user_profile import Sex, UserProfile, write_profile  # noqa: PLC0415

    if born is None and sex is None and height_cm is None:
        born = _asked("Geburtsdatum (TT.MM.JJJJ)", _DATE)
        sex = _asked("w oder m, wie die Waage rechnet", click.Choice(list(_SEX)))
        height_cm = _asked("Größe in cm", _HEIGHT)
    if born is None and sex is None and height_cm is None:
        raise click.UsageError("Mindestens eine Angabe: Geburtsdatum, w oder m, oder Größe.")
    day = None if born is None else date(born.year, born.month, born.day)
    try:
        profile = UserProfile(day, None if sex is None else Sex(_SEX[sex]), height_cm)
        profile.writes(date.today())  # noqa: DTZ011  # where the person and the hub are
    except ValueError:
        raise failed("Dieses Geburtsdatum kann nicht stimmen.") from None
    config = ask_config(config_path)
    found = _sensor(config, sensor)
    _ask(config, found, "data", {"index": index}, write_profile(profile))
    click.echo(f"Auf der Waage eingetragen: Benutzer {index} an {found.name}.")


@user.command()
@click.argument("sensor")
@click.argument("index", metavar="NUMMER", type=_INDEX)
@click.option("--on-device", is_flag=True, help="Den Benutzer auch auf der Waage löschen.")
@click.pass_obj
def forget(config_path: Path, sensor: str, index: int, *, on_device: bool) -> None:
    """Vergiss den Code des Benutzers NUMMER an SENSOR: der Hub holt seine Werte nicht mehr.

    Mit --on-device löscht auch die Waage den Benutzer und was sie von ihm gespeichert hat;
    Messwerte, die noch warten, holt der Hub vorher.

    \b
    Beispiel:
      dorfhub ble user forget "Waage Küche" 1

    \b
    Rückgabewert (Exit code): 0 vergessen, 1 nicht; die Meldung sagt, warum, 78 hub.toml ist falsch.
    """
    config = ask_config(config_path)
    found = _sensor(config, sensor)
    if on_device:
        _ask(config, found, "delete", {"index": index})
        click.echo(f"Gelöscht, auch auf der Waage: Benutzer {index} an {found.name}.")
        return
    try:
        gone = ScaleUsers(config.hub.scale_users).forget(found.address, index)
    except StoreError as error:
        raise failed(said(error)) from None
    if not gone:
        raise failed(f"Von Benutzer {index} kennt der Hub keinen Code: dorfhub ble user list")
    click.echo(f"Vergessen: Benutzer {index} an {found.name}. Auf der Waage bleibt er.")


def _sensors(config: Config) -> list[BleDevice]:
    try:
        with VillageStore(config.hub.village_db) as village:
            return village.ble_devices()
    except StoreError as error:
        raise failed(said(error)) from None


def _sensor(config: Config, sensor: str) -> BleDevice:
    """Return the one sensor of that address, id or name."""
    paired = _sensors(config)
    known = [
        one
        for one in paired
        if sensor.upper() in {one.address, one.device_id.upper(), one.name.upper()}
    ]
    if len(known) != 1:
        names = ", ".join(f"{one.name} ({one.address})" for one in paired)
        raise failed(f"So heißt nicht genau ein Gerät. Gekoppelt: {names or 'keines'}.")
    return known[0]


def _ask(
    config: Config,
    sensor: BleDevice,
    action: str,
    more: Mapping[str, object],
    private: Mapping[str, object] | None = None,
) -> Mapping[str, object]:
    """Ask, and return what came of it; ``private`` is handed over in memory, not in the database.

    :raises SystemExit: if nothing did, unless a registration is unclear.
    """
    click.echo(f"Bitte jetzt auf die Waage steigen (bis zu {WAIT_S:.0f} s) ...", err=True)
    arguments = {"action": action, "address": sensor.address, "wait_s": WAIT_S, **more}
    try:
        with (
            VillageStore(config.hub.village_db) as village,
            _laid_down(config.hub.run, private) as where,
        ):
            limit_s = WAIT_S + GRACE_S
            request = ask_and_wait(village, "user", {**arguments, **where}, limit_s)
    except StoreError as error:
        raise failed(said(error)) from None
    if request is None:
        raise failed(NO_ANSWER)
    result = request.result or {}
    if request.state != "done" and result.get("unclear") is not True:
        raise failed(str(result.get("hint") or "Warum, steht im Protokoll des Hubs."))
    return result


@contextmanager
def _laid_down(folder: Path, data: Mapping[str, object] | None) -> Iterator[dict[str, object]]:
    """Lay a person's data where the collector finds it, and leave nothing of it behind.

    Yields what the request must say of it.
    """
    if data is None:
        yield {}
        return
    token = lay_down(folder, data, now_ms())
    try:
        yield {"file": token}
    finally:
        remove(folder, token)


def _unclear(result: Mapping[str, object], sensor: BleDevice) -> str:
    return (
        f"{result.get('hint')}\n"
        f'Steht dort einer:  dorfhub ble user register "{sensor.name}" --index NUMMER\n'
        f'Steht dort keiner: dorfhub ble user register "{sensor.name}" --anew'
    )


def _line(what: str) -> str:
    """Read one line: asked for at a terminal, else from standard input."""
    if sys.stdin.isatty():
        return str(click.prompt(what, default="", show_default=False, err=True)).strip()
    return sys.stdin.readline().strip()


def _asked(what: str, kind: click.ParamType[Any]) -> Any:
    """Return what a person answers, None if nothing.

    :raises click.UsageError: if it is not of that kind.
    """
    text = _line(what)
    try:
        return kind.convert(text, None, None) if text else None
    except click.BadParameter:
        raise click.UsageError(f"„{text}“ passt nicht; gefragt war: {what}.") from None


def _named(person: str | None) -> str | None:
    """Return the person's name, asked for if it is ``-``."""
    return _line("Name oder Nummer der Person") if person == "-" else person


def _check_person(config_path: Path, person: str | None) -> None:
    """Say so before anything is done, if there is nobody of that name."""
    if person is not None:
        with unlocked(config_path) as store:
            find_person(store, person)


def _give(config_path: Path, sensor: BleDevice, index: int, person: str | None) -> None:
    """Say whose number it is, or how to."""
    if person is None:
        click.echo(
            "Was die Waage von ihm schickt, wartet, bis feststeht, wer es ist:\n"
            f"  dorfhub care assign {sensor.device_id} PERSON --user-index {index}\n"
            f"  dorfhub care confirm {sensor.device_id} PERSON --user-index {index}"
        )
        return
    with unlocked(config_path) as store:
        found = find_person(store, person)
        store.assign(sensor.device_id, found.person, now_ms(), index)
        store.confirm(sensor.device_id, found.person, _HOW, now_ms(), index)
    click.echo(f"Benutzer {index} ist {found.name}.")
    click.echo(
        "Damit der Hub die Werte behält, muss die Person einwilligen: dorfhub care consent give "
        f"{found.person} --kind weight --kind body_composition"
    )
