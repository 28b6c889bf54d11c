"""Who in this house calls for a person's values: named modules alone, each with its reason.

Whoever reads for people goes by `edge.ward`, which asks consents and writes the book of who read;
what reads for nobody (rules, the ladder, what is sealed to leave) is named here with its reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# what no value of a person is in, though it bears such a name
_OTHERS = frozenset(
    {
        ("edge/care/rules/engine.py", "measured"),  # a rule about measuring in time
        ("edge/web/village/market_desk.py", "waiting"),
        ("edge/web/village/notices_desk.py", "waiting"),
        ("edge/desk/notices.py", "waiting"),
        ("sync/sealer.py", "waiting"),
        ("sync/county/report.py", "waiting"),
        ("sync/commands/report.py", "waiting"),
    }
)
# a method of PersonalStore that gives out values, or words about them: who may call it
READERS = {
    "measured": {
        "edge/ward/reading.py",  # for people: role, consent, book
        "edge/ward/office.py",  # for who holds the key: book
        "edge/worker/care_watch.py",  # the rules
    },
    "measured_after": {"edge/worker/care_watch.py"},
    "heat_warnings": {"edge/ward/office.py", "edge/worker/care_watch.py"},
    "rule_state": {
        "edge/ward/client.py",  # with values that were read by `Reading`
        "edge/ward/own.py",  # what is asked of the person, for them alone: book
        "edge/worker/care_watch.py",
    },
    "care_rows": {"sync/demo/look.py"},  # made-up people
    "care_rows_of": set(),
    "observations": set(),
    "observations_of": set(),
    "observation_numbered": {"edge/worker/care_sorter.py"},
    "household_rows": set(),
    "household_rows_of": set(),
    "household_registers": set(),
    "household_newest": {"edge/worker/meter_drain.py"},
    "home_facts": set(),
    "home_facts_of": {"edge/cadastre/household.py"},  # for the person alone, by their card
    "new_homes": {"edge/commands/heat_home.py"},  # the address, which they agreed may be checked
    "waiting": {  # whose they are nobody knows; the command shows none
        "edge/commands/care_whose.py", "edge/worker/care_drain.py", "edge/worker/care_sorter.py",
    },
    "alerts": {
        "edge/ward/case_reply.py",  # their numbers alone
        "edge/ward/handover.py", "edge/ward/interchange.py", "edge/ward/office.py",
        "edge/ward/inbox.py", "edge/ward/round.py",  # names in lists: book, once a day
        "edge/ward/own.py",  # what is asked of the person, for them alone: book
        "edge/ward/withdrawal.py",  # their numbers alone
        "edge/desk/calls.py",  # whether a button is somebody's
        "edge/worker/ear.py",  # of the hub itself alone
        "edge/worker/hall_alarm.py",  # that somebody is needed, not who
        "edge/worker/nobodys_calls.py",  # whether somebody's alert stands behind a button
        "sync/demo/look.py",
    },
    "alert": {
        "edge/ward/inbox.py",
        "edge/worker/ladder.py",  # what is sent tells no value
    },
    "case_files": {"edge/ward/case.py"},
    "case_answers": {"edge/ward/case.py"},
    "fhir_answers": {"edge/ward/interchange.py"},
    "open_sealed": {"edge/ward/export.py"},  # everything about one person: book
}  # fmt: skip
# whose SQL reads such tables
TABLES = re.compile(
    r"\b(?:FROM|JOIN)\s+(care_reading|care_waiting|observation|observation_value|heat_room"
    r"|heat_warning|household_reading|household_register|household_value|alert|care_state"
    r"|fhir_answer|case_answer|case_file|care_case)\b"
)
ASKERS = {
    "edge/ward/export.py",  # everything about one person: book
    "sync/unsealed.py",  # sealed, for whom the person agreed to
}


def strangers(folder: Path) -> set[tuple[str, str]]:
    """Return who calls what without being named: module and method, or module and `sql`."""
    found: set[tuple[str, str]] = set()
    for name, tree in _modules(folder):
        found |= {
            (name, one)
            for one in _called(tree)
            if name not in READERS[one] and (name, one) not in _OTHERS
        }
        if _asks(tree) and name not in ASKERS:
            found.add((name, "sql"))
    return found


def _modules(folder: Path) -> Iterator[tuple[str, ast.Module]]:
    for room in ("edge", "sync"):
        for path in sorted((folder / room).rglob("*.py")):
            name = path.relative_to(folder).as_posix()
            if not name.startswith("edge/store/"):
                yield name, ast.parse(path.read_text("utf-8"))


def _called(tree: ast.Module) -> set[str]:
    """Return which of the methods a module calls, by whatever is before the dot."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", "")
        for part in (node.func, *(node.args if name in {"partial", "map", "filter"} else ())):
            if isinstance(part, ast.Attribute):
                found.add(part.attr)
        if name == "getattr":
            found |= {str(one.value) for one in node.args if isinstance(one, ast.Constant)}
    return found & set(READERS)


def _asks(tree: ast.Module) -> bool:
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return any(isinstance(one, str) and TABLES.search(one) for one in texts)


def test_only_named_modules_read_what_was_measured_of_a_person() -> None:
    assert strangers(ROOT) == set()


def test_who_is_named_does_it() -> None:
    found = {(name, one) for name, tree in _modules(ROOT) for one in _called(tree)}
    named = {(name, one) for one, names in READERS.items() for name in names}
    assert named | _OTHERS <= found
    assert {name for name, tree in _modules(ROOT) if _asks(tree)} == ASKERS


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("def f(store):\n    return store.measured(1, 0)\n", "measured"),
        (
            "def f(store):\n    with store.open() as personal:\n        personal.alerts()\n",
            "alerts",
        ),
        (
            "from functools import partial\nf = partial(store.heat_warnings, since=0)\n",
            "heat_warnings",
        ),
        ('f = getattr(store, "care_rows")\n', "care_rows"),
        ("SQL = f'SELECT value FROM observation_value AS v WHERE {x}'\n", "sql"),
        ('SQL = "SELECT 1 FROM consent JOIN care_reading AS r USING (person)"\n', "sql"),
    ],
)
def test_somebody_new_is_seen(tmp_path: Path, line: str, what: str) -> None:
    file = tmp_path / "edge" / "commands" / "care_peek.py"
    file.parent.mkdir(parents=True)
    file.write_text("PLAIN = one.measured\n")  # a field of such a name is no call
    assert strangers(tmp_path) == set()
    file.write_text(line)
    assert strangers(tmp_path) == {("edge/commands/care_peek.py", what)}
