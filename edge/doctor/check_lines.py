"""The doctor's look at lines and radio: is the thing there, and may the hub use it."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from edge.config import Config
from edge.config.asking import BATTERY
from edge.doctor.checks import Finding
from edge.process.ports import holder

if TYPE_CHECKING:
    from hardware.transport.moniker import Moniker

BLUETOOTH = Path("/sys/class/bluetooth")
SYSTEM_BUS = Path("/run/dbus/system_bus_socket")


def lines(config: Config) -> Iterator[Finding]:
    """Look at every line that hub.toml names; nothing is opened, the collector owns them."""
    from hardware.transport.moniker import (  # noqa: PLC0415 - a hub without meters needs none
        Moniker,
        PipeName,
        RecordName,
        ReplayName,
        SerialName,
    )

    yield from optical(config)
    named = [meter.transport for meter in config.meters if meter.transport]
    named += [receiver.transport for receiver in config.receivers]
    for moniker in dict.fromkeys(named):
        name = Moniker.parse(moniker)
        while isinstance(name.line, RecordName):
            name = name.line.inner
        if isinstance(name.line, SerialName):
            yield serial(Path(name.line.device))
        elif isinstance(name.line, PipeName):
            yield _pipe(name.line.file)
        elif isinstance(name.line, ReplayName):
            yield _recording(Path(name.line.file))
        else:
            yield _elsewhere(name)


def optical(config: Config) -> Iterator[Finding]:
    """Say what reading a meter with a sealed-in battery by itself costs."""
    for meter in config.meters:
        if meter.protocol == "iec62056":
            when = f"täglich um {meter.daily_at}" if meter.daily_at else "nur von Hand"
            message = f"{meter.name} wird optisch gelesen, {when}; {BATTERY}."
            yield Finding(f"optical.{meter.meter_id}", "ok", message)


def serial(path: Path) -> Finding:
    """Judge one serial port by its file."""
    check = f"line.{path.name}"
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        advice = "Steckt das Gerät? `ls /dev/serial/by-id` zeigt, welche es gibt."
        return Finding(check, "fail", f"{path} gibt es nicht.", advice)
    except OSError as error:
        return Finding(check, "fail", f"{path}: {error.strerror}.", "Pfad in hub.toml prüfen.")
    if not stat.S_ISCHR(mode):
        advice = "In hub.toml transport berichtigen."
        return Finding(check, "fail", f"{path} ist kein Anschluss.", advice)
    if not os.access(path, os.R_OK | os.W_OK):
        advice = "Den Benutzer des Hubs in die Gruppe dialout aufnehmen: usermod -aG dialout NAME"
        return Finding(check, "fail", f"{path} darf der Hub nicht benutzen.", advice)
    return Finding(check, "ok", f"{path} ist da und darf benutzt werden.")


def radio(config: Config) -> Iterator[Finding]:
    """Judge the radio and say what its kind means for readings."""
    chosen = config.radio
    if chosen.record is not None:
        yield Finding(
            "radio",
            "warn",
            f"Der Funk wird aufgezeichnet: {chosen.record} enthält Messwerte im Klartext.",
            "Wenn die Aufzeichnung fertig ist: in hub.toml unter [radio] record streichen, den Hub"
            " neu starten und die Datei löschen.",
        )
    if chosen.kind == "off":
        yield Finding("radio", "ok", "Bluetooth ist in hub.toml ausgeschaltet.")
    elif chosen.kind == "bluez":
        yield _bluez(chosen.adapter)
    elif chosen.kind == "strict":
        yield _strict(chosen.adapter)
    else:
        port = int(chosen.adapter.rpartition(":")[2])
        if holder(port) is None:
            message = f"Das nachgebildete Funkgerät {chosen.adapter} antwortet nicht."
            yield Finding("radio", "fail", message, "dorfhub ble simulate starten.")
        else:
            message = (
                f"Nachgebildetes Funkgerät {chosen.adapter}: ein Messwert wird erst bestätigt,"
                " wenn er gespeichert ist."
            )
            yield Finding("radio", "ok", message)


def _absent(adapter: str) -> Finding | None:
    if (BLUETOOTH / adapter).exists():
        return None
    found = sorted(path.name for path in BLUETOOTH.glob("hci*") if ":" not in path.name)
    there = f"Vorhanden: {', '.join(found)}." if found else "Der Rechner hat keinen."
    advice = f'{there} In hub.toml unter [radio] adapter berichtigen oder kind = "off" setzen.'
    return Finding("radio", "fail", f"Den Bluetooth-Adapter {adapter} gibt es nicht.", advice)


def _strict(adapter: str) -> Finding:
    if absent := _absent(adapter):
        return absent
    if not hasattr(socket, "AF_BLUETOOTH"):
        advice = 'Das Python des Systems nehmen (/usr/bin/python3), oder kind = "bluez".'
        return Finding("radio", "fail", "Dieses Python kann kein Bluetooth.", advice)
    message = (
        f"Bluetooth-Adapter {adapter} gehört dem Hub allein: ein Messwert wird erst bestätigt,"
        " wenn er gespeichert ist. Ob der Hub den Adapter bekommt, steht beim Collector."
    )
    advice = "Der Dienst bluetooth muss aus sein: sudo systemctl disable --now bluetooth"
    return Finding("radio", "ok", message, advice)


def _bluez(adapter: str) -> Finding:
    if absent := _absent(adapter):
        return absent
    if not SYSTEM_BUS.exists():
        advice = "systemctl start dbus bluetooth"
        return Finding(
            "radio", "fail", "Der Systembus läuft nicht, über ihn geht Bluetooth.", advice
        )
    message = (
        f"Bluetooth-Adapter {adapter} über BlueZ. Der Systemdienst bestätigt dem Messgerät einen"
        " Wert, bevor der Hub ihn hat: stürzt der Hub in diesem Augenblick ab, fehlt der Wert."
    )
    advice = (
        'Fehlt ein Wert, noch einmal messen. Ganz ohne diese Lücke: in hub.toml kind = "strict";'
        " dann kann kein anderes Programm den Adapter benutzen."
    )
    return Finding("radio", "ok", message, advice)


def _recording(path: Path) -> Finding:
    if not path.is_file():
        advice = "In hub.toml unter [[meters]] transport berichtigen."
        return Finding(f"line.{path.name}", "fail", f"Die Aufzeichnung {path} fehlt.", advice)
    return Finding(f"line.{path.name}", "ok", f"Die Aufzeichnung {path.name} ist da.")


def _pipe(path: Path) -> Finding:
    check = f"line.{path.name}"
    if not path.exists():
        advice = f"mkfifo {path} ausführen und das Programm starten, das hineinschreibt."
        return Finding(check, "fail", f"Die Pipe {path} fehlt.", advice)
    if not os.access(path, os.R_OK):
        advice = f"Eigentümer und Rechte prüfen: ls -l {path}"
        return Finding(check, "fail", f"{path} darf der Hub nicht lesen.", advice)
    return Finding(check, "ok", f"{path} ist da und darf gelesen werden.")


def _elsewhere(name: Moniker) -> Finding:
    # a converter on the network serves one connection, and that one is the collector's
    message = f"{name.text} wird nur vom Collector geöffnet; ob es geht, steht bei ihm."
    return Finding(f"line.{name.text}", "ok", message)
