from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli import root
from edge.config import Config, load

TANGD = next(
    (one for one in map(Path, ("/usr/libexec/tangd", "/usr/lib/tangd")) if one.exists()), None
)


@pytest.fixture
def memory() -> Iterator[Path]:
    if not Path("/dev/shm").is_dir():  # noqa: S108 - the one place that is memory everywhere
        pytest.skip("no memory file system")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture
def stick(memory: Path) -> Path:
    folder = memory / "media" / "STICK"
    folder.mkdir(parents=True)
    (folder / "readme.txt").write_text("a stick")
    return folder


@pytest.fixture
def hub(tmp_path: Path, memory: Path, stick: Path) -> Config:
    """A hub with a plain key on the card, whose hub.toml already names a place in memory."""
    made = CliRunner().invoke(
        root, ["init", str(tmp_path / "hub"), "--name", "Haus", "--village", "Dorf"]
    )
    assert made.exit_code == 0, made.output
    toml = tmp_path / "hub" / "hub.toml"
    text = toml.read_text().replace('# sticks = ["/media"]', f'sticks = ["{stick.parent}"]')
    toml.write_text(f'{text}\n[personal]\nkey_file = "{memory / "run" / "personal.key"}"\n')
    return load(toml)


class Tang:
    """A real tangd on loopback, behind socat as behind a systemd socket."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    @contextmanager
    def serving(self) -> Iterator[str]:
        command = (
            "socat",
            f"TCP-LISTEN:{self.port},bind=127.0.0.1,fork,reuseaddr",
            f"EXEC:{TANGD} {self.folder}",
        )
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                for _ in range(200):
                    with socket.socket() as probe:
                        if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                            break
                    time.sleep(0.02)
                yield self.url
            finally:
                process.terminate()


@pytest.fixture
def tang_server(tmp_path: Path) -> Tang:
    if TANGD is None or not all(map(shutil.which, ("clevis", "jose", "curl", "socat"))):
        pytest.skip("tang, clevis, jose, curl and socat are not installed")
    folder = tmp_path / "tang"
    folder.mkdir()
    subprocess.run([TANGD.with_name("tangd-keygen"), folder], check=True, timeout=30)
    return Tang(folder)
