from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from edge.process import heartbeat
from edge.process.heartbeat import Heartbeat, Part, Status, read_folder


def test_what_is_written_is_read(tmp_path: Path) -> None:
    parts = (Part("line:/dev/ttyUSB0", "failed", "weg"), Part("radio", "ok"))
    with Heartbeat(tmp_path, "collector") as beat:
        beat.write(Status("degraded", "eine Leitung fehlt", parts))
        found = read_folder(tmp_path)["collector"]
    assert (found.name, found.state, found.message) == (
        "collector",
        "degraded",
        "eine Leitung fehlt",
    )
    assert found.pid == os.getpid()
    assert found.parts == parts
    assert found.alive
    assert found.age_s is not None
    assert 0 <= found.age_s < heartbeat.STALE_AFTER_S
    assert abs(found.at - time.time() * 1000) < 60_000


def test_the_file_has_the_contract_s_keys(tmp_path: Path) -> None:
    Heartbeat(tmp_path, "web").write(Status("ok"))
    record = json.loads((tmp_path / "web.json").read_text())
    assert {"name", "pid", "state", "message", "at"} <= set(record)


def test_last_words(tmp_path: Path) -> None:
    with Heartbeat(tmp_path, "web"):
        assert read_folder(tmp_path)["web"].state == "starting"
    assert read_folder(tmp_path)["web"].state == "stopped"
    assert not read_folder(tmp_path)["web"].alive

    with pytest.raises(ZeroDivisionError), Heartbeat(tmp_path, "web"):
        _ = 1 / 0
    failed = read_folder(tmp_path)["web"]
    assert failed.state == "failed"
    assert failed.message.startswith("Unbekannte Störung")
    assert failed.message.endswith("(ZeroDivisionError: division by zero)")

    def leave_with_reason(beat: Heartbeat) -> None:
        beat.write(Status("failed", "Port 8080 ist belegt"))
        raise SystemExit(75)

    with pytest.raises(SystemExit), Heartbeat(tmp_path, "web") as beat:
        leave_with_reason(beat)
    assert read_folder(tmp_path)["web"].message == "Port 8080 ist belegt"


def test_a_flapping_state_is_written_once_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(heartbeat.time, "monotonic", lambda: now[0])
    written = []
    monkeypatch.setattr(heartbeat, "replace", lambda _path, content: written.append(content))
    beat = Heartbeat(tmp_path, "web")
    for step in range(600):  # a minute, ten changes a second
        now[0] = 1000.0 + step / 10
        beat.beat(Status("ok", str(step)))
    assert 55 <= len(written) <= 60
    written.clear()
    for step in range(600):  # a minute without news
        now[0] = 2000.0 + step / 10
        beat.beat(Status("ok"))
    assert len(written) == 60 / heartbeat.INTERVAL_S


def test_a_thread_watches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "MIN_INTERVAL_S", 0.01)
    asked = threading.Event()
    answers = iter([Status("starting", "gleich"), ValueError("kaputt")])

    def probe() -> Status:
        answer = next(answers, None)
        if isinstance(answer, ValueError):
            raise answer
        if answer is None:
            asked.set()
        return answer or Status("ok", "fertig")

    with Heartbeat(tmp_path, "web") as beat:
        beat.watch(probe)
        assert asked.wait(10)
        until = time.monotonic() + 10
        while read_folder(tmp_path)["web"].state != "ok" and time.monotonic() < until:
            time.sleep(0.01)
        assert read_folder(tmp_path)["web"].message == "fertig"
        with pytest.raises(RuntimeError):
            beat.watch(probe)


def test_a_full_disk_stops_nobody(tmp_path: Path) -> None:
    beat = Heartbeat(tmp_path / "gone", "web")
    beat.beat(Status("ok"))
    assert not beat.written
    (tmp_path / "gone").mkdir()
    beat.write(Status("ok"))
    assert beat.written


def test_dead_stale_and_foreign_beats(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    Heartbeat(tmp_path, "web").write(Status("ok"))
    good = json.loads((tmp_path / "web.json").read_text())

    def read(**changes: object) -> heartbeat.Beat:
        (tmp_path / "web.json").write_text(json.dumps({**good, **changes}))
        return read_folder(tmp_path)["web"]

    assert read().alive
    assert not read(pid=ended.pid).alive
    zombie = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert zombie.stdout
    assert zombie.stdout.read() == b""  # its end of the pipe is closed: it has ended
    until = time.monotonic() + 10
    while read(pid=zombie.pid).alive and time.monotonic() < until:
        time.sleep(0.01)
    assert not read(pid=zombie.pid).alive
    zombie.communicate()
    old_ns = time.monotonic_ns() - int((heartbeat.STALE_AFTER_S + 1) * 1e9)
    assert not read(monotonic_ns=old_ns).alive
    other_boot = read(boot="another")
    assert other_boot.age_s is None
    assert not other_boot.alive


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"name": "web"}', b"\xff\xfe", b'{"name":"x","pid":"a"}'],
)
def test_broken_files_are_left_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "broken.json").write_bytes(content)
    Heartbeat(tmp_path, "web").write(Status("ok"))
    assert list(read_folder(tmp_path)) == ["web"]


def test_no_folder_is_no_beat(tmp_path: Path) -> None:
    assert read_folder(tmp_path / "none") == {}


def test_a_reader_never_sees_half(tmp_path: Path) -> None:
    stop = threading.Event()
    path = tmp_path / "x.json"
    sizes = (10, 50_000)
    heartbeat.replace(path, b"a" * sizes[0])

    def write() -> None:
        while not stop.is_set():
            for size in sizes:
                heartbeat.replace(path, b"a" * size)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        seen = {len(path.read_bytes()) for _ in range(2000)}
    finally:
        stop.set()
        thread.join()
    assert seen <= set(sizes)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.json"]
