"""nginx, with the committed lines, serves what came; a renewed one after the reload."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.behind_nginx import around, program
from tests.ports import free_port
from tests.sync.certificate.conftest import HOST, Both, pem

LINES = Path(__file__).resolve().parents[3] / "images/nginx/tls.example.conf"


def written(folder: Path, tls: Path, at: int) -> Path:
    text = LINES.read_text("utf-8")
    for old, new in {
        "listen 443 ssl": f"listen 127.0.0.1:{at} ssl",
        "listen [::]:443 ssl;\n": "",
        "/etc/dorfhub/tls": str(tls),
    }.items():
        assert old in text
        text = text.replace(old, new)
    file = folder / "nginx.conf"
    file.write_text(around(folder, f"access_log off; server {{ {text} return 204; }}"))
    return file


def serial(at: int, trusted: ssl.SSLContext) -> str:
    """Ask as a browser does: by the name, trusting the authority's root alone."""
    with (
        socket.create_connection(("127.0.0.1", at), 5) as line,
        trusted.wrap_socket(line, server_hostname=HOST) as tls,
    ):
        shown = tls.getpeercert()
        assert shown is not None
        return str(shown["serialNumber"])


@pytest.fixture
def now(both: Both) -> None:
    """The certificates hold now, as TLS looks at the machine's own clock."""
    days = (time.time_ns() // 1_000_000 - both.clock.stamp().wall_ms) / 86_400_000
    both.advance(days)


@pytest.mark.usefixtures("now")
def test_nginx_serves_it_and_the_next_one(both: Both, tmp_path: Path) -> None:
    nginx = program()

    def bring() -> None:
        both.step(again=True)
        both.pull()
        both.allow()
        assert both.work() == (1, 0)
        both.pull()
        assert both.step().code == "ok"

    bring()
    folder = tmp_path / "nginx"
    folder.mkdir()
    at = free_port()
    command = [nginx, "-e", str(folder / "error.log"), "-c", str(written(folder, both.web.tls, at))]
    subprocess.run([*command, "-t"], check=True, capture_output=True, timeout=60)
    trusted = ssl.create_default_context(cadata=pem(both.authority.root[0]).decode())
    with subprocess.Popen(command) as process:
        try:
            first = _until(lambda: serial(at, trusted))
            bring()
            subprocess.run([*command, "-t"], check=True, capture_output=True, timeout=60)
            subprocess.run([*command, "-s", "reload"], check=True, timeout=60)
            # one answer is enough: the worker on its way out may still take a later call
            _until(lambda: serial(at, trusted), other_than=first)
        finally:
            process.terminate()
    assert replace(both.web).certificate.exists()


def _until(look: Callable[[], str], *, other_than: str | None = None) -> str:
    for _ in range(200):
        with contextlib.suppress(OSError):
            if (found := look()) != other_than:
                return found
        time.sleep(0.1)
    raise AssertionError(f"nginx does not answer, or with {other_than} still")
