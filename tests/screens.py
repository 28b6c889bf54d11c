"""`python -m tests.screens FOLDER [PAGE ...]`: a picture of every page, for people to look at.

German on the hall's screen, then Arabic, very large, dark, on a phone and in Leichte Sprache. The
folder lies outside of the repository; nothing compares the pictures.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.hall import PAGES, hall_app, served
from tests.signed_in import prepare_browser

CHROMIUM = "/usr/bin/chromium"
# name: cookie, width, height, as the browser says
VIEWS = {
    "deutsch": ("", 1280, 800, "light"),
    "arabisch": ("ar.normal.wie-geraet", 1280, 800, "light"),
    "riesig": ("de.riesig.wie-geraet", 1280, 800, "light"),
    "dunkel": ("de.normal.dunkel", 1280, 800, "dark"),
    "telefon": ("", 320, 640, "light"),
    "leicht": ("leicht.gross.wie-geraet", 1280, 800, "light"),
    "halle": ("", 1920, 1080, "light"),
}


def main(folder: Path, wanted: list[str]) -> None:
    """Write the pictures as `FOLDER/PAGE-VIEW.png`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as state, contextlib.ExitStack() as stack:
        app = hall_app(Path(state))
        port = stack.enter_context(served(app))
        play = stack.enter_context(sync_playwright())
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for view, (cookie, width, height, scheme) in VIEWS.items():
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,  # type: ignore[arg-type]
            )
            home = f"http://127.0.0.1:{port}"
            if cookie:
                context.add_cookies([{"name": "anzeige", "value": cookie, "url": home}])
            page = context.new_page()
            for name, path in PAGES.items():
                if wanted and name not in wanted:
                    continue
                prepare_browser(context, app, home, path)
                page.goto("about:blank")  # or a page that loads itself anew is in the way
                page.goto(home + path)
                page.evaluate("document.fonts.ready")
                if view != "halle":  # as if the screen were as long as the page
                    tall = page.evaluate("document.documentElement.scrollHeight")
                    page.set_viewport_size({"width": width, "height": max(tall, height)})
                page.screenshot(path=folder / f"{name}-{view}.png")
                page.set_viewport_size({"width": width, "height": height})
            context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
