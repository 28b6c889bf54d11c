"""The web process of a hub as it runs, with courses, for storms and measurements.

`python -m tests.web_process HUB_TOML` serves it, with a stream at `/strom` that only waits: what
an open page of live news holds of the server.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, Response

from edge.config import Config, load
from edge.web import server
from edge.web.access import Role, open_to
from edge.web.app import create_app
from tests.furnish_courses import furnish_courses

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
PATIENCE_S = 60.0
TICKS = os.sysconf("SC_CLK_TCK")
BEAT_S = 0.5  # of the stream that only waits


@dataclass(frozen=True, slots=True)
class WebProcess:
    """A running web process."""

    config: Config
    port: int
    pid: int

    def rss_mib(self) -> float:
        """Return what it has in memory now."""
        text = Path(f"/proc/{self.pid}/status").read_text("ascii")
        return int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) / 1024


class Browser:
    """One connection that is kept, with the cookies of one visit."""

    def __init__(self, port: int) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self._cookies: dict[str, str] = {}

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Return status, text and where it leads."""
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(form) if form is not None else None
        self._line.request("POST" if body is not None else "GET", path, body, headers)
        answer = self._line.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, unescape(text), answer.headers.get("Location", "")

    def form(self, course: int) -> dict[str, str]:
        """Open a sign-up form; return what it holds."""
        status, text, _ = self.ask(f"/kurse/{course}/anmelden")
        assert status == 200
        return {"party": "1"} | dict(HIDDEN.findall(text))

    def close(self) -> None:
        self._line.close()


@contextmanager
def web_process(folder: Path) -> Iterator[WebProcess]:
    """Run the web process of a new hub with courses, 48 threads."""
    with socket.create_server(("127.0.0.1", 0)) as place:
        port = place.getsockname()[1]
    file = folder / "hub.toml"
    file.write_text(
        f'[hub]\nname = "Haus"\nvillage = "Dorf"\n[web]\nport = {port}\nthreads = 48\n', "utf-8"
    )
    config = load(file)
    config.hub.run.mkdir(parents=True)
    furnish_courses(config, time.time_ns() // 1_000_000)
    command = [sys.executable, "-m", "tests.web_process", str(file)]
    root = Path(__file__).resolve().parents[1]
    with subprocess.Popen(command, cwd=root, env={"MALLOC_ARENA_MAX": "2"}) as process:
        try:
            _wait(port)
            yield WebProcess(config, port, process.pid)
        finally:
            process.terminate()


def core_ms(pid: int) -> float:
    """Return how long a process has had a core, in ms."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / TICKS


def percentile(values: list[float], share: float) -> float:
    """Return the value below which ``share`` of the values lie."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def _wait(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < deadline, "the web process does not listen"
            time.sleep(0.05)
        else:
            return


def _with_stream(config: Config) -> Flask:
    app = create_app(config)

    @open_to(Role.VILLAGER)
    def stream() -> Response:
        def beats() -> Iterator[bytes]:
            while True:
                yield b": \n\n"
                time.sleep(BEAT_S)

        return Response(beats(), mimetype="text/event-stream")

    app.add_url_rule("/strom", "stream", stream)
    return app


if __name__ == "__main__":
    server.create_app = _with_stream  # type: ignore[assignment]
    server.serve(load(Path(sys.argv[1])))
