"""The commands as a person types them, each in a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.config import load
from edge.process.heartbeat import read_folder
from edge.store.village import VillageStore
from edge.store.village_rows import MeterRow
from hardware.reading import TimeQuality
from sync import cbor, identity, requests, wire, words
from sync.commands import moments
from sync.errors import SignatureError
from sync.identity import Identity, Purpose
from sync.node import opened
from sync.wire import Ack, Enrolment
from tests.ports import free_port

PROGRAM = Path(sys.executable).with_name("dorfhub")
T0 = 1_795_000_000_000
NONCE = bytes(range(16))


class Hub:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        ports = [str(free_port()), str(free_port()), str(self.port)]
        made = subprocess.run(
            [
                PROGRAM,
                "init",
                folder,
                "--name",
                "DGH",
                "--village",
                "Wetterfeld",
                "--ports",
                *ports,
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        self.config = load(folder / "hub.toml")

    def run(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROGRAM, "--config", self.folder / "hub.toml", *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("sync", "status", "--json").stdout)
        return found

    def measure(self, rounds: int) -> None:
        with VillageStore(self.config.hub.village_db) as store:
            device = store.device("mbus:KAM-76348799-27-04")
            start = (store.rounds_after(0) or [None])[-1]
            first = start.round if start else 0
            for n in range(first, first + rounds):
                store.add_round(
                    [
                        MeterRow(
                            T0 + n * 1000, device, TimeQuality.SYNCHRONISED, n, energy_kwh=5.0 + n
                        )
                    ]
                )

    def enrol(self) -> Identity:
        county = Identity.generate()
        with opened(self.config) as node:
            node.peers.ask(Enrolment(county.public_key, "Landkreis Gießen", ()), T0)
        return county


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    return Hub(tmp_path / "hub")


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def test_a_stick_goes_to_the_county_and_back(hub: Hub, medium: Path) -> None:
    hub.measure(3)
    county = hub.enrol()
    typed = identity.fingerprint(county.public_key)
    spoken = words.of(county.public_key)
    said = hub.run("sync", "status").stdout
    assert f"dorfhub sync enrol {' '.join(spoken).lower()}" in said
    assert typed in said
    assert hub.run("sync", "enrol", *spoken).returncode == 0
    exported = hub.run("sync", "export", medium)
    assert exported.returncode == 0, exported.stderr
    assert "Segmente 1 bis 1" in exported.stdout
    status = hub.status()
    assert (status["last_seq"], status["waiting"], status["unsealed_rows"]) == (1, 1, 0)

    with opened(hub.config) as node:
        ack = Ack(node.identity.public_key, node.outbox.position().epoch, 1, county.public_key, T0)
    acks = medium / "DORFHUB" / "acks"
    acks.mkdir()
    (acks / "hub.ack").write_bytes(wire.encode_ack(ack, county))
    taken = hub.run("sync", "import", medium)
    assert (taken.returncode, taken.stdout) == (0, "hub.ack: bestätigt bis Segment 1.\n")
    assert hub.run("sync", "import", medium).returncode == 0
    assert hub.status()["waiting"] == 0
    assert hub.run("sync", "export", medium).stdout.startswith("Es gibt nichts Neues")
    again = hub.run("sync", "export", medium, "--after", "0")
    assert "Segmente 1 bis 1" in again.stdout

    (acks / "hub.ack").write_bytes(wire.encode_ack(ack, county)[:-1])
    broken = hub.run("sync", "import", medium)
    assert broken.returncode == 1
    assert "beschädigt" in broken.stderr
    inner = cbor.dumps({"v": 2})
    newer = {"ack": inner, "signature": county.sign(Purpose.ACK, inner)}
    (acks / "hub.ack").write_bytes(cbor.dumps(newer))
    answer = hub.run("sync", "import", medium)
    assert answer.returncode == 1
    assert "neueren Version" in answer.stderr
    assert "aktualisieren" in answer.stderr
    assert "beschädigt" not in answer.stderr


def test_a_wrong_fingerprint_confirms_nobody(hub: Hub) -> None:
    hub.enrol()
    answer = hub.run("sync", "enrol", "0000-0000-0000-0000-0000-0000-0000-0000")
    assert answer.returncode == 1
    assert "dorfhub sync status" in answer.stderr
    assert not hub.status()["peers"][0]["confirmed"]


def test_an_acknowledgement_by_a_stranger_changes_nothing(hub: Hub, medium: Path) -> None:
    hub.measure(1)
    hub.run("sync", "export", medium)
    with opened(hub.config) as node:
        stranger = Identity.generate()
        ack = Ack(
            node.identity.public_key, node.outbox.position().epoch, 1, stranger.public_key, T0
        )
    acks = medium / "DORFHUB" / "acks"
    acks.mkdir()
    (acks / "hub.ack").write_bytes(wire.encode_ack(ack, stranger))
    answer = hub.run("sync", "import", medium)
    assert answer.returncode == 1
    assert "kennt den Schlüssel" in answer.stderr


def test_errors_say_what_to_do(hub: Hub, medium: Path, tmp_path: Path) -> None:
    absent = hub.run("sync", "export", tmp_path / "absent")
    assert absent.returncode == 1
    assert "eingesteckt" in absent.stderr
    empty = hub.run("sync", "import", medium)
    assert empty.returncode == 1
    assert "Landkreis" in empty.stderr
    other = subprocess.run(
        [PROGRAM, "--config", tmp_path / "no.toml", "sync", "status"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert other.returncode == 78
    key = hub.config.hub.keys / "hub.key"
    hub.status()
    key.chmod(0o644)
    refused = hub.run("sync", "status")
    assert refused.returncode == 1
    assert "chmod 600" in refused.stderr
    assert "Traceback" not in absent.stderr + empty.stderr + other.stderr + refused.stderr


@pytest.mark.parametrize(
    ("prepare", "word"),
    [
        ("mount -t tmpfs -o size=4k none {stick}", "voll"),
        ("mount -t tmpfs -o ro none {stick}", "schreibgeschützt"),
    ],
)
def test_a_full_or_read_only_stick(hub: Hub, medium: Path, prepare: str, word: str) -> None:
    """On a real small file system, in a mount namespace of its own."""
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, "-rm", "true"], check=False).returncode:
        pytest.skip("mount namespaces are not allowed here")
    hub.measure(1)
    hub.run("sync", "export", medium, "--after", "99")  # seals
    script = (
        f"{prepare.format(stick=medium)} && "
        f"if test -w {medium}; then head -c 3500 /dev/zero > {medium}/other; fi; "
        f"{PROGRAM} --config {hub.folder}/hub.toml sync export {medium} --after 0; "
        f"echo rc=$?; find {medium} -type f"
    )
    answer = subprocess.run(
        [unshare, "-rm", "sh", "-c", script], capture_output=True, text=True, check=False
    )
    assert "rc=1" in answer.stdout, answer.stderr
    assert word in answer.stderr
    assert ".dhb" not in answer.stdout
    assert ".part" not in answer.stdout
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("options", "word"), [("size=64k", "Speicher ist voll"), ("ro", "schreibgeschützt")]
)
@pytest.mark.parametrize("command", ["export", "run"])
def test_a_hub_whose_key_cannot_be_made(
    hub: Hub, medium: Path, options: str, word: str, command: str
) -> None:
    """On a real small file system, in a mount namespace of its own."""
    unshare = shutil.which("unshare")
    if not unshare or subprocess.run([unshare, "-rm", "true"], check=False).returncode:
        pytest.skip("mount namespaces are not allowed here")
    keys = hub.config.hub.keys
    for key in keys.glob("hub.key*"):
        key.unlink()
    words = f"sync export {medium}" if command == "export" else "run sync"
    script = (
        f"mount -t tmpfs -o {options} none {keys} && "
        f"if test -w {keys}; then cat /dev/zero > {keys}/ballast 2> /dev/null; fi; "
        f"{PROGRAM} --config {hub.folder}/hub.toml {words}; echo rc=$?; ls -A {keys}"
    )
    answer = subprocess.run(
        [unshare, "-rm", "sh", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert f"rc={1 if command == 'export' else 75}\n" in answer.stdout, answer.stderr
    assert word in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "OSError" not in answer.stderr
    assert "hub.key" not in answer.stdout
    if command == "run":
        beat = read_folder(hub.config.hub.run)["sync"]
        assert beat.state in {"failed", "stopped"}
        assert word in beat.message.partition("(")[0]


@pytest.fixture
def running(hub: Hub) -> Iterator[Hub]:
    process = subprocess.Popen(
        [PROGRAM, "--config", hub.folder / "hub.toml", "run", "sync"],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 30
        while hub_answers(hub) is None and time.monotonic() < deadline:
            assert process.poll() is None, process.communicate()[1]
            time.sleep(0.1)
        yield hub
    finally:
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=20)
    assert process.returncode == 0, log
    assert log.splitlines()[-1].endswith("down")


def hub_answers(hub: Hub) -> wire.Head | None:
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=5)
    try:
        connection.request("GET", requests.head_target(NONCE))
        return wire.decode_head(connection.getresponse().read(), nonce=NONCE)
    except OSError:
        return None
    finally:
        connection.close()


def test_the_process_serves_seals_and_stops(running: Hub) -> None:
    running.measure(1030)  # more than a segment
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        head = hub_answers(running)
        assert head is not None
        if head.last_seq:
            break
        time.sleep(0.2)
    assert head.last_seq >= 1
    assert head.hub == Identity.load(running.config.hub.keys / "hub.key").public_key
    beat = json.loads((running.config.hub.run / "sync.json").read_text())
    assert beat["state"] in {"ok", "starting"}
    second = running.run("run", "sync")
    assert second.returncode == 75
    assert "already-running" in second.stderr


def test_the_key_changes_under_a_running_process(running: Hub) -> None:
    running.measure(3)
    before = hub_answers(running)
    assert before is not None
    said = running.run("sync", "rotate-key")
    assert said.returncode == 0, said.stderr
    assert "Neuer Schlüssel ab Segment" in said.stdout
    key = Identity.load(running.config.hub.keys / "hub.key")
    assert key.name == before.hub
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
    try:
        connection.request("GET", requests.head_target(NONCE))
        head = connection.getresponse().read()
    finally:
        connection.close()
    assert wire.decode_head(head, nonce=NONCE, hub=before.hub, key=key.public_key)
    with pytest.raises(SignatureError):
        wire.decode_head(head, nonce=NONCE)
    said = running.run("sync", "identity", "--qr")
    assert words.spoken(before.hub) in said.stdout
    assert "1-mal" in said.stdout
    picture = running.folder / "hub.svg"
    assert running.run("sync", "identity", "--svg", picture).returncode == 0
    assert picture.read_bytes().startswith(b"<?xml")


def test_a_new_stream_is_begun_only_when_a_person_says_so(hub: Hub, medium: Path) -> None:
    hub.measure(2)
    hub.run("sync", "export", medium)
    before = hub.status()["epoch"]
    assert hub.run("sync", "new-epoch").returncode == 1
    assert hub.status()["epoch"] == before
    said = hub.run("sync", "new-epoch", "--yes")
    assert said.returncode == 0, said.stderr
    assert hub.status()["epoch"] != before
    assert hub.status()["last_seq"] == 1


def test_a_port_in_use_is_said(hub: Hub) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", hub.port))
        taken.listen()
        answer = hub.run("run", "sync")
    assert answer.returncode == 75
    assert "port-in-use" in answer.stderr
    assert "[sync]" in answer.stderr


def test_help_has_an_example() -> None:
    for command in ("export", "import", "status", "enrol"):
        answer = subprocess.run(
            [PROGRAM, "sync", command, "--help"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "COLUMNS": "120"},
        )
        assert answer.returncode == 0
        assert "Usage" in answer.stdout


def test_times_are_told_as_in_the_village() -> None:
    said = moments.local("2026-07-01T12:05:00+00:00")
    assert said == "01.07.2026, 14:05 Uhr"
    assert moments.local(None) == "noch nie"
