from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edge.cli import root
from edge.doctor.check_lines import serial
from edge.process.heartbeat import Heartbeat, Part, Status

CONFIG = """
[hub]
name = "Haus"
village = "Dorf"
[web]
port = {web}
[datasette]
port = {datasette}
[sync]
port = {sync}
"""


def free_ports() -> tuple[int, int, int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports[0], ports[1], ports[2]


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    web, datasette, sync = free_ports()
    path = tmp_path / "hub.toml"
    path.write_text(CONFIG.format(web=web, datasette=datasette, sync=sync))
    result = CliRunner().invoke(root, ["--config", str(path), "init"])
    assert result.exit_code == 0, result.output
    return path


def doctor(path: Path) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    result = CliRunner().invoke(root, ["--config", str(path), "doctor", "--json"])
    assert isinstance(result.exception, SystemExit | None), result.exception
    record = json.loads(result.output)
    assert record["exit"] == result.exit_code
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in record["findings"]:
        assert finding["level"] in ("ok", "warn", "fail")
        assert finding["message"]
        found.setdefault(finding["check"], []).append(finding)
    return result.exit_code, found


def levels(found: dict[str, list[dict[str, Any]]], check: str) -> list[str]:
    return [finding["level"] for finding in found[check]]


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def test_no_configuration(tmp_path: Path) -> None:
    code, found = doctor(tmp_path / "hub.toml")
    assert code == 2
    assert levels(found, "config") == ["fail"]
    assert "init" in found["config"][0]["advice"]


def test_a_broken_configuration_names_every_problem(hub: Path) -> None:
    append(hub, '[web_]\n[radio]\nkind = "lamp"\n')
    code, found = doctor(hub)
    assert code == 2
    assert levels(found, "config") == ["fail", "fail"]
    assert all("Zeile" in finding["message"] for finding in found["config"])


def test_no_state(tmp_path: Path) -> None:
    path = tmp_path / "hub.toml"
    path.write_text(CONFIG.format(web=1, datasette=2, sync=3))
    code, found = doctor(path)
    assert code == 2
    assert levels(found, "folder") == ["fail"]
    assert levels(found, "database") == ["fail", "fail"]
    assert not (tmp_path / "state").exists()


def test_a_new_hub_that_does_not_run(hub: Path) -> None:
    code, found = doctor(hub)
    assert code == 1
    assert levels(found, "process") == ["warn"]
    assert levels(found, "database") == ["ok", "ok"]
    assert levels(found, "personal") == ["ok"]
    assert levels(found, "county") == ["warn"]
    assert "serve" in found["process"][0]["advice"]
    text = CliRunner().invoke(root, ["--config", str(hub), "doctor"]).output
    assert "ACHTUNG" in text
    assert "FEHLER" not in text


def test_locked_and_wrong_key(hub: Path) -> None:
    key = hub.parent / "state" / "keys" / "personal.key"
    right = key.read_text()
    key.unlink()
    code, found = doctor(hub)
    assert code == 1
    assert "gesperrt" in found["personal"][0]["message"]
    key.write_text("0" * 64)
    key.chmod(0o600)
    code, found = doctor(hub)
    assert code == 2
    assert levels(found, "personal") == ["fail"]
    assert found["personal"][0]["message"].startswith("Die persönlichen Daten lassen sich nicht")
    assert right.strip() not in json.dumps(found)


def test_a_key_beside_what_it_locks_is_a_warning(hub: Path) -> None:
    code, found = doctor(hub)
    assert code == 1
    assert levels(found, "personal.key") == ["warn"]
    assert "gestohlener Rechner" in found["personal.key"][0]["message"]
    assert "[personal] key_file" in found["personal.key"][0]["advice"]


def test_a_key_on_a_file_system_of_its_own_is_well(hub: Path) -> None:
    memory = Path("/dev/shm")  # noqa: S108 - a second file system that every Linux has
    if not memory.is_dir() or memory.stat().st_dev == hub.stat().st_dev:
        pytest.skip("needs a second file system")
    key = hub.parent / "state" / "keys" / "personal.key"
    with tempfile.TemporaryDirectory(dir=memory) as stick:
        moved = shutil.move(key, Path(stick) / "dorfhub.key")
        append(hub, f'[personal]\nkey_file = "{moved}"\n')
        _, found = doctor(hub)
    assert levels(found, "personal") == ["ok"]
    assert levels(found, "personal.key") == ["ok"]


@pytest.mark.parametrize("name", ["journal.db", "village.db"])
def test_a_broken_database(hub: Path, name: str) -> None:
    path = hub.parent / "state" / name
    content = bytearray(path.read_bytes())
    content[4096:8192] = os.urandom(4096)
    path.write_bytes(content)
    code, found = doctor(hub)
    assert code == 2
    assert sorted(levels(found, "database")) == ["fail", "ok"]


def test_open_keys(hub: Path) -> None:
    (hub.parent / "state" / "keys").chmod(0o755)
    code, found = doctor(hub)
    assert code == 2
    assert "chmod 700" in found["keys"][0]["advice"]


def test_a_port_that_somebody_else_has(hub: Path) -> None:
    port = int(hub.read_text().partition("[web]\nport = ")[2].splitlines()[0])
    with socket.create_server(("127.0.0.1", port)):
        code, found = doctor(hub)
    assert code == 2
    assert str(os.getpid()) in found["port.web"][0]["message"]
    assert levels(found, "port.sync") == ["ok"]


def test_our_own_port(hub: Path) -> None:
    port = int(hub.read_text().partition("[web]\nport = ")[2].splitlines()[0])
    Heartbeat(hub.parent / "state" / "run", "web").write(Status("ok"))
    with socket.create_server(("127.0.0.1", port)):
        _, found = doctor(hub)
    assert levels(found, "port.web") == ["ok"]


def test_lines_and_radio(hub: Path, tmp_path: Path) -> None:
    meter = '[[meters]]\nmeter_id = "{0}"\nname = "{0}"\nsite_id = "dgh"\ntransport = "{1}"\n'
    append(hub, '[[sites]]\nsite_id = "dgh"\nname = "DGH"\ncommunal = true\n')
    append(hub, meter.format("a", "serial:/dev/nowhere?baud=2400"))
    append(hub, meter.format("b", "replay:gone.log"))
    append(hub, meter.format("c", "serial:/dev/null"))
    append(hub, meter.format("d", f"serial:{tmp_path}/hub.toml"))
    append(hub, meter.format("e", "tcp:192.0.2.1:10001"))
    append(hub, '[radio]\nkind = "bluez"\nadapter = "hci77"\n')
    code, found = doctor(hub)
    assert code == 2
    assert levels(found, "line.nowhere") == ["fail"]
    assert levels(found, "line.gone.log") == ["fail"]
    assert levels(found, "line.null") == ["ok"]
    assert levels(found, "line.hub.toml") == ["fail"]
    assert levels(found, "line.tcp:192.0.2.1:10001") == ["ok"]
    assert levels(found, "radio") == ["fail"]
    assert "hci77" in found["radio"][0]["message"]


def test_a_serial_port_that_is_not_permitted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # tests often run as root, who may
    finding = serial(Path("/dev/null"))
    assert finding.level == "fail"
    assert "dialout" in finding.advice


def test_signs_of_life(hub: Path) -> None:
    run = hub.parent / "state" / "run"
    Heartbeat(run, "web").write(Status("ok"))
    Heartbeat(run, "worker").write(
        Status("degraded", "", (Part("care", "locked", "gesperrt"), Part("snapshot", "failed")))
    )
    Heartbeat(run, "sync").write(Status("failed", "Port 8082 ist belegt"))
    code, found = doctor(hub)
    assert code == 2
    assert levels(found, "process.web") == ["ok"]
    assert levels(found, "process.worker") == ["warn"]
    assert "degraded" not in found["process.worker"][0]["message"]
    assert levels(found, "worker.care") == ["warn"]
    assert found["worker.care"][0]["message"] == "worker, care ist gesperrt. gesperrt"
    assert levels(found, "worker.snapshot") == ["fail"]
    assert levels(found, "process.sync") == ["fail"]
    assert "Port 8082" in found["process.sync"][0]["message"]
    assert levels(found, "process.collector") == ["fail"]


def test_devices_and_county(hub: Path) -> None:
    now = int(time.time() * 1000)
    with closing(sqlite3.connect(hub.parent / "state" / "village.db")) as database:
        database.executemany(
            "INSERT INTO device (device_id, kind, label, last_seen_at, last_error, last_error_at)"
            " VALUES (?, 'meter', ?, ?, ?, ?)",
            [
                ("mbus:1", "Halle", now - 3_600_000, None, None),
                ("mbus:2", "Schule", now - 7_200_000, "keine Antwort", now),
                ("mbus:3", "Feuerwehr", None, None, None),
            ],
        )
        database.executemany(
            "INSERT INTO exchange (peer, name, last_success_at, pending_segments) VALUES (?,?,?,0)",
            [("a", "Landkreis", now - 86_400_000), ("b", "Alt", now - 40 * 86_400_000)],
        )
        database.commit()
    code, found = doctor(hub)
    assert code == 1
    assert levels(found, "device.Halle") == ["ok"]
    assert "einer Stunde" in found["device.Halle"][0]["message"]
    assert levels(found, "device.Schule") == ["warn"]
    assert "keine Antwort" in found["device.Schule"][0]["message"]
    assert levels(found, "device.Feuerwehr") == ["warn"]
    assert levels(found, "county") == ["ok", "warn"]


def test_a_check_that_fails_is_a_finding(hub: Path) -> None:
    path = hub.parent / "state" / "village.db"
    for name in (path, path.with_name("village.db-wal"), path.with_name("village.db-shm")):
        name.unlink(missing_ok=True)
    path.write_bytes(b"no database at all, but long enough to be opened" * 100)
    code, found = doctor(hub)
    assert code == 2
    assert levels(found, "device") == ["fail"]
    assert levels(found, "clock")
