"""What every command says about itself."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from sync.cli import root


def _leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _leaves(command, (*path, name))
        else:
            yield (*path, name)


LEAVES = list(_leaves(root))


def test_the_contracts_are_there() -> None:
    for command in (
        "meter decode",
        "ble decode",
        "publish build",
        "publish audit",
        "sync export",
        "sync import",
        "sync status",
        "county pull",
        "county import",
        "county status",
        "doctor",
        "demo",
    ):
        assert tuple(command.split()) in LEAVES


@pytest.mark.parametrize("command", LEAVES, ids=" ".join)
def test_help_is_readable(command: tuple[str, ...]) -> None:
    said = CliRunner().invoke(root, [*command, "--help"], terminal_width=100)
    assert said.exit_code == 0
    assert "\\b" not in said.output, "click's mark was written as two characters"
    assert "\b" not in said.output
    if command[0] == "run":  # for the supervisor and systemd, which read no examples
        return
    assert "Exit code" in said.output
    example = [line for line in said.output.splitlines() if "dorfhub " + " ".join(command) in line]
    assert example, "an example that can be typed"


ENGLISH = {"the", "of", "and", "or", "with", "from", "its", "their", "whose", "only", "who", "is"}


@pytest.mark.parametrize(
    "command", [one for one in LEAVES if one[0] in {"ble", "care", "meter"}], ids=" ".join
)
def test_volunteers_read_their_own_language(command: tuple[str, ...]) -> None:
    said = CliRunner().invoke(root, [*command, "--help"], terminal_width=100).output
    ours = said.replace("Show this message and exit.", "")  # click's own words
    assert not ENGLISH & set(ours.lower().replace(",", " ").split()), said
    assert "Beispiel" in said
    assert "Rückgabewert" in said


@pytest.mark.parametrize("group", ["ble", "care", "meter"])
def test_a_groups_list_is_in_their_own_language(group: str) -> None:
    said = CliRunner().invoke(root, [group, "--help"], terminal_width=100).output
    ours = said.replace("Show this message and exit.", "")
    assert not ENGLISH & set(ours.lower().replace(",", " ").split()), said
