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
    "Heat meters: decode, listen, read, scan, simulate.",
    {
        "decode": ("edge.commands.meter_decode:decode", "Telegrams to JSON, one object a line."),
        "listen": ("edge.commands.meter_listen:listen", "What a wireless M-Bus receiver hears."),
        "read": ("edge.commands.meter_read:read", "Ask one meter on a line, now."),
        "key": ("edge.commands.meter_key:key", "Keys of meters: import, add, list, missing."),
        "household": (
            "edge.commands.meter_household:household",
            "Households' meters, by consent only.",
        ),
        "scan": ("edge.commands.meter_scan:scan", "Who is on a wired M-Bus, ready for hub.toml."),
        "simulate": (
            "edge.commands.meter_simulate:simulate",
            "A virtual meter on a pseudo-terminal.",
        ),
    },
)
meter.add_command(
    _group(
        "profile",
        "What single models of meters mean: list and check.",
        {
            "check": ("edge.commands.meter_profile:check_", "Check profiles of your own."),
            "list": ("edge.commands.meter_profile:list_", "List the profiles."),
        },
    )
)
ble = _group(
    "ble",
    "Bluetooth care sensors: decode, pair, replay, simulate.",
    {
        "decode": ("edge.commands.ble_decode:decode", "Characteristic values to JSON."),
        "key": ("edge.commands.ble_key:key", "Keys of sensors that encrypt: add, list, remove."),
        "pair": ("edge.commands.ble_pair:pair", "Let the collector pair a new sensor."),
        "replay": ("edge.commands.ble_replay:replay", "A recorded radio to JSON, decoded."),
        "simulate": ("edge.commands.ble_simulate:simulate", "Virtual sensors and their radio."),
        "unpair": ("edge.commands.ble_unpair:unpair", "Forget a sensor and its bond."),
    },
)
care = _group(
    "care",
    "People, consent and their sensors.",
    {
        "person": ("edge.commands.care:person", "Add or list people."),
        "consent": ("edge.commands.care:consent", "Record or withdraw a consent."),
        "assign": ("edge.commands.care:assign", "Say whose sensor this is."),
        "confirm": ("edge.commands.care_whose:confirm", "Say that an assignment is right."),
        "waiting": ("edge.commands.care_whose:waiting", "Values of which nobody said whose."),
        "claim": ("edge.commands.care_whose:claim", "Say whose single values are."),
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
        "audit": ("edge.commands.publish:audit", "Check every snapshot in a folder."),
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


for _command in (meter, ble, care, notice, publish, run):
    root.add_command(_command)
