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


@pytest.mark.parametrize(
    "forged",
    [
        {"at": 10**30},
        {"monotonic_ns": 10**400},
        {"message": "\ud800"},
        {"parts": [{"name": "a", "state": "ok", "message": "\udfff"}]},
    ],
)
def test_what_no_page_could_show_is_left_out(tmp_path: Path, forged: dict[str, object]) -> None:
    path = tmp_path / "web.json"
    Heartbeat(tmp_path, "web").write(Status("ok"))
    path.write_text(json.dumps({**json.loads(path.read_text()), **forged}))
    assert read_folder(tmp_path) == {}
    path.write_text("[" * 60_000)
    assert read_folder(tmp_path) == {}


class TestAnotherUsersFolder:
    """Who serves the public may be another user: nobody believes it about anybody else."""

    def test_its_own_sign_is_read(self, tmp_path: Path) -> None:
        run, other = _folders(tmp_path)
        Heartbeat(run, "web").write(Status("ok"))
        Heartbeat(other, "datasette").write(Status("degraded"))
        found = read_folder(run, {"datasette": other})
        assert {name: beat.state for name, beat in found.items()} == {
            "datasette": "degraded",
            "web": "ok",
        }

    @pytest.mark.parametrize("file", ["collector", "datasette", "zzz"])
    def test_it_speaks_for_nobody_else(self, tmp_path: Path, file: str) -> None:
        run, other = _folders(tmp_path)
        Heartbeat(run, "collector").write(Status("ok"))
        Heartbeat(other, "collector").write(Status("failed"))
        (other / "collector.json").rename(other / f"{file}.json")
        found = read_folder(run, {"datasette": other})
        assert {name: beat.state for name, beat in found.items()} == {"collector": "ok"}

    def test_what_lies_in_the_hub_s_folder_is_not_its_word(self, tmp_path: Path) -> None:
        run, other = _folders(tmp_path)
        Heartbeat(run, "datasette").write(Status("ok"))  # of a time before it had its own
        assert read_folder(run, {"datasette": other}) == {}

    def test_nobody_waits_for_a_pipe(self, tmp_path: Path) -> None:
        run, other = _folders(tmp_path)
        os.mkfifo(other / "datasette.json")
        os.mkfifo(run / "web.json")
        code = (
            "import sys; from pathlib import Path; from edge.process.heartbeat import read_folder;"
            "print(read_folder(Path(sys.argv[1]), {'datasette': Path(sys.argv[2])}))"
        )
        ended = subprocess.run(
            [sys.executable, "-c", code, str(run), str(other)],
            capture_output=True, text=True, timeout=30, check=True,
        )  # fmt: skip
        assert ended.stdout.strip() == "{}"

    def test_no_link_is_followed(self, tmp_path: Path) -> None:
        run, other = _folders(tmp_path)
        Heartbeat(tmp_path, "datasette").write(Status("ok"))
        (other / "datasette.json").symlink_to(tmp_path / "datasette.json")
        assert read_folder(run, {"datasette": other}) == {}


def _folders(tmp_path: Path) -> tuple[Path, Path]:
    run, other = tmp_path / "run", tmp_path / "open-data"
    run.mkdir()
    other.mkdir()
    return run, other


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
