"""The `dorfhub` command of the village floor.

Commands are named here and imported when they are used, so that a process carries only
the room it runs.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping


class LazyGroup(click.Group):
    """A click group whose commands are imported on first use.

    ``lazy`` maps a command's name to ``(module:attribute, short help)``.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        lazy: Mapping[str, tuple[str, str]] | None = None,
        **attributes: object,
    ) -> None:
        super().__init__(name, **attributes)  # type: ignore[arg-type]
        self._lazy = dict(lazy or {})

    def add_lazy(self, name: str, target: str, short_help: str) -> None:
        """Name one more command; a floor above adds its own this way."""
        self._lazy[name] = (target, short_help)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name, sorted."""
        return sorted({*super().list_commands(ctx), *self._lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return the command."""
        if cmd_name not in self._lazy:
            return super().get_command(ctx, cmd_name)
        module, attribute = self._lazy[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{attribute} is no click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        rows = []
        for name in self.list_commands(ctx):
            if name in self._lazy:
                rows.append((name, self._lazy[name][1]))
            else:
                command = super().get_command(ctx, name)
                rows.append((name, command.get_short_help_str() if command else ""))
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


_HELP = {"help_option_names": ["-h", "--help"]}


def _group(name: str, short_help: str, lazy: Mapping[str, tuple[str, str]]) -> LazyGroup:
    return LazyGroup(name, help=short_help, lazy=lazy, context_settings=_HELP)


meter = _group(
    "meter",
    "Wärmezähler: entschlüsseln, hören, ablesen, suchen, nachbilden.",
    {
        "decode": ("edge.commands.meter_decode:decode", "Telegramme zu JSON, ein Objekt je Zeile."),
        "listen": ("edge.commands.meter_listen:listen", "Was ein Funkempfänger (wM-Bus) hört."),
        "read": ("edge.commands.meter_read:read", "Einen Zähler an einer Leitung jetzt ablesen."),
        "key": (
            "edge.commands.meter_key:key",
            "Schlüssel der Zähler: einlesen, auflisten, welche fehlen.",
        ),
        "household": (
            "edge.commands.meter_household:household",
            "Zähler von Haushalten, nur mit Einwilligung.",
        ),
        "scan": ("edge.commands.meter_scan:scan", "Wer an einem M-Bus hängt, fertig für hub.toml."),
        "simulate": (
            "edge.commands.meter_simulate:simulate",
            "Ein nachgebildeter Zähler zum Ausprobieren.",
        ),
    },
)
meter.add_command(
    _group(
        "profile",
        "Was einzelne Zählermodelle meinen: auflisten und prüfen.",
        {
            "check": ("edge.commands.meter_profile:check_", "Eigene Profile prüfen."),
            "list": ("edge.commands.meter_profile:list_", "Die Profile auflisten."),
        },
    )
)
ble = _group(
    "ble",
    "Pflege- und Raumsensoren mit Bluetooth: koppeln, Benutzer, lesen, nachbilden.",
    {
        "decode": (
            "edge.commands.ble_decode:decode",
            "Werte und Meldungen zu JSON, ein Objekt je Zeile.",
        ),
        "key": (
            "edge.commands.ble_key:key",
            "Schlüssel von Sensoren, die verschlüsseln.",
        ),
        "pair": ("edge.commands.ble_pair:pair", "Einen neuen Sensor koppeln."),
        "replay": ("edge.commands.ble_replay:replay", "Eine Aufzeichnung des Funks zu JSON."),
        "simulate": ("edge.commands.ble_simulate:simulate", "Nachgebildete Sensoren und ihr Funk."),
        "unpair": ("edge.commands.ble_unpair:unpair", "Einen Sensor und seine Kopplung vergessen."),
        "user": (
            "edge.commands.ble_user:user",
            "Benutzer einer Waage: anmelden, auflisten, vergessen.",
        ),
    },
)
care = _group(
    "care",
    "Personen, Einwilligungen und wem welcher Sensor gehört.",
    {
        "person": ("edge.commands.care:person", "Personen anlegen oder auflisten."),
        "consent": ("edge.commands.care:consent", "Eine Einwilligung vermerken oder widerrufen."),
        "assign": ("edge.commands.care:assign", "Sagen, wem ein Sensor gehört."),
        "confirm": ("edge.commands.care_whose:confirm", "Bestätigen, dass eine Zuordnung stimmt."),
        "unassign": (
            "edge.commands.care_unassign:unassign",
            "Sagen, dass ein Sensor niemandem mehr gehört.",
        ),
        "waiting": (
            "edge.commands.care_whose:waiting",
            "Messungen, von denen niemand gesagt hat, wessen.",
        ),
        "claim": ("edge.commands.care_whose:claim", "Sagen, wessen einzelne Messungen sind."),
        "case": ("edge.commands.care_case:case_group", "Eine Praxis fragen; wie sie antwortet."),
        "simulate": (
            "edge.commands.care_simulate:simulate",
            "Was die Regeln in einem erdachten Dorf tun.",
        ),
        "alert": ("edge.commands.care_alert:alert", "Alarme: ansehen, übernehmen, proben."),
        "fhir": (
            "edge.commands.care_fhir:fhir",
            "FHIR R4: ausgeben, prüfen, Antworten übernehmen.",
        ),
        "warnings": ("edge.commands.care_warnings:warnings", "Wohnungen, in denen es zu warm ist."),
        "rules": ("edge.commands.care_rules:rules", "Regeln zeigen, eigene prüfen."),
        "plan": ("edge.commands.care_plan:plan", "Was für eine Person gilt."),
        "pause": ("edge.commands.care_plan:pause", "Urlaub oder Krankenhaus eintragen."),
        "weather": ("edge.commands.care_weather:weather", "Hitzewarnung des Wetterdienstes."),
        "replay": ("edge.commands.care_replay:replay", "Was ein Regelsatz getan hätte."),
        "export": ("edge.commands.care_export:export", "Alles über eine Person in eine Datei."),
        "audit": ("edge.commands.care_audit:audit", "Prüfen, wer was gesehen hat."),
    },
)
heat = _group(
    "heat",
    "Das Wärmekataster und seine Prognosen.",
    {
        "evaluate": (
            "edge.commands.heat_evaluate:evaluate",
            "Wie gut die Prognosen an einer aufgezeichneten Reihe sind.",
        ),
        "import": (
            "edge.commands.heat_cadastre:import_",
            "Eine Tabelle oder Karte in das Kataster lesen.",
        ),
        "forecast": (
            "edge.commands.heat_forecast:forecast",
            "Was die Zähler des Dorfes in den nächsten Tagen brauchen.",
        ),
        "buildings": ("edge.commands.heat_cadastre:buildings", "Die Gebäude des Katasters."),
        "building": ("edge.commands.heat_cadastre:building", "Ein Gebäude und wer was sagte."),
        "estimate": ("edge.commands.heat_estimate:estimate", "Schätzen, was Gebäude brauchen."),
        "block": ("edge.commands.heat_estimate:block", "Summen von Blöcken und Abschnitten."),
        "season": ("edge.commands.heat_season:season", "Was die Heizzeit voraussichtlich braucht."),
        "scenario": (
            "edge.commands.heat_scenario:scenario",
            "Sanieren und anders heizen bis 2045.",
        ),
        "faults": ("edge.commands.heat_faults:faults", "Wo Wärme verloren geht."),
        "export": ("edge.commands.heat_export:export", "Das Kataster als Tabellen oder Karten."),
        "quality": ("edge.commands.heat_cadastre:quality", "Wie vollständig das Kataster ist."),
        "home": ("edge.commands.heat_home:home", "Haushalte, die einwilligen."),
        "sums": ("edge.commands.heat_sums:sums", "Summen von Haushalten, die zustimmen."),
        "rename": ("edge.commands.heat_home:rename", "Eine Straße heißt jetzt anders."),
    },
)
notice = _group(
    "notice",
    "What hangs on the village's board.",
    {
        "add": ("edge.commands.notice:add", "Put up a notice."),
        "list": ("edge.commands.notice:list_", "List what hangs now."),
        "remove": ("edge.commands.notice:remove", "Take a notice down."),
    },
)
publish = _group(
    "publish",
    "Open data: build and audit snapshots.",
    {
        "build": ("edge.commands.publish:build", "Build a snapshot into a folder."),
        "heat": ("edge.commands.publish_heat:heat", "Das Wärmekataster veröffentlichen."),
        "audit": ("edge.commands.publish:audit", "Check every snapshot in a folder."),
    },
)
course = _group(
    "course",
    "Kurse: anlegen, veröffentlichen, verlegen, absagen; die des Kreises stehen daneben.",
    {
        "list": ("edge.commands.course:list_", "Was läuft, Dorf und Kreis in einer Liste."),
        "show": ("edge.commands.course:show", "Einen Kurs mit seinen Terminen."),
        "create": ("edge.commands.course:create", "Einen Kurs als Entwurf anlegen."),
        "copy": ("edge.commands.course:copy", "Kurse in eine andere Saison kopieren."),
        "publish": ("edge.commands.course:publish", "Kurse in den Kalender stellen."),
        "withdraw": ("edge.commands.course:withdraw", "Einen Kurs wieder herausnehmen."),
        "cancel": ("edge.commands.course:cancel", "Einen Kurs absagen."),
        "move": ("edge.commands.course:move", "Einen Kurs oder Termin verlegen."),
        "import": ("edge.commands.course:import_", "Kurse aus einer Tabelle (CSV) lesen."),
        "ical": ("edge.commands.course:ical", "Den Kalender als iCal schreiben."),
    },
)
signup = _group(
    "signup",
    "Anmeldungen und Warteliste.",
    {
        "add": ("edge.commands.signup:add", "Jemanden anmelden."),
        "list": ("edge.commands.signup:list_", "Wer angemeldet ist und wer wartet."),
        "show": ("edge.commands.signup:show", "Wie es um einen Zettel steht."),
        "cancel": ("edge.commands.signup:cancel", "Jemanden abmelden."),
        "accept": ("edge.commands.signup:accept", "Einen angebotenen Platz annehmen."),
        "offer": ("edge.commands.signup:offer", "Freie Plätze anbieten; wer anzurufen ist."),
        "expire": ("edge.commands.signup:expire", "Abgelaufene Angebote weitergeben."),
        "erase": ("edge.commands.signup:erase", "Jemanden mit allen Anmeldungen löschen."),
    },
)
attendance = _group(
    "attendance",
    "Wer da ist: abhaken, scannen, zählen.",
    {
        "now": ("edge.commands.attendance:now", "Welche Termine gerade sind."),
        "list": ("edge.commands.attendance:list_", "Die Liste eines Termins."),
        "tick": ("edge.commands.attendance:tick", "Anmeldungen abhaken."),
        "scan": ("edge.commands.attendance:scan", "Karten und Zettel vom Scanner lesen."),
        "walk-in": ("edge.commands.attendance:walk_in", "Zählen, wer ohne Anmeldung da ist."),
        "card": ("edge.commands.attendance:card", "Eine Karte mit QR-Code machen."),
    },
)
learning = _group(
    "learning",
    "Der Lernpunkt: Saisons, Räume, freie Tage, Bericht.",
    {
        "season": ("edge.commands.learning:season", "Saisons anlegen und zeigen."),
        "room": ("edge.commands.learning:room", "Räume anlegen und zeigen."),
        "holiday": ("edge.commands.learning:holiday", "Freie Tage eintragen."),
        "trainer": ("edge.commands.learning:trainer", "Wer unterrichtet."),
        "report": ("edge.commands.learning:report", "Der Bericht an die Förderer (CSV)."),
        "upkeep": ("edge.commands.learning:upkeep", "Fristen, Löschen, Zählen: jetzt."),
    },
)
access = _group(
    "access",
    "Zugänge: wer sich an den Seiten anmeldet, und der Code für den ersten.",
    {
        "first-code": ("edge.commands.access:first_code", "Der Code für den ersten Zugang."),
        "list": ("edge.commands.access:list_", "Wer einen Zugang hat."),
        "add": ("edge.commands.access:add", "Jemandem einen Zugang geben."),
        "block": ("edge.commands.access:block", "Einen Zugang sperren."),
        "reset": ("edge.commands.access:reset", "Ein Startwort oder eine neue Karte."),
    },
)
lending = _group(
    "lending",
    "Ausleihe von Geräten und Räumen: erst der Tag, dann was frei ist.",
    {
        "add": ("edge.commands.lending:add", "Ein Gerät oder einen Raum in die Ausleihe stellen."),
        "list": ("edge.commands.lending:list_", "Was man ausleihen kann."),
        "free": ("edge.commands.lending:free", "Was von einem Tag bis zu einem anderen frei ist."),
        "reserve": ("edge.commands.lending:reserve", "Etwas für jemanden reservieren."),
        "show": ("edge.commands.lending:show", "Wie es um einen Zettel steht."),
        "today": ("edge.commands.lending:today", "Was überfällig ist, was ausgegeben wird."),
        "out": ("edge.commands.lending:out", "Etwas ausgeben."),
        "back": ("edge.commands.lending:back", "Etwas zurücknehmen."),
        "cancel": ("edge.commands.lending:cancel", "Eine Reservierung absagen."),
        "fault": ("edge.commands.lending:fault", "Etwas Defektes herausnehmen oder zurückstellen."),
        "erase": ("edge.commands.lending:erase", "Löschen, wer einen Zettel hat."),
    },
)
rota = _group(
    "rota",
    "Dienste der Ehrenamtlichen: Lücken, Tausch, Qualifikationen, Stunden.",
    {
        "list": ("edge.commands.rota:list_", "Die nächsten Dienste, Lücken zuerst."),
        "add": ("edge.commands.rota:add", "Einen Dienst oder eine Reihe anlegen."),
        "cancel": ("edge.commands.rota:cancel", "Einen Dienst absagen."),
        "on": ("edge.commands.rota:on", "Jemanden eintragen."),
        "off": ("edge.commands.rota:off", "Jemanden austragen."),
        "offer": ("edge.commands.rota:offer", "Einen Dienst zum Übernehmen anbieten."),
        "take": ("edge.commands.rota:take", "Einen angebotenen Dienst übernehmen."),
        "volunteer": ("edge.commands.rota_people:volunteer", "Ehrenamtliche: anlegen, zeigen."),
        "qualification": (
            "edge.commands.rota_people:qualification",
            "Qualifikationen: Arten, wer was hat, was abläuft.",
        ),
        "hours": ("edge.commands.rota_people:hours", "Stunden bestätigen und zusammenzählen."),
    },
)
badge = _group(
    "badge",
    "Bescheinigungen: ausstellen, prüfen, zurücknehmen; der Schlüssel dazu.",
    {
        "list": ("edge.commands.badge:list_", "Wer oft genug da war, und wer eine hat."),
        "issue": ("edge.commands.badge:issue", "Bescheinigungen eines Kurses ausstellen."),
        "export": ("edge.commands.badge:export", "Eine als PDF, JSON oder Text schreiben."),
        "verify": ("edge.commands.badge:verify", "Prüfen, ob eine echt ist."),
        "revoke": ("edge.commands.badge:revoke", "Eine zurücknehmen."),
        "key": ("edge.commands.badge:key", "Den Schlüssel zeigen oder wechseln."),
    },
)
material = _group(
    "material",
    "Lernmaterial: auf das Regal legen, zeigen, prüfen, löschen.",
    {
        "add": ("edge.commands.material:add", "Dateien auf das Regal legen."),
        "list": ("edge.commands.material:list_", "Was auf dem Regal liegt."),
        "check": ("edge.commands.material:check", "Jede Datei lesen und vergleichen."),
        "remove": ("edge.commands.material:remove", "Material löschen, die Datei auch."),
    },
)
unlock = _group(
    "unlock",
    "Nach einem Neustart entsperren: zwei von drei (Schlüsselserver, PIN, Stick).",
    {
        "setup": ("edge.commands.unlock:setup", "Einrichten und jedes Paar probieren."),
        "status": ("edge.commands.unlock:status", "Was eingerichtet ist und was da ist."),
        "now": ("edge.commands.unlock:now", "Jetzt entsperren."),
        "lock": ("edge.commands.unlock:lock", "Sperren, bis jemand entsperrt."),
    },
)
run = _group(
    "run",
    "One process of the hub (the supervisor or systemd starts these).",
    {
        "web": ("edge.commands.run:web", "The terminal's pages."),
        "datasette": ("edge.commands.run:datasette", "The open-data server."),
        "collector": ("edge.commands.run:collector", "Ports, radio and journal."),
        "worker": ("edge.commands.run:worker", "Scheduled jobs."),
        "library": ("edge.commands.run:library", "ZIM files, and Kolibris in the house."),
    },
)


class Root(LazyGroup):
    """The program's own group."""


@click.group(
    cls=Root,
    context_settings=_HELP,
    lazy={
        "init": ("edge.commands.init:init", "Make a new hub: configuration, keys, databases."),
        "serve": ("edge.commands.serve:serve", "Run the whole hub under one supervisor."),
        "doctor": ("edge.commands.doctor:doctor", "What works, what does not, what to do."),
    },
)
@click.version_option(package_name="dorfhub")
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("hub.toml"),
    show_default=True,
    help="The hub's configuration.",
)
@click.pass_context
def root(ctx: click.Context, config_path: Path) -> None:
    """Dorfhub: a village hub that works when the internet does not."""
    ctx.obj = config_path


for _command in (
    meter,
    ble,
    care,
    heat,
    notice,
    course,
    signup,
    attendance,
    learning,
    access,
    lending,
    rota,
    badge,
    material,
    publish,
    unlock,
    run,
):
    root.add_command(_command)
