"""The `dorfhub` program: the village's commands and, on top, those that talk to the county."""

from __future__ import annotations

from edge.cli import LazyGroup, root, run

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
        "revoke": ("sync.commands.county_keys:revoke", "Take a hub's data up to a number only."),
        "pull": ("sync.commands.county:pull", "Pull from every hub that can be reached."),
        "import": ("sync.commands.county:import_", "Take bundles from a folder (USB stick)."),
        "query": ("sync.commands.county:query", "A device's readings in the lake."),
        "status": ("sync.commands.county:status", "Each hub: what came, what did not, why."),
    },
)

root.add_command(sync)
root.add_command(county)
root.add_lazy("demo", "sync.commands.demo:demo", "A village and a county on this machine.")
run.add_lazy("sync", "sync.commands.run:sync", "The pull interface and the sealer.")


def main() -> None:
    """Run the program."""
    root(prog_name="dorfhub")
