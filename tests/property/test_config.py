"""Whatever a person does to hub.toml: a configuration, or a list of what is wrong with it."""

from __future__ import annotations

import tempfile
import tomllib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.config import Config, ConfigError, load
from edge.config.section import key_lines

EXAMPLE = (Path(__file__).resolve().parents[2] / "docs" / "hub.example.toml").read_text()
LINES = EXAMPLE.splitlines()
ONCE = settings(deadline=None)  # the first call imports the transports


def outcome(data: bytes) -> Config | ConfigError:
    """Load; any error but our own is a failure of the test."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hub.toml"
        path.write_bytes(data)
        try:
            return load(path)
        except ConfigError as caught:
            error = caught
    assert error.problems
    assert error.hint
    lines = data.decode("utf-8", "replace").split("\n")
    for problem in error.problems:
        assert problem.message
        assert problem.line is None or 1 <= problem.line <= len(lines)
    return error


@ONCE
@given(st.integers(0, len(EXAMPLE) - 1), st.characters() | st.just(""))
def test_one_character_changed(place: int, character: str) -> None:
    text = EXAMPLE[:place] + character + EXAMPLE[place + 1 :]
    outcome(text.encode("utf-8", "surrogatepass"))


@ONCE
@given(st.data())
def test_a_line_is_missing_doubled_or_elsewhere(data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 3))):
        line = lines.pop(data.draw(st.integers(0, len(lines) - 1)))
        for _ in range(data.draw(st.integers(0, 2))):
            lines.insert(data.draw(st.integers(0, len(lines))), line)
    outcome("\n".join(lines).encode())


SETTINGS = [place for place, line in enumerate(LINES) if " = " in line]
VALUES = st.one_of(
    st.integers().map(str),
    st.floats().map(repr),
    st.booleans().map(lambda value: str(value).lower()),
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=30).map(
        lambda text: '"' + text.replace("\\", "").replace('"', "") + '"'
    ),
    st.sampled_from(["[]", "{}", "[1, 2]", "2026-01-01", "12:00:00", "[{a = 1}]", '""', '" "']),
)


@ONCE
@given(st.sampled_from(SETTINGS), VALUES)
def test_any_value_anywhere_is_taken_or_blamed_where_it_stands(place: int, value: str) -> None:
    key = LINES[place].removeprefix("# ").split(" = ")[0]
    lines = list(LINES)
    lines[place] = f"{key} = {value}"
    found = outcome("\n".join(lines).encode())
    if isinstance(found, ConfigError):
        assert place + 1 in {problem.line for problem in found.problems} or key in {
            "site_id",  # then a meter stands on a site that is not there
            "communal",  # then a meter stands in a household
            "port",  # the other server of the same port
        }


@ONCE
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    outcome(data)


def test_every_key_of_the_example_has_its_line() -> None:
    lines = key_lines(EXAMPLE)
    for table, values in tomllib.loads(EXAMPLE).items():
        for index, one in enumerate(values if isinstance(values, list) else [values]):
            header = (table, index) if isinstance(values, list) else (table,)
            assert LINES[lines[header] - 1].strip("[]") == table
            for key in one:
                assert LINES[lines[(*header, key)] - 1].startswith(f"{key} = ")
