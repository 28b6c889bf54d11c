"""Somebody with a browser without a script, before a real server; for tests."""

from __future__ import annotations

import html
import io
import re
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from urllib.error import HTTPError

from PIL import Image

from edge.paper.scanner import scan


class Visitor:
    """Somebody with a browser: goes to pages, and sends the forms that stand on them."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar()), urllib.request.ProxyHandler({})
        ).open
        self.at, self.page, self.status = "", "", 0

    def go(self, path: str, sent: dict[str, list[str]] | None = None) -> str:
        data = urllib.parse.urlencode(sent, doseq=True).encode() if sent is not None else None
        try:
            with self._open(self._home + path, data, timeout=60) as answer:
                self.status, self.page = answer.status, answer.read().decode("utf-8-sig")
                self.at = answer.geturl().removeprefix(self._home)
        except HTTPError as error:
            with error:
                self.status, self.page = error.code, error.read().decode()
        return self.page

    def press(self, button: str, about: str = "", /, **filled: str | list[str]) -> str:
        """Fill in and send the form that has this button, below what it is about."""
        page = self.page[self.page.index("<main") : self.page.index("</main>")]
        page = page[page.index(about) :] if about else page
        forms = re.findall(r"<form[^>]*>.*?</form>", page, re.DOTALL)
        form = next((one for one in forms if f'kern-label">{button}' in one), "")
        assert form, f"no button {button} at {self.at}: {self.words}"
        action = re.search(r'action="([^"]*)"', form)
        assert action is not None
        values: dict[str, list[str]] = {}
        for tag in re.findall(r"<input[^>]*>", form):
            kind, name, value = (_part(tag, one) for one in ("type", "name", "value"))
            if kind not in ("checkbox", "radio") or " checked" in tag:
                values.setdefault(name, []).append(value)
        for name, text in re.findall(
            r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form, re.DOTALL
        ):
            values.setdefault(name, []).append(html.unescape(text))
        for name, inside in re.findall(
            r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL
        ):
            chosen = re.findall(r'<option value="([^"]*)"( selected)?', inside)
            first = chosen[0][0] if chosen else ""
            values[name] = [next((value for value, mark in chosen if mark), first)]
        for name, given in filled.items():
            known = next((one for one in values if one.replace(".", "_") == name), name)
            values[known] = given if isinstance(given, list) else [given]
        return self.go(html.unescape(action[1]), values)

    def follow(self, link: str, about: str = "", /) -> str:
        """Go where a link of these words leads, the first below what it is about."""
        page = self.page[self.page.index("<main") : self.page.index("</main>")]
        page = page[page.index(about) :] if about else page
        found = re.search(f'<a[^>]* href="([^"]*)"[^>]*>(?:<[^>]*>)*{link}<', page)
        assert found is not None, self.words
        return self.go(html.unescape(found[1]))

    @property
    def words(self) -> str:
        main = self.page[self.page.index("<main") : self.page.index("</main>")]
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def scanned(page: str) -> str:
    """Return what a scanner reads from the only QR code that is drawn on a page."""
    (path,) = re.findall(r'class="qrline" stroke="#000" d="([^"]+)"', page)
    picture = Image.new("L", (200, 200), 255)
    at, row = 0, 0
    for kind, right, down in re.findall(r"([Mmh])(-?\d+)(?: (-?[\d.]+))?", path):
        if kind == "M":
            at, row = int(right), int(float(down))
        elif kind == "m":
            at, row = at + int(right), row + int(down)
        else:
            picture.paste(0, (at, row, at + int(right), row + 1))
            at += int(right)
    out = io.BytesIO()
    picture.resize((1000, 1000), Image.Resampling.NEAREST).save(out, "PNG")
    return scan(out.getvalue())


def _part(tag: str, name: str) -> str:
    found = re.search(f' {name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else ""
