"""Where a page leads, and what it loads."""

from __future__ import annotations

from html.parser import HTMLParser


class Links(HTMLParser):
    """The addresses of links and forms, and of all that a browser fetches with the page.

    ``others`` are its other forms, such as JSON, which no browser fetches by itself.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.leads: list[str] = []
        self.loads: list[str] = []
        self.others: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "a" and (link := found.get("href")):
            self.leads.append(link)
        elif tag == "form":
            self.leads.append(found.get("action") or "")
        elif tag in ("link", "use") and (link := found.get("href")):
            (self.others if found.get("rel") == "alternate" else self.loads).append(link)
        if link := found.get("src"):
            self.loads.append(link)
