"""Daft runs in a process of its own here: its engine's threads live as long as a process."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.sync.county.conftest import Office, Writer

_QUESTION = """
import socket

def no_network(*arguments, **named):
    raise AssertionError("somebody calls home")

socket.socket.connect = no_network
socket.create_connection = no_network
socket.getaddrinfo = no_network

import json, sys
from pathlib import Path
from sync.county import query

lake, device, moment, quantity = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
asked = {"device": device, "observed_at_ms": moment, "quantity": quantity}
found = query.find(lambda: query.frame(lake), **asked)
print(json.dumps([[one.hub, one.quantity, one.value, one.seq, one.time_quality,
                   one.observed_at.isoformat()] for one in found]))
from daft.scarf_telemetry import opted_out
assert opted_out()
query.leave()
"""


def ask(lake: Path, device: str, moment: int, quantity: str = "") -> list[list[object]]:
    done = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-c", textwrap.dedent(_QUESTION)),
            *(str(lake), device, str(moment), quantity),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answer: list[list[object]] = json.loads(done.stdout)
    return answer


def test_one_reading_is_found_by_device_and_time_and_nothing_calls_home(
    office: Office, writer: Writer
) -> None:
    office.know(writer)
    writer.add(3)
    office.pull(writer)
    lake = office.county.config.lake
    moment = writer.segments[1].header.first_ms
    (found,) = ask(lake, "mbus:A", moment)
    assert found[:5] == [writer.id, "energy", 2.0, 2, 4]
    assert found[5] == "2026-11-18T11:36:40+00:00"
    assert ask(lake, "mbus:A", moment, "energy") == [found]
    assert ask(lake, "mbus:A", moment, "volume") == []
    assert ask(lake, "mbus:B", moment) == []
