from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from datasette import handle_exception
from playwright.sync_api import Browser, sync_playwright

from tests.datasette_plugins.deutsch.server import every_page, servers
from tests.datasette_plugins.deutsch.village import make_village

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    # Where `rich` is installed, Datasette prints every variable of every frame for a 404.
    monkeypatch.setattr(handle_exception, "rich", None)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_village(tmp_path_factory.mktemp("village"))


@pytest.fixture(scope="module")
def homes(database: Path) -> Iterator[dict[bool, str]]:
    """The addresses of :func:`servers`."""
    with servers(database) as found:
        for home in found.values():
            with urlopen(f"{home}dorf") as page:  # noqa: S310 - now the file is open, not later
                page.read()
        yield found


@pytest.fixture(scope="module")
def addresses(homes: dict[bool, str]) -> dict[str, str]:
    return every_page(homes)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
