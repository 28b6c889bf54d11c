"""The `dorfhub` program: the village's commands and, on top, those that talk to the county."""

from __future__ import annotations

from edge.cli import LazyGroup, care, root, run

_HELP = {"help_option_names": ["-h", "--help"]}

sync = LazyGroup(
    "sync",
    help="What leaves the village: bundles for the county.",
    context_settings=_HELP,
    lazy={
        "export": ("sync.commands.sync:export", "Write a bundle to a folder (USB stick)."),
        "import": ("sync.commands.sync:import_", "Take the county's replies from a folder."),
        "status": ("sync.commands.sync:status", "What waits, what arrived, and why not."),
        "enrol": ("sync.commands.sync:enrol", "Confirm the county by six words."),
        "identity": ("sync.commands.sync:identity_", "Who this hub is: six words, QR code."),
        "certificate": (
            "sync.commands.certificate:certificate",
            "The certificate for browsers in the hall.",
        ),
        "rotate-key": ("sync.commands.sync:rotate_key", "Change the hub's key."),
        "new-epoch": ("sync.commands.sync:new_epoch", "Begin a new stream after a copied card."),
    },
)
county = LazyGroup(
    "county",
    help="The county hub: pull bundles, verify them, keep the lake.",
    context_settings=_HELP,
    lazy={
        "init": ("sync.commands.county:init", "Make a new county hub."),
        "enrol": ("sync.commands.county:enrol", "Make a hub known; pending until confirmed."),
        "confirm": ("sync.commands.county:confirm", "Confirm a hub by six words."),
        "identity": ("sync.commands.county_keys:identity_", "Who this county is: words, QR code."),
        "rotate-key": ("sync.commands.county_keys:rotate_key", "Change the county's key."),
        "bus-pass": ("sync.commands.county_keys:bus_pass", "Make a bus this county's carrier."),
        "bus": ("sync.commands.county_bus:bus", "Fetch what a bus has that is here."),
        "revoke": ("sync.commands.county_keys:revoke", "Take a hub's data up to a number only."),
        "pull": ("sync.commands.county:pull", "Pull from every hub that can be reached."),
        "listen": ("sync.commands.county:listen", "Take the calls of hubs behind routers."),
        "import": ("sync.commands.county:import_", "Take bundles from a folder (USB stick)."),
        "query": ("sync.commands.county_query:query", "Standard questions to the lake."),
        "open-data": ("sync.commands.county_open:open_data", "The villages' open data as one."),
        "heat": ("sync.commands.county_heat:heat", "The merged cadastre, and what is needed."),
        "serve": ("sync.commands.county_serve:serve", "Pull by itself; the officials' pages."),
        "official": ("sync.commands.county_serve:official", "Who may use the officials' pages."),
        "upkeep": ("sync.commands.county_serve:upkeep", "Sort the lake's files now."),
        "status": ("sync.commands.county:status", "Each hub: what came, what did not, why."),
        "export": ("sync.commands.county_write:export", "Lay what the hubs get on a stick."),
        "notice": ("sync.commands.county_write:notice", "A notice on the villages' boards."),
        "course": ("sync.commands.county_write:course", "Courses of the county's catalogue."),
        "setting": ("sync.commands.county_write:setting", "Set something at the hubs."),
        "software": ("sync.commands.county_write:software", "Announce a software update."),
        "distrust": ("sync.commands.county_write:distrust", "Tell that a key is believed no more."),
        "reply": ("sync.commands.county_write:reply", "A sealed answer to somebody in care."),
        "cases": (
            "sync.commands.county_cases:cases",
            "Sealed questions to practices, and their answers.",
        ),
        "audit": ("sync.commands.county_audit:audit", "What hubs told of their books of reads."),
        "certificates": (
            "sync.commands.county_certificates:certificates",
            "Certificates that hubs ask for.",
        ),
        "forecast": ("sync.commands.county_weather:forecast", "Weather forecasts for the hubs."),
        "heat-warning": (
            "sync.commands.county_weather:heat_warning",
            "The Weather Service's warning of heat.",
        ),
        "normals": ("sync.commands.county_weather:normals", "What weather is usual."),
    },
)

care.add_lazy("erase", "sync.commands.care_erase:erase", "Eine Person löschen, auch die Kopien.")
care.add_lazy(
    "replies", "sync.commands.care_erase:replies", "Was der Pflegedienst geantwortet hat."
)
bus = LazyGroup(
    "bus",
    help="Der Bus des Landkreises: trägt versiegelte Pakete vieler Hubs, öffnet keins.",
    context_settings=_HELP,
    lazy={
        "init": ("sync.commands.bus:init", "Einen neuen Bus anlegen."),
        "request": ("sync.commands.bus:request", "Woraus der Landkreis einen Ausweis macht."),
        "pass": ("sync.commands.bus:pass_", "Den Ausweis des Landkreises übernehmen."),
        "visit": ("sync.commands.bus:visit", "Hubs einmal besuchen."),
        "deliver": ("sync.commands.bus:deliver", "Beim Landkreis abladen, Antworten mitnehmen."),
        "run": ("sync.commands.bus:run", "Hubs besuchen und abladen, bis SIGTERM."),
        "status": ("sync.commands.bus:status", "Was er geladen hat, wer was bekam."),
    },
)

root.add_command(sync)
root.add_command(county)
root.add_command(bus)
root.add_lazy(
    "backup", "sync.commands.backup:backup", "Den Hub sichern: Daten und Schlüssel getrennt."
)
root.add_lazy("demo", "sync.commands.demo:demo", "A village and a county on this machine.")
run.add_lazy("sync", "sync.commands.run:sync", "The pull interface and the sealer.")


def main() -> None:
    """Run the program."""
    root(prog_name="dorfhub")
