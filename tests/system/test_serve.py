"""The whole hub as real processes on the loopback interface."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge.process.heartbeat import Beat, read_folder

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the hub is a Linux machine"),
]

DORFHUB = [sys.executable, "-m", "sync"]
CHILDREN = ("collector", "worker", "web", "sync", "datasette", "library")
PATIENCE_S = 90.0  # five interpreters start at once on a machine that may be busy otherwise
KEPT_IN_RUN = re.compile(r"(\w+\.(json|lock)|journal\.secret)")


class Hub:
    """A hub in a folder of its own, made by `dorfhub init`, on ports that were free."""

    def __init__(self, folder: Path, extra: str = "") -> None:
        self.folder = folder
        self.config = folder / "hub.toml"
        self.state = folder / "state"
        self.folders = (self.state / "run", self.state / "open-data" / "run")
        self.signs = (self.folders[0], {"datasette": self.folders[1]})
        self.log = folder / "log"
        self.log.touch()
        self.ports = dict(zip(("web", "datasette", "sync"), free_ports(), strict=True))
        ports = [str(port) for port in self.ports.values()]
        made = self.call("init", "--name", "Haus", "--village", "Dorf", "--ports", *ports)
        assert made.returncode == 0, made.stderr
        quiet = "[sync]\nadvertise = false"
        self.config.write_text(self.config.read_text().replace("[sync]", quiet) + extra)

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*DORFHUB, "--config", str(self.config), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )

    def start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*DORFHUB, "--config", str(self.config), "serve"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def beat(self, name: str) -> Beat | None:
        return read_folder(*self.signs).get(name)

    def ok(self, *names: str) -> bool:
        beats = read_folder(*self.signs)
        return all(
            name in beats and beats[name].alive and beats[name].state == "ok" for name in names
        )

    def wait(self, true: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.05)

    def wait_ok(self, *names: str) -> None:
        self.wait(lambda: self.ok(*names))

    def pids(self) -> dict[int, str]:
        """Every process whose command line names this hub."""
        found = {}
        for process in Path("/proc").iterdir():
            if process.name.isdigit():
                try:
                    command = (process / "cmdline").read_bytes()
                except OSError:
                    continue
                if os.fsencode(self.config) in command:
                    found[int(process.name)] = command.replace(b"\0", b" ").decode()
        return found

    def get(self, name: str, path: str = "/") -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.ports[name]}{path}"
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return answer.status, answer.read().decode("utf-8", "replace")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode("utf-8", "replace")


def free_ports() -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@contextmanager
def serving(hub: Hub) -> Iterator[subprocess.Popen[bytes]]:
    process = hub.start()
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        hub.wait(lambda: not hub.pids())


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path)


def doctor(hub: Hub) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in json.loads(hub.call("doctor", "--json").stdout)["findings"]:
        found.setdefault(finding["check"], []).append(finding)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_day_of_a_hub(hub: Hub, number: signal.Signals) -> None:
    with serving(hub) as process:
        hub.wait_ok("supervisor", *CHILDREN)
        status, page = hub.get("web")
        assert status == 200
        assert "Dorf" in page
        assert hub.get("datasette")[0] == 200
        assert hub.get("sync")[0] < 500  # its interface is its own; here, that it answers
        found = doctor(hub)
        assert {found[f"process.{name}"][0]["level"] for name in CHILDREN} == {"ok"}
        assert {found[f"port.{name}"][0]["level"] for name in hub.ports} == {"ok"}
        assert len(hub.pids()) == len(CHILDREN) + 1
        process.send_signal(number)
        assert process.wait(30) == 0
    assert hub.pids() == {}
    left = [
        path.name
        for folder in hub.folders
        for path in folder.iterdir()
        if not KEPT_IN_RUN.fullmatch(path.name)
    ]
    assert left == []
    ends = re.findall(r'supervisor stopped child=(\w+) how="exit 0"', hub.log.read_text())
    assert ends[0] == "collector"
    assert sorted(ends) == sorted(CHILDREN)
    assert {name: beat.state for name, beat in read_folder(*hub.signs).items()} == dict.fromkeys(
        ("supervisor", *CHILDREN), "stopped"
    )


def test_whoever_is_killed_comes_back(hub: Hub) -> None:
    with serving(hub) as process:
        hub.wait_ok(*CHILDREN)
        for name in CHILDREN:
            before = {child: hub.beat(child) for child in CHILDREN}
            killed = before[name]
            assert killed
            os.kill(killed.pid, signal.SIGKILL)

            def back(name: str = name, pid: int = killed.pid) -> bool:
                beat = hub.beat(name)
                return beat is not None and beat.pid != pid and beat.alive and beat.state == "ok"

            hub.wait(back)
            for other in set(CHILDREN) - {name}:
                now, then = hub.beat(other), before[other]
                assert now
                assert then
                assert now.pid == then.pid
        assert process.poll() is None
        assert len(hub.pids()) == len(CHILDREN) + 1
    assert "already-running" not in hub.log.read_text()


def test_a_killed_supervisor_takes_all_with_it_and_the_next_starts(hub: Hub) -> None:
    first = hub.start()
    try:
        hub.wait_ok(*CHILDREN)
    finally:
        first.kill()
        first.wait()
    with serving(hub):
        hub.wait(lambda: hub.ok(*CHILDREN) and len(hub.pids()) == len(CHILDREN) + 1)
        collector = hub.beat("collector")
        assert collector
        assert collector.pid in hub.pids()
    assert "port-in-use" not in hub.log.read_text()
    assert [one.name for folder in hub.folders for one in folder.glob("*.new")] == []


def test_a_port_in_use_is_said_and_the_rest_goes_on(hub: Hub) -> None:
    with socket.create_server(("127.0.0.1", hub.ports["web"])), serving(hub):
        hub.wait_ok("collector", "worker", "sync", "datasette")
        hub.wait(lambda: "port-in-use" in hub.log.read_text())
        said = next(line for line in hub.log.read_text().splitlines() if "port-in-use" in line)
        assert f"port={hub.ports['web']}" in said
        assert f"Prozess {os.getpid()}" in said
        assert "[web]" in said
        hub.wait(lambda: 'how="exit 75"' in hub.log.read_text())
        beat = hub.beat("web")
        assert beat
        assert not beat.alive
        assert str(hub.ports["web"]) in beat.message
        found = doctor(hub)
        assert found["port.web"][0]["level"] == "fail"
        assert hub.get("datasette")[0] == 200


def test_a_freed_port_is_used_again(hub: Hub) -> None:
    with serving(hub):
        hub.wait_ok(*CHILDREN)
        web = hub.beat("web")
        assert web
        os.kill(web.pid, signal.SIGKILL)
        hub.wait(lambda: "ended child=web how=SIGKILL" in hub.log.read_text())
        hub.wait_ok("web")
        assert hub.get("web")[0] == 200


def test_a_second_supervisor_is_refused(hub: Hub) -> None:
    with serving(hub) as process:
        hub.wait_ok("supervisor", *CHILDREN)
        second = hub.call("serve")
        assert second.returncode == 75
        assert f"holder={process.pid}" in second.stderr
        assert "läuft schon" in second.stderr
        alone = hub.call("run", "collector")
        assert alone.returncode == 75
        assert "already-running" in alone.stderr
        hub.wait_ok("supervisor", *CHILDREN)


def test_a_missing_serial_port_stops_nobody(tmp_path: Path) -> None:
    meter = """
[[sites]]
site_id = "dgh"
name = "Dorfgemeinschaftshaus"
communal = true

[[meters]]
meter_id = "halle"
name = "Halle"
site_id = "dgh"
transport = "serial:/dev/ttyDorfhubNowhere?baud=2400"
"""
    hub = Hub(tmp_path, meter)
    with serving(hub) as process:
        hub.wait_ok("worker", "web", "sync", "datasette")

        def told() -> bool:
            beat = hub.beat("collector")
            return beat is not None and any(
                part.name == "halle" and part.state == "degraded" for part in beat.parts
            )

        hub.wait(told)
        assert hub.get("web")[0] == 200
        found = doctor(hub)
        assert found["line.ttyDorfhubNowhere"][0]["level"] == "fail"
        assert "Steckt das Gerät?" in found["line.ttyDorfhubNowhere"][0]["advice"]
        assert found["process.collector"][0]["level"] == "warn"
        process.terminate()
        assert process.wait(30) == 0
    assert "ended child=collector" not in hub.log.read_text()


def test_locked_personal_data_wait_and_open_again(hub: Hub) -> None:
    key = hub.state / "keys" / "personal.key"
    kept = key.read_bytes()
    key.unlink()

    def care(state: str) -> Callable[[], bool]:
        def is_so() -> bool:
            beat = hub.beat("worker")
            return beat is not None and any(
                (part.name, part.state) == ("care", state) for part in beat.parts
            )

        return is_so

    with serving(hub):
        hub.wait(care("locked"))
        hub.wait_ok(*CHILDREN)
        assert doctor(hub)["personal"][0]["level"] == "warn"
        key.write_bytes(kept)
        hub.wait(care("ok"))


def test_no_hub_and_no_configuration(tmp_path: Path) -> None:
    def serve(config: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*DORFHUB, "--config", str(config), "serve"],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )

    nothing = serve(tmp_path / "hub.toml")
    assert nothing.returncode == 78
    assert nothing.stderr == (
        f"{tmp_path / 'hub.toml'}: die Datei gibt es nicht\n"
        "Mit `dorfhub init` anlegen oder mit --config die richtige nennen.\n"
    )
    (tmp_path / "hub.toml").write_text('[hub]\nname = "A"\nvillage = "B"\n')
    not_made = serve(tmp_path / "hub.toml")
    assert not_made.returncode == 78
    assert "dorfhub init" in not_made.stderr
    (tmp_path / "hub.toml").write_text('[hub]\nname = "A"\nvillage = 3\n')
    wrong = serve(tmp_path / "hub.toml")
    assert wrong.returncode == 78
    assert "village" in wrong.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["hub.toml"]
