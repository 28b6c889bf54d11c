"""The first `hub.toml` of a new hub, commented for the person who will change it."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the three servers listen on this machine."""

    web: int = 8080
    datasette: int = 8081
    sync: int = 8082


def first_hub_toml(name: str, village: str, ports: Ports) -> str:
    """Return the text. ``name`` and ``village`` are one line each, as people read them.

    :raises ValueError: if one of them is empty or holds control characters.
    """
    for word in (name, village):
        if not word.strip() or not word.isprintable():
            raise ValueError(f"{word!r} is no name that can be shown")
    return _TEMPLATE.format(
        name=json.dumps(name, ensure_ascii=False),
        village=json.dumps(village, ensure_ascii=False),
        web=ports.web,
        datasette=ports.datasette,
        sync=ports.sync,
    )


_TEMPLATE = """\
# Einstellungen dieses Dorfhubs. Nach einer Änderung den Hub neu starten.
# `dorfhub doctor` sagt, was an dieser Datei oder am Hub nicht stimmt.

[hub]
name = {name}
village = {village}
state = "state"             # hier liegt alles, was der Hub schreibt
# log_level = "info"        # debug, info, warning, error

[web]                       # die Seiten am Terminal
port = {web}
# host = "0.0.0.0"          # auch von anderen Geräten im Haus erreichbar

[datasette]                 # die offenen Daten
port = {datasette}

[sync]                      # hier holt der Kreis ab, was für ihn bestimmt ist
port = {sync}
# host = "0.0.0.0"
# advertise = true          # den Hub im Netz des Hauses bekannt machen
# calls = ["kreis.example:8443"]   # der Hub ruft selbst an, wenn der Kreis nicht zu ihm durchkommt
# sticks = ["/media"]       # hier hängt das System eingesteckte USB-Sticks ein

[radio]                     # Bluetooth für Sensoren der Gesundheit und Rufknöpfe
kind = "off"                # "bluez": der Funk dieses Rechners
# adapter = "hci0"
# alarm_command = ["aplay", "/srv/alarm.wav"]   # ertönt, wenn jemand einen Rufknopf drückt

# [alarm]                   # Wege ohne Internet, auf denen ein Alarm hinausgeht; docs/alarm.md
# sms = {{ line = "serial:/dev/ttyUSB2?baud=115200&parity=N", pin = "1234" }}
# siren = {{ line = "serial:/dev/ttyUSB3?baud=9600&parity=N", board = "lctech", channel = 1 }}
# lamp = {{ chip = "/dev/gpiochip0", pin = 17, seconds = 600 }}
# printer = "usual"         # der übliche Drucker des Rechners

# [personal]                # Schlüsseldatei der persönlichen Daten; fehlt sie, sind sie gesperrt
# key_file = "/media/stick/dorfhub.key"
# rules = "regeln.toml"     # eigener Regelsatz der Pflege; prüfen: dorfhub care rules check
# alerts = false            # Werte nur aufbewahren und zeigen: niemand wird gerufen

[publish]
interval_s = 900            # so oft wird nachgesehen, ob es Neues zu veröffentlichen gibt
# publisher = "Gemeinde Musterdorf"   # wer veröffentlicht: für den Katalog, den Portale lesen
# email = "daten@musterdorf.example"
# region = "06531"          # Regionalschlüssel, hier Landkreis Gießen
# health = false            # nicht zählen und veröffentlichen, wie es dem Hub selbst geht

# Jeder Ort, an dem gemessen wird. Nur was der Gemeinde gehört, wird veröffentlicht.
#
# [[sites]]
# site_id = "dgh"
# name = "Dorfgemeinschaftshaus"
# communal = true

# Jeder Wärmezähler. transport sagt, an welcher Leitung er hängt:
#   "serial:/dev/ttyUSB0?baud=2400"   ein Pegelwandler am USB-Anschluss
#   "tcp:192.168.1.20:8899"           ein Pegelwandler im Netz
#
# [[meters]]
# meter_id = "halle"
# name = "Wärmezähler der Halle"
# site_id = "dgh"
# transport = "serial:/dev/ttyUSB0?baud=2400"
# secondary = "76348799"    # seine Nummer: `dorfhub meter scan LEITUNG` nennt sie; ohne sie ist
#                           # jeder gemeint: dann darf nur ein Zähler an der Leitung hängen
# poll_at = "quarter-hour"  # statt poll_s = 900: zur vollen Viertelstunde

# Ein Funkempfänger, und ein Zähler der Gemeinde, den er hört. Welche er hört, zeigt
# `dorfhub meter listen --receiver im871a --transport serial:/dev/ttyUSB1`.
#
# [[receivers]]
# receiver_id = "turm"
# kind = "im871a"           # oder amb8465, cul, rtl_wmbus, raw_hex
# transport = "serial:/dev/ttyUSB1"
#
# [[meters]]
# meter_id = "kita"
# name = "Wärmezähler der Kita"
# site_id = "dgh"
# protocol = "wmbus"
# wireless = "KAM-76348799"
"""
