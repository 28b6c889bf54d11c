"""The standard questions on a started Ray cluster of two nodes, beside the native runner.

Everything runs in processes of its own: cluster, and each runner, which a process chooses once.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from sync.columns import Source
from sync.county import rows
from sync.county.lake import Entry, Lake, Stream

pytestmark = [pytest.mark.ray, pytest.mark.timeout(1500)]
T0 = 1_795_000_000_000
STREAMS = [Stream(f"{n:x}" * 16, "e" * 16) for n in range(5)]

ADDRESS, PORTS = "127.0.0.2", 4  # see `two_nodes.py`

_ASK = """
import json, sys
from pathlib import Path
from sync.county import query, questions
from sync.county.settings import Engine

query.use(Engine(sys.argv[2]))
readings = query.frame(Path(sys.argv[1]))
asked = {name: questions.Asked() for name in questions.QUESTIONS}
asked["week"] = questions.Asked(
    device="mbus:1", quantity="energy", begin=questions.moment("2026-11-18")
)
answers = {
    name: questions.QUESTIONS[name](readings, asked[name]).to_pylist() for name in asked
}
nodes = 0
if sys.argv[2]:
    import ray
    nodes = sum(node["Alive"] for node in ray.nodes())
print(json.dumps([nodes, answers], default=str))
query.leave()
"""

_AHEAD = """
import json, sys
from sync.county import heat_ahead, heat_meter, query
from sync.county.place import Place
from sync.county.settings import Engine

query.use(Engine(sys.argv[2]))
asked = heat_meter.Asked(int(sys.argv[3]), 8 * 86_400_000)
made = heat_ahead.meters(Place(sys.argv[1], {}), asked, sys.argv[4].split(","))
print(json.dumps([[one.hub, one.device, one.why,
                   *([] if one.expected is None else [*one.expected, *one.low, *one.high])]
                  for one in made]))
query.leave()
"""


_STARTS = 3  # of the cluster: a dozen programs that wait for each other, on a machine that is busy
_COMPLAINT = re.compile(r"\b[EC] \d+ |ERROR|CRITICAL|WARN|Error|Check failed")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Its two doors, and where its processes keep their logs."""

    gcs: str
    client: str
    scratch: Path


def environment() -> dict[str, str]:
    """Return what lets a busy machine start a cluster of a dozen processes; none calls home."""
    # compiled anew in each process, Ray's modules take longer than its nodes wait for each other
    kept = {name: one for name, one in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept,
        "RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S": "90",
        "RAY_agent_register_timeout_ms": "300000",
        "RAY_health_check_timeout_ms": "60000",
        "RAY_raylet_start_wait_time_s": "200",
        "RAY_worker_register_timeout_seconds": "300",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_DEDUP_LOGS": "0",
        "PYTHONFAULTHANDLER": "1",
    }


def free_ports(count: int) -> list[int]:
    """Return ports that nobody has, none twice."""
    with ExitStack() as held:
        found = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in found:
            one.bind((ADDRESS, 0))
        return [int(one.getsockname()[1]) for one in found]


def clues(scratch: Path) -> str:
    """Return what the cluster's processes complained of."""
    found = []
    for file in sorted(scratch.glob("ray/session_2*/logs/*.*")):
        if file.is_file() and (text := file.read_text(errors="replace").strip()):
            wrong = [line[:600] for line in text.splitlines() if _COMPLAINT.search(line)]
            found.append("\n".join([f"== {file.name}", *wrong[:5], "...", text[-300:]]))
    return "\n".join(found)


def end_all(scratch: Path) -> None:
    """Kill what is left of the cluster: its processes name its folder."""
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if str(scratch).encode() in (entry / "cmdline").read_bytes():
                os.kill(int(entry.name), signal.SIGKILL)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    for attempt in range(_STARTS):
        with started() as (ready, made):
            if ready:
                yield made
                return
            assert attempt + 1 < _STARTS, clues(made.scratch)


@contextmanager
def started() -> Iterator[tuple[bool, Cluster]]:
    """Start a cluster on ports of its own; tell if it said that it is ready."""
    ports = free_ports(PORTS)
    scratch = Path(tempfile.mkdtemp(prefix="ray"))  # short: sockets are named after it
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("two_nodes.py")), *map(str, ports)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**environment(), "RAY_TMPDIR": str(scratch)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        said = next((line for line in process.stdout if line.startswith("ready")), "")
        made = Cluster(f"{ADDRESS}:{ports[0]}", f"ray://{ADDRESS}:{ports[1]}", scratch)
        yield said == "ready 2\n", made
    finally:
        process.stdin.close()
        process.stdout.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(60)
        process.kill()
        process.wait()
        end_all(scratch)
        shutil.rmtree(scratch, ignore_errors=True)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Three days of thirty meters in five hubs, some values absent."""
    lake = Lake(tmp_path_factory.mktemp("ray") / "lake")
    lake.create()
    for day in range(3):
        begin = T0 + day * 86_400_000
        times = [begin + n * 3_600_000 for n in range(24)]
        lake.commit(
            {
                stream: [
                    Entry(
                        day + 1,
                        rows.of(
                            [
                                Source(
                                    f"mbus:{meter}",
                                    times,
                                    [4] * 24,
                                    {
                                        "energy": [
                                            1000 * number + day * 24 + n * (meter + 1) / 10
                                            for n in range(24)
                                        ],
                                        "power": [None if n % 5 == 0 else n / 3 for n in range(24)],
                                    },
                                )
                                for meter in range(30)
                            ]
                        ),
                    )
                ]
                for number, stream in enumerate(STREAMS)
            }
        )
    return lake


def ask(
    lake: Lake, address: str, scratch: Path | None = None
) -> tuple[int, dict[str, list[dict[str, object]]]]:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_ASK), lake.path, address],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        said, wrong = process.communicate(timeout=600)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)  # faulthandler says where it stands
        said, wrong = process.communicate()
    found = clues(scratch) if scratch is not None and process.returncode else ""
    assert process.returncode == 0, wrong[-3000:] + found
    nodes, answers = json.loads(said.splitlines()[-1])
    return nodes, answers


def same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9)
    return one == other


@pytest.mark.parametrize("way", ["gcs", "client"])
def test_two_nodes_answer_what_one_machine_answers(lake: Lake, cluster: Cluster, way: str) -> None:
    _, expected = ask(lake, "")
    assert {name: len(found) for name, found in expected.items()} == {
        "hubs": 10,
        "hourly": 72 + 72 - 15,  # each fifth hour has no power: five of 24
        "week": 5 * 72,
        "top": 4 * 20,  # three days from noon to noon
    }
    address = cluster.gcs if way == "gcs" else cluster.client
    nodes, found = ask(lake, address, cluster.scratch)
    assert nodes == 2
    for name, wanted in expected.items():
        assert len(found[name]) == len(wanted), name
        for one, other in zip(found[name], wanted, strict=True):
            assert one.keys() == other.keys()
            assert all(same(one[key], other[key]) for key in one), (name, one, other)


def test_two_nodes_forecast_what_one_machine_forecasts(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lake = Lake(tmp_path_factory.mktemp("ahead") / "lake")
    lake.create()
    days, streams = 90, STREAMS[:2]
    end = T0 + days * 86_400_000
    times = list(range(T0, end, 3_600_000))
    for number, stream in enumerate(streams):
        level = [
            50.0 * (number + 1) + 20 * math.cos(n / 24 * 2 * math.pi) + n % 7
            for n in range(len(times))
        ]
        counter = [round(one, 3) for one in itertools.accumulate(level)]
        sources = [
            Source("mbus:1", times, [4] * len(times), {"energy": counter}),
            Source("mbus:2", times[-9:], [4] * 9, {"energy": counter[-9:]}),
        ]
        lake.commit({stream: [Entry(1, rows.of(sources))]})
    hubs = ",".join(stream.hub for stream in streams)

    def told(address: str) -> list[list[object]]:
        done = subprocess.run(
            [sys.executable, "-c", _AHEAD, lake.path, address, str(end), hubs],
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
            env=environment(),
        )
        assert done.returncode == 0, done.stderr[-3000:]
        found: list[list[object]] = json.loads(done.stdout.splitlines()[-1])
        return found

    expected = told("")
    assert [len(one) for one in expected] == [3 + 3 * 72, 3] * 2
    found = told(cluster.gcs)
    for one, other in zip(found, expected, strict=True):
        assert all(itertools.starmap(same, zip(one, other, strict=True)))


@pytest.mark.parametrize("way", ["ray://127.0.0.1", "127.0.0.1", ADDRESS])
def test_a_cluster_that_is_not_there_is_named(way: str) -> None:
    code = f"""
from sync.county import query
from sync.county.settings import Engine
try:
    query.use(Engine("{way}:{free_ports(1)[0]}"))
except query.EngineError as error:
    print(error.hint)
query.leave()
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,  # Ray itself would try for twenty minutes
        env=environment(),
    )
    assert "ray start" in done.stdout, done.stderr[-2000:]
