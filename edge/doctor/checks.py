"""What `dorfhub doctor` finds: one finding a check, each with a sentence that says what to do.

Every check looks for itself and works on a hub that is broken anywhere else.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edge.config import Config, Meter
from edge.process.heartbeat import STALE_AFTER_S, Beat, read_all
from edge.process.ports import can_listen, holder
from edge.store.integrity import complaints, read_only

Level = Literal["ok", "warn", "fail"]

PROCESSES = ("supervisor", "collector", "worker", "web", "sync", "datasette", "library")
FULL_BYTES = 50 << 20  # less than a day's journal, logs and one snapshot being built
SCARCE_BYTES = 500 << 20
DAY_MS = 86_400_000
COUNTY_SILENT_MS = 14 * DAY_MS  # the county's bus comes every week; two missed ones are news


@dataclass(frozen=True, slots=True)
class Finding:
    """``message`` says what is, ``advice`` what a volunteer should do (empty if nothing)."""

    check: str
    level: Level
    message: str
    advice: str = ""


Check = Callable[[Config], Iterator[Finding]]


def check_all(config: Config, checks: Mapping[str, Check]) -> Iterator[Finding]:
    """Yield the findings of ``checks`` by name; one that fails itself is a finding too."""
    for name, check in checks.items():
        try:
            yield from check(config)
        except Exception as error:  # noqa: BLE001 - the doctor works when everything is broken
            message = f"Diese Prüfung ist gescheitert: {type(error).__name__}: {error}"
            yield Finding(name, "fail", message)


def folders(config: Config) -> Iterator[Finding]:
    """Look at the state folder: is it there, is it ours, are the keys closed."""
    state = config.hub.state
    if not state.is_dir():
        advice = f"dorfhub init {config.source.parent} ausführen."
        yield Finding("folder", "fail", f"Der Ordner {state} fehlt.", advice)
        return
    if os.access(state, os.R_OK | os.W_OK | os.X_OK):
        yield Finding("folder", "ok", f"{state} ist da und beschreibbar.")
    else:
        advice = f"Eigentümer und Rechte prüfen: ls -ld {state}"
        yield Finding("folder", "fail", f"{state} ist nicht beschreibbar.", advice)
    keys = config.hub.keys
    if not keys.is_dir():
        yield Finding("keys", "fail", "Die Schlüssel des Hubs fehlen.", "dorfhub init ausführen.")
    elif stat.S_IMODE(keys.stat().st_mode) & 0o077:
        message = "Die Schlüssel des Hubs sind für andere Benutzer dieses Rechners lesbar."
        yield Finding("keys", "fail", message, f"chmod 700 {keys}")
    else:
        yield Finding("keys", "ok", "Die Schlüssel sind nur für den Hub lesbar.")


def disk(config: Config) -> Iterator[Finding]:
    """Look at the room that is left."""
    folder = config.hub.state
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    message = f"Noch {free / 2**30:.1f} GiB frei."
    advice = "Platz schaffen oder eine größere Karte einsetzen."
    if free < FULL_BYTES:
        yield Finding("disk", "fail", f"Der Speicher ist voll. {message}", advice)
    elif free < SCARCE_BYTES:
        yield Finding("disk", "warn", f"Der Speicher wird knapp. {message}", advice)
    else:
        yield Finding("disk", "ok", message)


def databases(config: Config) -> Iterator[Finding]:
    """Check the two open databases page by page."""
    for path in (config.hub.journal_db, config.hub.village_db):
        if not path.exists():
            message = f"{path.name} fehlt."
            yield Finding("database", "fail", message, "dorfhub init ausführen.")
            continue
        words = complaints(path)
        if words:
            advice = "Den Hub anhalten, die Karte sichern und die letzte Sicherung einspielen."
            yield Finding("database", "fail", f"{path.name}: {words}", advice)
        else:
            yield Finding("database", "ok", f"{path.name} ist heil.")


def personal(config: Config) -> Iterator[Finding]:
    """Try whether personal.db can be opened: locked is a state, not a fault."""
    from edge.store.errors import Locked, StoreError  # noqa: PLC0415 - loads SQLCipher
    from edge.store.personal import PersonalStore  # noqa: PLC0415

    database, key_file = config.hub.personal_db, config.personal.key_file
    try:
        PersonalStore.open(database, key_file).close()
    except Locked as error:
        yield Finding("personal", "warn", "Die persönlichen Daten sind gesperrt.", error.hint)
    except StoreError as error:
        yield Finding("personal", "fail", _NOT_OPENED.format(error), error.hint)
    else:
        yield Finding("personal", "ok", "Die persönlichen Daten sind entsperrt.")
        yield from key_place(database, key_file)


def key_place(database: Path, key_file: Path) -> Iterator[Finding]:
    """Warn if the key lies on the file system of what it locks: one theft takes both."""
    if database.stat().st_dev == key_file.stat().st_dev:
        message = (
            "Der Schlüssel der persönlichen Daten liegt auf demselben Datenträger wie"
            " personal.db: ein gestohlener Rechner gibt dann alles preis."
        )
        advice = "Schlüsseldatei auf einen USB-Stick legen: in hub.toml [personal] key_file"
        yield Finding("personal.key", "warn", message, advice)
    else:
        message = "Der Schlüssel der persönlichen Daten liegt auf einem eigenen Datenträger."
        yield Finding("personal.key", "ok", message)


def processes(config: Config) -> Iterator[Finding]:
    """Look at every process' sign of life."""
    beats = read_all(config)
    if not any(beat.alive for beat in beats.values()):
        advice = f"dorfhub --config {config.source} serve"
        yield Finding("process", "warn", "Der Hub läuft nicht.", advice)
        return
    for name in PROCESSES:
        if name == "supervisor" and name not in beats:
            continue  # on the Pi, systemd does its work
        yield _process(name, beats.get(name))
        yield from _parts(beats.get(name))


def ports(config: Config) -> Iterator[Finding]:
    """Look whether the hub's three ports are ours or free."""
    beats = read_all(config)
    for name, host, port in (
        ("web", config.web.host, config.web.port),
        ("datasette", config.datasette.host, config.datasette.port),
        ("sync", config.sync.host, config.sync.port),
    ):
        beat = beats.get(name)
        found = holder(port)
        if found and found.pid and beat and beat.pid == found.pid:
            yield Finding(f"port.{name}", "ok", f"Port {port} gehört dem Hub.")
            continue
        try:
            free = can_listen(host, port)
        except OSError as error:
            advice = f"In hub.toml unter [{name}] host und port prüfen."
            message = f"{host}:{port} geht nicht: {error.strerror}."
            yield Finding(f"port.{name}", "fail", message, advice)
            continue
        if free:
            yield Finding(f"port.{name}", "ok", f"Port {port} ist frei.")
        elif beat and beat.alive and not (found and found.pid):
            yield Finding(f"port.{name}", "ok", f"Port {port} ist belegt, wohl vom Hub selbst.")
        else:
            who = f"Prozess {found.pid} ({found.command})" if found and found.pid else "unbekannt"
            advice = f"Ihn beenden oder in hub.toml unter [{name}] einen anderen port eintragen."
            yield Finding(f"port.{name}", "fail", f"Port {port} ist belegt: {who}.", advice)


def clock(config: Config) -> Iterator[Finding]:
    """Ask how far the time may be trusted."""
    from edge.clock import SystemClock  # noqa: PLC0415 - loads ctypes
    from hardware.reading import TimeQuality  # noqa: PLC0415

    del config
    quality = SystemClock().stamp().quality
    now = time.strftime("%d.%m.%Y %H:%M", time.localtime())
    if quality is TimeQuality.SYNCHRONISED:
        yield Finding("clock", "ok", f"Die Uhr ist gestellt und wird nachgeführt: {now}.")
    elif quality is TimeQuality.HELD:
        message = f"Die Uhr wurde gestellt, läuft seither aber frei: {now}."
        yield Finding("clock", "warn", message, "Bei Gelegenheit ans Netz nehmen.")
    else:
        advice = "Uhrzeit vergleichen; den Hub ans Netz nehmen oder die Uhr stellen."
        message = f"Niemand hat die Uhr gestellt, seit der Rechner läuft: {now}."
        yield Finding("clock", "warn", message, advice)


def snapshot(config: Config) -> Iterator[Finding]:
    """Look at the age of what is published."""
    newest = max((p.stat().st_mtime for p in config.hub.public.glob("*.db")), default=None)
    if newest is None:
        advice = "Nach der ersten Messung eines gemeindeeigenen Zählers geschieht das von selbst."
        yield Finding("snapshot", "warn", "Noch ist nichts veröffentlicht.", advice)
        return
    yield Finding("snapshot", "ok", f"Veröffentlicht vor {ago(time.time() - newest)}.")


def devices(config: Config) -> Iterator[Finding]:
    """Look at the last reading of each meter in village.db; sensors have a check of their own."""
    if not config.hub.village_db.exists():
        return
    polls = {meter.meter_id: meter for meter in config.meters}
    with closing(read_only(config.hub.village_db)) as connection:
        rows = connection.execute(_DEVICES).fetchall()
    for device_id, label, meter_id, seen_at, error, error_at in rows:
        yield _device(label or device_id, polls.get(meter_id), seen_at, error, error_at)


def county(config: Config) -> Iterator[Finding]:
    """Look at the last contact with each peer."""
    if not config.hub.village_db.exists():
        return
    with closing(read_only(config.hub.village_db)) as connection:
        rows = connection.execute(_EXCHANGES).fetchall()
    if not rows:
        advice = "Den Kreis bestätigen: dorfhub sync enrol --help"
        yield Finding("county", "warn", "Mit dem Kreis wurde noch nie abgeglichen.", advice)
    for name, success_at, error in rows:
        age_ms = time.time() * 1000 - success_at if success_at else None
        said = f" Zuletzt: {error}" if error else ""
        if age_ms is None:
            message = f"Mit {name} ist noch kein Abgleich gelungen.{said}"
            yield Finding("county", "warn", message, "dorfhub sync status zeigt, woran es liegt.")
        elif age_ms > COUNTY_SILENT_MS:
            message = f"Der letzte Abgleich mit {name} war vor {ago(age_ms / 1000)}.{said}"
            advice = "Netz prüfen oder einen USB-Stick schicken: dorfhub sync export ORDNER"
            yield Finding("county", "warn", message, advice)
        else:
            yield Finding("county", "ok", f"Abgleich mit {name} vor {ago(age_ms / 1000)}.")


_NOT_OPENED = "Die persönlichen Daten lassen sich nicht öffnen ({})."
_STATES = {
    "starting": "noch beim Starten",
    "deaf": "hört niemanden",
    "degraded": "gestört",
    "failed": "gescheitert",
    "stopped": "angehalten",
    "locked": "gesperrt",
}


def ago(seconds: float) -> str:
    """Return a span in German, in the one unit that says it best."""
    for size, one, many in (
        (86_400, "einem Tag", "Tagen"),
        (3600, "einer Stunde", "Stunden"),
        (60, "einer Minute", "Minuten"),
    ):
        count = int(seconds // size)
        if count:
            return one if count == 1 else f"{count} {many}"
    return "weniger als einer Minute"


def _process(name: str, beat: Beat | None) -> Finding:
    if beat is None:
        advice = "Im Protokoll des Hubs steht, warum er nicht startet."
        return Finding(f"process.{name}", "fail", f"{name} hat sich nie gemeldet.", advice)
    said = f" {beat.message}" if beat.message else ""
    if not beat.alive:
        silent = beat.age_s is not None and beat.age_s > STALE_AFTER_S
        message = f"{name} meldet sich nicht mehr." if silent else f"{name} läuft nicht."
        advice = "Er wird von selbst neu gestartet; sonst hilft das Protokoll des Hubs."
        return Finding(f"process.{name}", "fail", message + said, advice)
    if beat.state == "ok":
        return Finding(f"process.{name}", "ok", f"{name} läuft.{said}")
    if any(_parts(beat)):
        return Finding(f"process.{name}", "warn", f"{name} läuft, aber ein Teil davon nicht:")
    state = _STATES.get(beat.state, beat.state)
    return Finding(f"process.{name}", "warn", f"{name} läuft, aber {state}.{said}")


def _parts(beat: Beat | None) -> Iterator[Finding]:
    """Yield what a running process says is not well with one of its parts."""
    if beat is None or not beat.alive or beat.name == "supervisor":
        return
    for part in beat.parts:
        if part.state not in ("ok", "off", "busy", "waiting", "starting"):
            level: Level = "fail" if part.state == "failed" else "warn"
            state = _STATES.get(part.state, part.state)
            message = f"{beat.name}, {part.name} ist {state}. {part.message}".strip()
            yield Finding(f"{beat.name}.{part.name}", level, message)


def _device(
    label: str, meter: Meter | None, seen_at: int | None, error: str | None, error_at: int | None
) -> Finding:
    check = f"device.{label}"
    said = f" Zuletzt: {error}" if error and (error_at or 0) >= (seen_at or 0) else ""
    is_heard = meter is not None and bool(meter.wireless)
    advice = "Steht das Gerät, hat es Strom, steckt das Kabel?"
    if said and (meter is None or is_heard):
        advice = ""  # such an error says what to do about it
    elif is_heard:
        advice = "Steht das Gerät, und hört es ein Empfänger? Das steht weiter unten."
    if seen_at is None:
        return Finding(check, "warn", f"{label} hat noch nie gemessen.{said}", advice)
    age_s = time.time() - seen_at / 1000
    message = f"{label} meldete sich vor {ago(age_s)}."
    pace_s = meter.pace_s if meter else None
    late = pace_s is not None and age_s > 3 * pace_s + 60
    if late or said:
        return Finding(check, "warn", message + said, advice)
    return Finding(check, "ok", message)


_DEVICES = (
    "SELECT device_id, label, meter_id, last_seen_at, last_error, last_error_at"
    " FROM device WHERE kind <> 'ble' ORDER BY device"
)
_EXCHANGES = "SELECT coalesce(name, peer), last_success_at, last_error FROM exchange ORDER BY peer"
