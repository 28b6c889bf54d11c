"""Every page is valid HTML for the Nu checker, from the left and from the right."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from edge.clock import FixedClock
from edge.unlock import pin
from edge.unlock.opener import Opener
from edge.web.app import create_app
from hardware.reading import TimeQuality
from tests.furnish_unlock import locked_hub, memory_folder
from tests.hall import NOW_MS, PAGES, hall_app
from tests.signed_in import prepare

PACKAGE, SHA256 = (
    "vnu-jar@26.9.27",
    "22f15dd39a33bed929d2a5c0cddf5946849a647eca9272bf4d5d00bc7e7a4d47",
)
KEPT = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dorfhub"
COOKIES = ("", "ar.gross.dunkel", "leicht.riesig.hell")


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checker as the npm registry has it (30 MB), fetched once and compared."""
    if shutil.which("java") is None:
        pytest.skip("no Java (Debian's default-jre-headless)")
    jar = KEPT / f"{PACKAGE}.jar"
    if not jar.exists():
        if shutil.which("npm") is None:
            pytest.skip("no npm to fetch the checker with")
        folder = tmp_path_factory.mktemp("vnu")
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, timeout=150)
        (archive,) = folder.glob("*.tgz")
        with tarfile.open(archive) as files:
            member = files.extractfile("package/build/dist/vnu.jar")
            assert member is not None
            KEPT.mkdir(parents=True, exist_ok=True)
            jar.write_bytes(member.read())
    assert hashlib.sha256(jar.read_bytes()).hexdigest() == SHA256
    return jar


def errors(checker: Path, files: list[Path]) -> list[str]:
    command = ["java", "-Xss1m", "-jar", checker, "--format", "json", "--exit-zero-always", *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=390)
    return [
        f"{Path(one['url']).name}:{one.get('lastLine')} {one['message']}"
        for one in json.loads(done.stderr)["messages"]
        if one["type"] == "error"
    ]


@pytest.mark.timeout(900)  # a hundred pages
def test_every_page_is_valid(checker: Path, tmp_path: Path) -> None:
    client = hall_app(tmp_path).test_client()
    files = []
    for cookie in COOKIES:
        client.set_cookie("anzeige", cookie)
        for name, path in PAGES.items():
            file = tmp_path / f"{name}-{cookie or 'de'}.html"
            file.write_bytes(prepare(client, path).get(path).data)
            files.append(file)
    assert errors(checker, files) == []


def test_a_hub_that_waits_to_be_unlocked_is_valid(
    checker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pin, "MEMORY_KIB", 64)
    with memory_folder() as memory:
        config = locked_hub(tmp_path, memory)
        client = create_app(config, FixedClock(NOW_MS, TimeQuality.SYNCHRONISED)).test_client()
        files = []
        for cookie in COOKIES:
            client.set_cookie("anzeige", cookie)
            pages = {
                "start": client.get("/"),
                "form": client.get("/entsperren"),
                "wrong": client.post("/entsperren", data={"pin": "999999"}),
                "sign-in": client.get("/anmelden"),
            }
            Opener.of(config).tries_path.unlink(missing_ok=True)
            assert 'name="pin"' in pages["form"].text
            assert 'aria-invalid="true"' in pages["wrong"].text
            for name, answer in pages.items():
                file = tmp_path / f"{name}-{cookie or 'de'}.html"
                file.write_bytes(answer.data)
                files.append(file)
    assert errors(checker, files) == []


def test_the_checker_sees_what_is_wrong(checker: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.html"
    file.write_text("<!doctype html><html lang=de><title>x</title><p><div>x</p><img src=x>")
    assert len(errors(checker, [file])) >= 2
